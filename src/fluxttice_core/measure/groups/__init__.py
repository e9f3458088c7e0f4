"""Draws that hang together in groups: a group per draw or row, and codebooks."""
