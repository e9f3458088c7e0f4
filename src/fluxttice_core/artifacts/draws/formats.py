"""What a name says of a file of draws: its format, and how it is compressed."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import ArtifactError
from ...files import names_a_file
from ...measure.values import shown

_TABLE = frozenset(
    {
        "column",
        "header",
        "labels",
        "invalid",
        "counts",
        "histogram",
        "incidence",
        "groups",
        "index",
    }
)
_TYPED_TABLE = _TABLE - {"header"}
_KEYED = frozenset({"column", "labels", "invalid", "groups"})
_TEXT = _TABLE | {"delimiter"}


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its title, the endings that name it, and the options that have a meaning in it.

    ``streams``: it is read front to back, so that it may be compressed or come from a pipe.
    """

    title: str
    suffixes: tuple[str, ...]
    options: frozenset[str]
    streams: bool = True


FORMATS = {
    "csv": Format("CSV", (".csv",), _TEXT),
    "tsv": Format("TSV", (".tsv", ".tab"), _TEXT),
    "txt": Format("text", (".txt",), _TEXT),
    "smi": Format("SMILES", (".smi", ".smiles"), _TEXT),
    "jsonl": Format("JSON lines", (".jsonl", ".ndjson"), _KEYED),
    "json": Format("JSON", (".json",), _KEYED),
    "npy": Format("NumPy array", (".npy",), _TYPED_TABLE),
    "npz": Format("NumPy archive", (".npz",), _TYPED_TABLE, streams=False),
    "raw": Format("raw numbers", (".bin", ".raw"), frozenset({"dtype", "labels", "invalid"})),
    "parquet": Format("Parquet", (".parquet",), _TYPED_TABLE, streams=False),
    "arrow": Format("Arrow", (".arrow", ".feather"), _TYPED_TABLE, streams=False),
    "pt": Format("PyTorch tensor", (".pt", ".pth"), _KEYED, streams=False),
}
COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstandard"}
# A file that ends in .pt may be a model's: what it holds says it (tensors.py).
SUFFIXES = tuple(suffix for key in FORMATS if key != "pt" for suffix in FORMATS[key].suffixes)
EXPECTED = (
    "give a .npy, .npz, .csv, .tsv, .txt, .smi, .jsonl, .json or .parquet file of draws, or - for "
    "standard input"
)


def _endings(name: str | Path) -> tuple[str, str]:
    """The ending that names the format, and the one that names the compression or ''."""
    path = Path(name)
    suffix = path.suffix.lower()
    if suffix in COMPRESSIONS:
        return Path(path.stem).suffix.lower(), suffix
    return suffix, ""


def names_draws(name: str | Path) -> bool:
    """Whether a name is one of draws, and not of a model: by its ending, or ``-``.

    >>> names_draws("draws.npy"), names_draws("shard-*.csv.gz"), names_draws("latest.pt")
    (True, True, False)
    """
    return str(name) == "-" or _endings(name)[0] in SUFFIXES


def format_of(name: str | Path, told: str | None = None) -> tuple[str, str | None]:
    """Return the key of a file's format, and its compression.

    Parameters
    ----------
    told : a format that overrules the name's ending.

    Raises
    ------
    ArtifactError
        The name says nothing, or a compression that cannot be undone on the way.

    Examples
    --------
    >>> format_of("draws.csv.gz"), format_of("draws.dat", "txt")
    (('csv', 'gzip'), ('txt', None))
    """
    suffix, packed = _endings(name)
    by_name = next((key for key, form in FORMATS.items() if suffix in form.suffixes), None)
    key = told or by_name
    if key is None:
        raise ArtifactError(
            f"{name}: its ending does not say what it is; {EXPECTED}, or name its format by "
            f"--format ({', '.join(FORMATS)})"
        )
    if packed and not FORMATS[key].streams:
        raise ArtifactError(f"{name}: {FORMATS[key].title} inside {packed} is not read; unpack it")
    return key, COMPRESSIONS.get(packed)


def expand_names(names: str | Path | Iterable[str | Path]) -> tuple[str, ...]:
    """Return the files behind names in their order, patterns such as ``shard-*.npy`` sorted.

    Raises
    ------
    ArtifactError
        A pattern that no file fits, or a file that is named twice.
    """
    listed: list[Any]
    try:
        listed = [names] if isinstance(names, str | Path) else list(names)
    except (TypeError, OverflowError):
        listed = []
    wrong = [name for name in listed if not names_a_file(name)]
    if wrong or not listed:
        raise ArtifactError(
            f"expected names of files, got {shown(wrong[0] if wrong else names)}; {EXPECTED}"
        )
    found: list[str] = []
    for name in map(str, listed):
        # A file may have such a name; only what is none is a pattern.
        is_pattern = any(sign in name for sign in "*?[") and not os.path.lexists(name)
        fitting = sorted(glob.glob(name, recursive=True)) if is_pattern else [name]
        if not fitting:
            raise ArtifactError(f"{name}: no file fits this pattern; {EXPECTED}")
        found += fitting
    places: dict[str, list[str]] = {}
    for name in found:
        place = name if name == "-" else os.path.realpath(name)
        places.setdefault(place, []).append(name)
    twice = sorted({name for same in places.values() if len(same) > 1 for name in same})
    if twice:
        raise ArtifactError(
            f"{', '.join(twice[:5])}: named twice; the same draws must not count twice"
        )
    return tuple(found)


def describe_names(names: Sequence[str]) -> str:
    """Return what a report calls its source.

    >>> describe_names(["a.npy"]), describe_names(["a.npy", "b.npy", "c.npy"])
    ('a.npy', 'a.npy .. c.npy (3 files)')
    """
    if len(names) > 1:
        return f"{names[0]} .. {names[-1]} ({len(names)} files)"
    return "standard input" if names[0] == "-" else names[0]
