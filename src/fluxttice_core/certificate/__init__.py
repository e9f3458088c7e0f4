"""Certificates: what was measured, bound to files and keys, and measured again by whoever asks.

``KINDS`` lists every kind that this package knows; to add one is one folder, and one name here.
"""

from .draws.kind import DRAWS
from .masses.kind import MASSES_KIND
from .network.kind import NETWORK

KINDS = (NETWORK, DRAWS, MASSES_KIND)

__all__ = ["DRAWS", "KINDS", "MASSES_KIND", "NETWORK"]
