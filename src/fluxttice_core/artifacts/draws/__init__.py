"""Draws from files and pipes: what people have, read right or refused by name.

``read_draws`` reads every format in chunks, and keeps a record of what it read. ``docs/draws.md``
says what is read of each kind of file, and what is refused.
"""

from __future__ import annotations

from .chunks import Chunk, Counted, Grouped, Values
from .formats import FORMATS, SUFFIXES, describe_names, expand_names, names_draws
from .frequencies import frequencies_of
from .options import INCIDENCE, ReadOptions
from .reading import Draws, read_draws
from .record import FileRecord, describe, quoted
from .tensors import holds_draws

__all__ = [
    "FORMATS",
    "INCIDENCE",
    "SUFFIXES",
    "Chunk",
    "Counted",
    "Draws",
    "FileRecord",
    "Grouped",
    "ReadOptions",
    "Values",
    "describe",
    "describe_names",
    "expand_names",
    "frequencies_of",
    "holds_draws",
    "names_draws",
    "quoted",
    "read_draws",
]
