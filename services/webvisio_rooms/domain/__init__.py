"""The rules of a room: no clock, no network, no database."""
