"""Rooms: who is in, what they may do, and where media goes.

`domain` is pure and decides; `storage` and `engine` are adapters below
`application`, which composes them; `web` is what browsers talk to.
"""
