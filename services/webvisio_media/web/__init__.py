"""WHIP (RFC 9725) and WHEP for measuring and for tools, without a token: loopback only."""
