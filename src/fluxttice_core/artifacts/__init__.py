"""Files: atomic writes, safe reading, identities. Knows nothing about training."""
