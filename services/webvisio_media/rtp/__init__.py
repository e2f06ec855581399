"""RTP as it is on the wire, and the decisions of a forwarder: pure, no clock, no socket."""
