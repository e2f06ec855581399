"""The media plane: forwards WebRTC streams between the peers of a group, never decoding them.

`rtp` is pure (bytes and numbers in, bytes and decisions out), `engine` owns
sockets, encryption and peers, `web` speaks WHIP and WHEP, `worker` is the
process. See `docs/media.md`.
"""
