"""Files that are something else than their name says: a picture of the web, a pointer, a record."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...errors import ArtifactError

_CONTENT = (
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"PK\x03\x04", "a zip archive (.npz, .pt, .xlsx or .zip)"),
    (b"PAR1", "Parquet"),
    (b"ARROW1", "Arrow"),
    (b"\x1f\x8b\x08", "gzip data (.gz)"),
    (b"\x28\xb5\x2f\xfd", "zstandard data (.zst)"),
    (b"BZh", "bzip2 data (.bz2)"),
    (b"\xfd7zXZ", "xz data (.xz)"),
    (b"\x89HDF", "HDF5"),
    (b"SQLite format 3", "a database"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a document in RTF"),
    (b"version https://git-lfs.github.com", "a pointer of Git LFS, fetch the file by git lfs pull"),
)
_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
_PRINTED_BY_R = re.compile(r"\s*\[1\]\s+\S")
_RECORD_ENDS = {"$$$$", "M  END"}


def refuse_other_content(head: bytes, name: str, expected: str = "text") -> None:
    """Refuse a file by its first bytes.

    Raises
    ------
    ArtifactError
        Says what they are of.
    """
    what = next((what for begin, what in _CONTENT if head.startswith(begin)), None)
    if what is None and _PAGE.match(head):
        what = "a page of the web or XML"
    if what is not None:
        raise ArtifactError(
            f"{name}: this is {what}, not {expected}; give the file the ending that says so, or "
            "unpack it before the pipe"
        )


def refuse_other_lines(lines: Sequence[str], name: str) -> None:
    """Refuse lines that are records of several lines, or printed for people: no draw a line.

    Raises
    ------
    ArtifactError
        Says what they are, and how one draw a line comes of them.
    """
    data = [line.rstrip() for line in lines if line.strip()]
    what = None
    if len(data) < 2:
        what = None
    elif data[0].startswith(">") and not all(line.startswith(">") for line in data):
        what = "FASTA, whose sequences have names: grep -v '>' leaves those of one line each"
    elif data[0].startswith("@") and len(data) > 2 and data[2].startswith("+"):
        what = "FASTQ, four lines a sequence: sed -n 2~4p leaves the sequences"
    elif _RECORD_ENDS.intersection(data):
        what = "an SD file, many lines a molecule: write its SMILES"
    if data and _PRINTED_BY_R.match(data[0]):
        what = "a vector as R prints it: write(x, FILE, ncolumns = 1) writes one draw a line"
    if what is not None:
        raise ArtifactError(
            f"{name}: expected one draw a line, got {what}; --labels reads each line as it stands"
        )
