"""Certificates: what was measured, bound to files and keys, and measured again by whoever asks."""
