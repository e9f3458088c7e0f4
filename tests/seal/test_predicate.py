"""Records are read from plain values and written back to the same."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from fluxttice_core.seal import Record, Tool, Validity


@dataclass(frozen=True, slots=True)
class Inner(Record):
    name: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Outer(Record):
    one: Inner
    many: tuple[Inner, ...]
    ends: tuple[str, str] | None = None
    either: int | str = 0
    free: Mapping[str, object] | None = None
    maybe: Inner | None = None


PLAIN = {
    "one": {"name": "a", "number": 0},
    "many": [{"name": "b"}, {"name": "c", "number": 2}],
    "ends": ["1.0", "2.0"],
    "either": "0.5",
    "free": {"x": {"y": [1, None]}},
    "maybe": {"name": "d"},
}


def test_round_trip():
    record = Outer.from_dict(PLAIN)
    assert record.as_dict() == PLAIN
    assert record.many == (Inner("b"), Inner("c", 2))
    assert record.ends == ("1.0", "2.0")
    assert record.maybe == Inner("d")
    assert Outer.from_dict(record.as_dict()) == record


def test_what_is_none_is_left_out_and_what_is_false_is_not():
    assert Inner("a").as_dict() == {"name": "a"}
    assert Outer(Inner("", 0), ()).as_dict() == {
        "one": {"name": "", "number": 0},
        "many": [],
        "either": 0,
    }


def test_unknown_keys_are_ignored_and_missing_ones_are_not():
    assert Inner.from_dict({"name": "a", "later": 1}) == Inner("a")
    with pytest.raises(TypeError, match="name"):
        Inner.from_dict({"number": 1})


def test_a_record_of_a_kind_may_say_more_of_a_shared_part():
    @dataclass(frozen=True, slots=True)
    class Wordy(Tool):
        revision: int

    assert Wordy.from_dict({"name": "n", "version": "1", "revision": 3}) == Wordy("n", "1", 3)
    assert Validity("t").as_dict() == {"issued": "t"}
