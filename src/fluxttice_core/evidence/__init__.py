"""Measurements: run a model or take draws, return frozen records. NumPy only."""
