"""Golden values: a hash that moves would orphan every file and certificate that names it."""

import math

import numpy as np
import pytest

from fluxttice_core.canonical import canonical_json, tensor_hash


def test_canonical_json_golden():
    value = {"ä": [1, 2.5, True, None], "Z": {"b": -0.1, "a": 'q"\n'}, "": 1e300}
    assert canonical_json(value) == (
        '{"":1e+300,"Z":{"a":"q\\"\\n","b":-0.1},"ä":[1,2.5,true,null]}'.encode()
    )


def test_canonical_json_ignores_the_order_of_keys_and_not_of_items():
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})
    assert canonical_json([1, 2]) != canonical_json([2, 1])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, {"a": [math.nan]}])
def test_canonical_json_refuses_what_json_has_not(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(value)


def tensors():
    return {
        "b.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "a": np.array(1.0, dtype=np.float32),
    }


def test_tensor_hash_golden():
    """Written out: length-prefixed header [name, type, shape], then little-endian bytes."""
    import hashlib

    expected = hashlib.sha256(
        b"\x12\0\0\0\0\0\0\0"
        b'["a","float32",[]]'
        b"\x00\x00\x80\x3f"
        b"\x1c\0\0\0\0\0\0\0"
        b'["b.weight","float32",[2,3]]'
        b"\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40"
        b"\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xa0\x40"
    ).hexdigest()
    assert tensor_hash(tensors()) == expected
    assert expected == "9610f232e38f5250949f833aa26b1ac3546b829c52d3752f6a9a1857898eeba7"


def changed(**changes):
    return {**tensors(), **changes}


def one_bit():
    value = tensors()["b.weight"]
    value.view(np.uint32)[1, 2] ^= 1
    return value


@pytest.mark.parametrize(
    "other",
    [
        {"b.weights": tensors()["b.weight"], "a": tensors()["a"]},
        changed(a=np.array(1.0, dtype=np.float64)),
        changed(a=np.array([1.0], dtype=np.float32)),
        changed(**{"b.weight": tensors()["b.weight"].reshape(3, 2)}),
        changed(**{"b.weight": tensors()["b.weight"].T}),
        changed(**{"b.weight": one_bit()}),
        changed(a=np.array(0x3F800000, dtype=np.int32)),
        changed(c=np.zeros((0,), dtype=np.float32)),
        {"a": tensors()["a"]},
        {},
    ],
    ids=["name", "dtype", "shape", "reshape", "transpose", "bit", "kind", "more", "less", "none"],
)
def test_tensor_hash_tells_apart(other):
    assert tensor_hash(other) != tensor_hash(tensors())


def test_a_negative_zero_is_another_tensor():
    zero, minus = ({"a": np.array(value, dtype=np.float32)} for value in (0.0, -0.0))
    assert tensor_hash(zero) != tensor_hash(minus)


def test_tensor_hash_ignores_order_layout_in_memory_and_byte_order():
    reference = tensor_hash(tensors())
    given = tensors()
    reverse = {name: given[name] for name in reversed(given)}
    fortran = changed(**{"b.weight": np.asfortranarray(given["b.weight"])})
    strided = changed(**{"b.weight": np.repeat(given["b.weight"], 2, axis=1)[:, ::2]})
    big = {name: value.astype(">f4") for name, value in given.items()}
    for same in (reverse, fortran, strided, big):
        assert tensor_hash(same) == reference
