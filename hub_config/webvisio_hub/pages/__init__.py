"""What the hub's pages gain: two languages, refusals with their clause, our mark, our links."""
