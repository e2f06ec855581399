"""Shared documents in memory: Yjs over pycrdt, the notebook models of jupyter_ydoc. No network, no disk."""
