"""Every single change of a checkpoint's state changes its hash."""

import copy

import pytest
import torch

from fluxttice_core.artifacts.state_hash import (
    STATE_HASH,
    check_state_hash,
    state_sha256,
    with_state_hash,
)
from fluxttice_core.errors import CheckpointError

CONTENTS = {
    "epoch": 3,
    "rho": 0.25,
    "done": False,
    "note": "text",
    "nothing": None,
    "history": [0.5, 1.5],
    "weights": {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(3), "c": torch.zeros(0)},
    "odd": torch.zeros(2, dtype=torch.bfloat16),
}


def variants():
    """Dictionaries that differ from it in one thing."""
    for key, other in {
        "epoch": [4, 3.0, True, "3", None, [3]],
        "rho": [0.25000000000000006, -0.25, float("nan"), "0.25"],
        "done": [True, 0, None],
        "note": ["texu", "", b"text", ["text"]],
        "nothing": ["None", 0, False],
        "history": [[0.5], [1.5, 0.5], [0.5, 1.5, 0.0], [[0.5], 1.5], {0: 0.5, 1: 1.5}, "0.5"],
        "odd": [torch.zeros(2), torch.zeros(1, 2, dtype=torch.bfloat16), 0],
    }.items():
        for value in other:
            yield {**CONTENTS, key: value}
    tensors = CONTENTS["weights"]
    for key, value in {
        "a": torch.tensor([1.0, 2.0000002]),
        "b": torch.tensor(3.0),
        "c": torch.zeros(0, 1),
    }.items():
        yield {**CONTENTS, "weights": {**tensors, key: value}}
    yield {**CONTENTS, "weights": {"b": tensors["b"], "a": tensors["a"], "c": tensors["c"]}}
    yield {**CONTENTS, "weights": {**tensors, "d": tensors["a"]}}
    yield {**CONTENTS, "weights": {**tensors, "a": tensors["a"] * torch.tensor([1.0, -1.0])}}
    yield {**CONTENTS, "more": 1}
    yield {key: value for key, value in CONTENTS.items() if key != "nothing"}
    yield {"Epoch" if key == "epoch" else key: value for key, value in CONTENTS.items()}


def test_each_change_gives_another_hash():
    hashes = [state_sha256(each) for each in (CONTENTS, *variants())]
    assert len(set(hashes)) == len(hashes) > 30


def test_no_two_ways_of_cutting_text_and_lists_agree():
    groups = [["ab", "c"], ["a", "bc"], ["abc"], [["ab"], "c"], [[], "abc"], ["abc", []]]
    groups += [[["a", "b"]], [["a"], "b"], {"a": {"b": 1}, "c": 2}, {"a": {"b": 1, "c": 2}}]
    assert len({state_sha256({"a": value}) for value in groups}) == len(groups)


def test_a_state_is_held_to_its_hash():
    bound = with_state_hash(CONTENTS)
    assert check_state_hash(bound, "file")
    assert check_state_hash(copy.deepcopy(bound), "file")
    assert not check_state_hash(CONTENTS, "file")
    for changed in variants():
        with pytest.raises(CheckpointError, match="file: refused: its state was changed after"):
            check_state_hash({**changed, STATE_HASH: bound[STATE_HASH]}, "file")
    for wrong in (None, "", 5, [], bound[STATE_HASH].upper()):
        with pytest.raises(CheckpointError, match="changed after it was written"):
            check_state_hash({**CONTENTS, STATE_HASH: wrong}, "file")


def test_the_way_a_tensor_lies_in_memory_does_not_count():
    whole = torch.arange(12.0).reshape(3, 4)
    assert state_sha256({"a": whole.t()}) == state_sha256({"a": whole.t().contiguous()})
    assert state_sha256({"a": whole.t()}) != state_sha256({"a": whole})
