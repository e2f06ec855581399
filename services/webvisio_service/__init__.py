"""What billing and rooms both stand on: settings, secrets, answers over HTTP.

Adapters only, and nothing about contracts or rooms: what two services would
otherwise each write for themselves.
"""
