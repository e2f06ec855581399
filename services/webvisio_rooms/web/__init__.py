"""What browsers and tools talk to: HTTP, WebSockets, WHIP and WHEP."""
