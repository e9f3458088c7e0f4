"""The same jobs as a textbook would do them: what the benchmarks compare with.

Neither slowed nor tuned: each does what its specification says with the calls that PyTorch and
Python offer for it, and shares no code with the package but the networks' layers and the trits.
"""
