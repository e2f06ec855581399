"""Takes messages out of the outbox and to where they go: letters by mail, notifications by webhook.

`courier` claims, delivers and settles; `mail` and `webhooks` are its two
ways out; `wording` says a letter in French or English.
"""
