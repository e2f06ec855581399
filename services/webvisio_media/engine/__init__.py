"""Sockets, encryption, peers and tracks: what `rtp` decides, done."""
