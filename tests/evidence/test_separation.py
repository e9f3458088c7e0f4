"""Separation: what counts as evidence, and in which words."""

import itertools
from typing import get_args

import pytest

from fluxttice_core.evidence.separation import (
    CONTROLS,
    Axis,
    Bounded,
    separate,
    verdict,
)


def controls(**values):
    return {name: Bounded.exact(values.get(name, 0.0)) for name in CONTROLS}


def test_an_axis_is_evidence_only_above_every_control_that_learned_nothing():
    for beaten in itertools.product((0.1, 0.9), repeat=3):
        untrained, collapsed, dice = beaten
        apart = separate(
            "A",
            "information",
            Bounded(0.5, 0.4, 0.6),
            1.0,
            controls(untrained=untrained, collapsed=collapsed, dice=dice),
        )
        assert apart.is_evidence == (beaten == (0.1, 0.1, 0.1))
        assert ("no evidence" in apart.words) != apart.is_evidence


def test_overlapping_intervals_do_not_separate():
    touching = controls() | {"untrained": Bounded(0.3, 0.1, 0.45)}
    apart = separate("A", "coverage mode", Bounded(0.5, 0.4, 0.6), 1.0, touching)
    assert not apart.is_evidence
    assert "random weights: 30.0 %" in apart.words


@pytest.mark.parametrize(("value", "is_evidence"), [(0.349, False), (0.351, True)])
def test_a_lead_too_small_to_matter_is_no_evidence(value, is_evidence):
    """However certain: another seed of the control may have it too."""
    near = controls() | {"untrained": Bounded.exact(0.3)}
    apart = separate("A", "information", Bounded.exact(value), 1.0, near)
    assert apart.is_evidence is is_evidence
    assert ("a lead of 5 % is needed" in apart.words) != is_evidence


def test_what_does_not_notice_the_wrong_code_is_of_the_decoder_alone():
    blind = separate("B", "information", Bounded.exact(0.5), 1.0, controls(permuted=0.5))
    assert blind.is_evidence
    assert not blind.sees_the_encoder
    assert "of the decoder alone" in blind.words


def separations(information, reconstruction):
    return tuple(
        separate(pathway, axis, Bounded.exact(value), 1.0, controls(permuted=0.2, dice=0.1))
        for pathway in "AB"
        for axis, value in (("information", information), ("reconstruction", reconstruction))
    )


@pytest.mark.parametrize(
    ("information", "reconstruction", "words"),
    [
        (0.9, 0.9, "Told apart from everything that learned nothing"),
        (0.05, 0.9, "A (decoder), B (decoder)"),
        (0.9, 0.15, None),
        (0.05, 0.05, "A (decoder), A (encoder)"),
    ],
)
def test_the_verdict_needs_decoder_and_encoder(information, reconstruction, words):
    text = verdict(separations(information, reconstruction))
    assert (words or "Told apart") in text
    if words is None:
        return
    assert text.startswith("NOT told apart") == (words[0] == "A")


def test_the_record_holds_every_control():
    record = separations(0.9, 0.9)[0].as_dict()
    assert set(record["controls"]) == set(CONTROLS)
    assert record["is_evidence"] is True
    assert record["axis"] in get_args(Axis)
