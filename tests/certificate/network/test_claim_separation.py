"""Separation: from a control on each axis, decided by reconstruction and information alone."""

import pytest

from fluxttice_core.certificate.network.claim_separation import compare, is_separated, separation_of

GOOD = {"reconstruction/alone/all": 19683, "information": "8.400000"}
POOR = {"reconstruction/alone/all": 3, "information": "0.110000"}
COVERAGE = {"distinct/mode/n=50": 40, "distinct/sampled/n=50": 49}


def values(model, control=POOR, **changes):
    found = {}
    for role, claims in (("model", model), ("untrained", control), ("collapsed", control)):
        for pathway in "AB":
            for name, value in {**claims, **COVERAGE}.items():
                found[f"{role}/{pathway}/{name}"] = value
    return {**found, **changes}


def test_a_model_that_knows_is_separated():
    record = separation_of(compare(values(GOOD), 50))
    assert record.separated is True
    assert record.verdict.startswith("The network is separated from both controls")
    assert len(record.comparisons) == 16
    assert {item.axis for item in record.comparisons if item.decisive} == {
        *("reconstruction", "information"),
    }


def test_one_that_does_not_is_not():
    record = separation_of(compare(values(POOR), 50))
    assert record.separated is False
    assert "NOT separated from its controls: on reconstruction and information" in record.verdict


def test_coverage_alone_never_separates():
    lucky = {
        f"model/{pathway}/distinct/{reading}/n=50": 19683
        for pathway in "AB"
        for reading in ("mode", "sampled")
    }
    comparisons = compare(values(POOR, **lucky), 50)
    assert any(item.separated for item in comparisons)
    assert not is_separated(comparisons)


def test_one_lost_axis_is_named():
    record = separation_of(compare(values(GOOD, **{"model/B/information": "0.500000"}), 50))
    assert record.separated is False
    assert record.verdict == (
        "The network is NOT separated from its controls on information in pathway B."
    )


@pytest.mark.parametrize(("value", "separated"), [(3 + 984, False), (3 + 985, True)])
def test_the_lead_that_counts(value, separated):
    """A twentieth of 19,683 is 984.15."""
    found = values(
        GOOD,
        **{f"model/{p}/reconstruction/alone/all": value for p in "AB"},
    )
    assert is_separated(compare(found, 50)) is separated


@pytest.mark.parametrize(("value", "separated"), [("0.604376", False), ("0.604377", True)])
def test_the_lead_itself_does_not_count(value, separated):
    """A twentieth of log 19,683 is 0.494376 nats, and the control has 0.11."""
    found = values(GOOD, **{f"model/{p}/information": value for p in "AB"})
    assert is_separated(compare(found, 50)) is separated


def test_a_missing_claim_is_named():
    found = values(GOOD)
    del found["untrained/B/information"]
    with pytest.raises(KeyError, match="untrained/B/information"):
        compare(found, 50)
