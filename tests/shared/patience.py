"""How long a test waits for what must come."""

PATIENCE_S = 60.0
"""Costs nothing where it comes; a machine that others use too may be slow."""
