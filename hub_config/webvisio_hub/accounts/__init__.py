"""Local accounts: the default inner authenticator.

`passwords` and `attempts` are pure rules, `storage` keeps accounts and
invitations in an SQLite file of its own, `application` is what may be done
with them, `handlers` are the pages, `authenticator` is what JupyterHub sees.
"""
