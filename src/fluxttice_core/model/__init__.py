"""The networks: what they compute, in PyTorch and, as an oracle, in NumPy."""
