"""Draws in, counts out: ids, their order, what was read, and whether they hang together."""
