"""Arrays, tensors, objects a line and Parquet, and what comes of them."""

import gzip

import numpy as np

from tests.cli.public.making import (
    MOLECULES,
    NUMBERS,
    SIX,
    TEN,
    THREE,
    npy,
    npz,
    parquet,
    pt,
)

CODES = np.array(NUMBERS)
TOKENS = CODES.astype("<u2").tobytes()
SHARD = np.array([20240520, 1, 10] + [0] * 253, dtype="<i4").tobytes() + TOKENS
ARRAYS = {
    "uint16": (("a.npy", npy(CODES.astype("uint16"))), TEN),
    "big end first": (("a.npy", npy(CODES.astype(">i4"))), TEN),
    "images": (("a.npy", npy(np.arange(24).reshape(2, 3, 4))), "--groups rows"),
    "images, told": (("a.npy", npy(np.arange(24).reshape(2, 3, 4)), "--groups", "rows"), (24, 24)),
    "one-hot": (("a.npy", npy(np.eye(16, dtype=np.float32)[CODES])), TEN),
    "one row": (("a.npy", npy(CODES[None, :])), "one row is one draw.*reshape"),
    "logits": (("a.npy", npy(np.full((3, 4), 0.5))), "--labels"),
    "missing": (("a.npy", npy(np.array([5, np.nan, 5, 7])), "--invalid", "nan"), THREE),
    "texts": (("a.npy", npy(np.array(MOLECULES))), SIX),
    "objects": (
        ("a.npy", npy(np.array([{"a": 1}, None], dtype=object))),
        "objects are not unpacked",
    ),
    "complex": (("a.npy", npy(CODES.astype(complex))), "complex128"),
    "dates": (("a.npy", npy(np.array(["2024-01-01"], dtype="M8[D]"))), "datetime64"),
    "a number": (("a.npy", npy(np.array(5))), "of shape \\(\\)"),
    "cut": (("a.npy", npy(CODES)[:-3]), "truncated"),
    "two in one": (("a.npy", npy(CODES) * 2), "bytes more"),
    "packed": (("a.npy.gz", gzip.compress(npy(CODES))), TEN),
    "an archive": (("a.npz", npz(a=CODES, b=CODES)), "--column names one"),
    "an archive, told": (("a.npz", npz(a=CODES, b=CODES), "--column", "a"), TEN),
    "nanoGPT": (("a.bin", TOKENS), "--dtype uint16"),
    "nanoGPT, told": (("a.bin", TOKENS, "--dtype", "uint16"), TEN),
    "llm.c": (("a.bin", SHARD, "--dtype", "uint16"), "tail -c \\+1025"),
    "an array called bin": (("a.bin", npy(CODES), "--dtype", "uint16"), "a NumPy array"),
    "packed and called bin": (
        ("a.bin", gzip.compress(CODES.tobytes()), "--dtype", "uint8"),
        "gzip data",
    ),
    "cut in a number": (("a.bin", b"\5\0\7", "--dtype", "uint16"), "truncated"),
}

TENSORS = {
    "a tensor": (("a.pt", lambda: pt(lambda t: t.tensor(NUMBERS))), TEN),
    "under a key": (("a.pt", lambda: pt(lambda t: {"indices": t.tensor(NUMBERS)})), TEN),
    "beside a number": (
        ("a.pt", lambda: pt(lambda t: {"indices": t.tensor(NUMBERS), "epoch": 3})),
        TEN,
    ),
    "under two keys": (
        ("a.pt", lambda: pt(lambda t: {"a": t.tensor(NUMBERS), "b": t.tensor(NUMBERS)})),
        "--column KEY",
    ),
    "under two keys, told": (
        (
            "a.pt",
            lambda: pt(lambda t: {"a": t.tensor(NUMBERS), "b": t.randn(3)}),
            "--column",
            "a",
        ),
        TEN,
    ),
    "a list of tensors": (("a.pt", lambda: pt(lambda t: [t.tensor(NUMBERS)] * 2)), "torch.cat"),
    "bfloat16": (("a.pt", lambda: pt(lambda t: t.tensor(NUMBERS).bfloat16())), TEN),
    "sparse": (("a.pt", lambda: pt(lambda t: t.tensor(NUMBERS).to_sparse())), "plain tensor"),
    "logits": (("a.pt", lambda: pt(lambda t: t.full((3, 4), 0.5))), "whole numbers"),
    "texts": (("a.pt", lambda: pt(lambda t: MOLECULES)), SIX),
}

SAMPLERS = {
    "texts": (("a.jsonl", '{"text":"a"}\n{"text":"b"}\n{"text":"a"}\n'), THREE),
    "with a score": (("a.jsonl", '{"text":"a","logprob":-1.5}\n'), "--column KEY"),
    "an object in an object": (
        ("a.jsonl", '{"sample":{"smiles":"C","n":1}}\n'),
        "'sample.smiles', 'sample.n': --column KEY",
    ),
    "an object in an object, told": (
        (
            *("a.jsonl", '{"s":{"smi":"C","n":1}}\n{"s":{"smi":"CC","n":1}}\n'),
            *("--column", "s.smi"),
        ),
        (2, 2),
    ),
    "choices": (
        (
            *("a.jsonl", '{"choices":[{"text":"a"}]}\n{"choices":[{"text":"a"}]}\n'),
            *("--column", "choices.0.text"),
        ),
        (2, 1),
    ),
    "lists of other lengths": (("a.jsonl", '{"ids":[1,2,3]}\n{"ids":[1,2]}\n'), "line 2"),
    "another key": (("a.jsonl", '{"text":"a"}\n{"txt":"b"}\n'), "no key 'text'.*'txt'"),
    "null": (("a.jsonl", '{"t":"a"}\n{"t":null}\n{"t":"a"}\n'), "--invalid null"),
    "NaN": (("a.jsonl", '{"id":NaN}\n{"id":1}\n'), "NaN is not JSON"),
    "numbers beside texts": (("a.jsonl", '{"id":1}\n{"id":"1"}\n'), "--labels"),
    "a zero character": (("a.jsonl", '{"id":"a\\u0000"}\n{"id":"a"}\n'), (2, 2)),
    "escapes": (("a.jsonl", '{"id":"\\u00e9"}\n{"id":"é"}\n'), (2, 1)),
    "2^53 and its neighbour": (
        ("a.jsonl", '{"id":9007199254740993}\n{"id":9007199254740992}\n'),
        (2, 2),
    ),
    "two on a line": (("a.jsonl", '{"id":1}{"id":2}\n'), "line 1"),
    "Windows, mark, blank lines": (
        ("a.jsonl", b'\xef\xbb\xbf{"id":1}\r\n\r\n{"id":2}\r\n{"id":1}\r\n'),
        THREE,
    ),
    "one document": (
        ("a.json", '{"model":"m","samples":[{"smiles":"C"},{"smiles":"CC"}]}'),
        "--column KEY",
    ),
    "one document, told": (
        (
            *("a.json", '{"model":"m","samples":[{"smiles":"C"},{"smiles":"CC"}]}'),
            *("--column", "smiles"),
        ),
        (2, 2),
    ),
    "one list in text": (("a.txt", "[5, 7, 5]\n"), "one row is one draw"),
    "Python's list in text": (("a.txt", "['CCO', 'C', 'CCO']\n"), "one line is one draw"),
    "numbers on one line": (("a.txt", "5 7 5 9\n"), "one row is one draw"),
    "a tensor as printed": (("a.txt", "tensor([5, 7, 5])\n"), "one line is one draw"),
    "an array as printed": (("a.txt", "[5 7 5 9]\n"), "one line is one draw"),
}

PARQUET = {
    "a dictionary": (("a.parquet", lambda: parquet(_encoded)), SIX),
    "pandas' index": (
        ("a.parquet", lambda: parquet({"id": NUMBERS, "__index_level_0__": NUMBERS})),
        TEN,
    ),
    "pandas' index with a name": (
        ("a.parquet", lambda: parquet({"id": NUMBERS, "row": list(range(10))[::-1]}, "row")),
        TEN,
    ),
    "missing": (("a.parquet", lambda: parquet({"id": [5, None, 5]})), "--invalid null"),
    "lists": (("a.parquet", lambda: parquet({"t": [[1, 2], [1, 2], [3, 4]]})), THREE),
    "lists of other lengths": (("a.parquet", lambda: parquet({"t": [[1], [1, 2]]})), "one length"),
    "counts": (("a.parquet", lambda: parquet({"id": [5, 7], "count": [3, 4]})), "--counts count"),
    "a zero character": (("a.parquet", lambda: parquet({"id": ["a\0", "a"]})), (2, 2)),
    "a struct": (("a.parquet", lambda: parquet({"s": [{"a": 1}]})), "struct"),
    "junk": (("a.parquet", b"junk"), "cannot be read as Parquet"),
}


def _encoded(pa):
    return {"id": pa.array(MOLECULES).dictionary_encode()}
