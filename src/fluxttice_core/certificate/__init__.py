"""Certificates: what was measured, bound to files and keys, and measured again by whoever asks.

``KINDS`` lists every kind that this package knows; to add one is one folder, and one name here.
"""

from .network.kind import NETWORK

KINDS = (NETWORK,)

__all__ = ["KINDS", "NETWORK"]
