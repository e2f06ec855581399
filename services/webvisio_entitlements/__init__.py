"""The consumers' side of entitlements: a copy in memory, decided on locally.

`access` is pure and decides; `source` keeps the copy fresh from billing's
stream. Hub and rooms use the same two.
"""
