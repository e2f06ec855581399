"""Composes domain, storage, media and entitlements into rooms that live."""
