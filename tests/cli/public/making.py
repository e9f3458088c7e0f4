"""What the files of other people are made of."""

import io
import json
import zipfile

import numpy as np
import pytest

NUMBERS = [5, 7, 5, 9, 7, 5, 12, 3, 5, 7]
MOLECULES = ["CCO", "CC(=O)O", "CCO", "c1ccccc1", "N#N", "CCO"]
TEN, SIX, THREE = (10, 5), (6, 4), (3, 2)


def lines(*rows, end="\n"):
    return "".join(f"{row}{end}" for row in rows)


def table(heading, rows, sign=",", end="\n"):
    return lines(*[heading] * bool(heading), *(sign.join(map(str, r)) for r in rows), end=end)


def indexed(values, first=0):
    return [(place, value) for place, value in enumerate(values, start=first)]


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def pt(value):
    import torch

    stream = io.BytesIO()
    torch.save(value(torch), stream)
    return stream.getvalue()


def parquet(columns, pandas_index=None):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    made = pa.table(columns(pa) if callable(columns) else columns)
    if pandas_index is not None:
        made = made.replace_schema_metadata(
            {"pandas": json.dumps({"index_columns": [pandas_index], "columns": []})}
        )
    stream = io.BytesIO()
    pq.write_table(made, stream)
    return stream.getvalue()


def zst(data):
    pa = pytest.importorskip("pyarrow")
    return pa.compress(data, "zstd", asbytes=True)


def zipped(data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("draws.csv", data)
    return stream.getvalue()
