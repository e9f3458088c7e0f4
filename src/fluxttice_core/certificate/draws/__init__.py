"""Certificates of draws from any generator, of what was counted and what follows from it."""
