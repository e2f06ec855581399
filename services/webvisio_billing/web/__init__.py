"""Billing over HTTP: the stream, the JSON API, and the pages in the hub's own look."""
