"""What Python's JSON reader lets pass and this one does not."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxttice_core.canonical import canonical_json
from fluxttice_core.strict_json import MAX_DEPTH, read_json

REFUSED = {
    "a key twice": ('{"a": 1, "a": 1}', "the key 'a' occurs twice"),
    "a key twice, inside": ('[{"a": {"b": 1, "b": 2}}]', "the key 'b' occurs twice"),
    "NaN": ('{"a": NaN}', "NaN is not JSON"),
    "Infinity": ("[Infinity]", "Infinity is not JSON"),
    "minus Infinity": ("[-Infinity]", "-Infinity is not JSON"),
    "overflow": ("[1e999]", "1e999 overflows"),
    "negative overflow": ("[-1e999]", "-1e999 overflows"),
    "deep lists": ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "nested more than 32 deep"),
    "deep objects": ('{"a":' * 100 + "1" + "}" * 100, "nested more than 32 deep"),
    "deep after many shallow": ("[" + "[]," * 99 + "[" * 40, "nested more than 32 deep"),
    "very deep": ("[" * 1_000_000, "nested more than 32 deep"),
    "not UTF-8": (b'"\xff"', "byte 1 is not UTF-8"),
    "two documents": ("{} {}", "Extra data"),
    "nothing": ("", "Expecting value"),
    "a byte order mark": ("\ufeff{}", "BOM"),
    "a huge integer": ("9" * 5000, "4300"),
    "an unfinished string": ('"' + "\\" * 9, "Unterminated string"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_reason(case):
    text, words = REFUSED[case]
    with pytest.raises(ValueError, match=r".") as caught:
        read_json(text)
    assert words in str(caught.value)


def test_python_itself_accepts_what_is_refused_here():
    """Were the reader Python's own, these would pass."""
    for case in ("a key twice", "NaN", "Infinity", "overflow"):
        json.loads(REFUSED[case][0])
    with pytest.raises(RecursionError):
        json.loads("[" * 1_000_000)


def test_bounds():
    assert read_json(b"[1]", max_bytes=3) == [1]
    with pytest.raises(ValueError, match="4 bytes, at most 3 are read"):
        read_json(b"[12]", max_bytes=3)
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert read_json('{"a": "[[[[[[[[[["}', max_depth=1) == {"a": "[[[[[[[[[["}
    assert read_json('["\\"[[[["]', max_depth=1) == ['"[[[[']


def test_fractions_can_be_refused():
    assert read_json("[0.5, 1e3]") == [0.5, 1000.0]
    for text in ("[0.5]", "[1e3]", "[1.0]"):
        with pytest.raises(ValueError, match="fractions are written as text"):
            read_json(text, allow_fractions=False)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False).filter(lambda value: abs(value) < 1e300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_what_is_written_canonically_reads_back(value):
    try:
        data = canonical_json(value)
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    assert read_json(data) == value


@given(st.binary(max_size=200))
def test_noise_raises_nothing_else(data):
    with contextlib.suppress(ValueError):
        read_json(data)
