"""The media port, its adapter over worker processes, and its fake."""
