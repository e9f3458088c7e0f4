"""Certificates of known masses: every figure is exact, and computed again from the folder."""
