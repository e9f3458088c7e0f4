"""Claims: counted as elsewhere in the package, with margins that mean something."""

import numpy as np
import pytest

from fluxttice_core import load
from fluxttice_core.certificate.network import claims as room
from fluxttice_core.certificate.network.claims import (
    decimal,
    decision_gaps,
    exact_measurements,
    list_digest,
    space_digest,
    split_digest,
)
from fluxttice_core.evidence.posterior import summarise_posterior
from fluxttice_core.evidence.reconstruction import reconstruct
from fluxttice_core.gates.splits import Split, split_operations
from fluxttice_core.model.controls import untrained_weights
from fluxttice_core.model.reference import ReferenceVAE
from tests.support import perfect_weights

ALL_ALONE = "model/A/reconstruction/alone/all"


def by_name(measurements):
    found = {item.name: item for item in measurements}
    assert len(found) == len(measurements)
    return found


def test_counts_agree_with_the_report_of_the_package():
    weights, split = untrained_weights(5), split_operations()
    weights = {name: value * 2 for name, value in weights.items()}
    found = by_name(exact_measurements(weights, "model", split, (0.3, 0.7)))
    rows = reconstruct(ReferenceVAE(weights), split.parts(), (0.0, 0.3, 0.7))
    for row in rows:
        path = "alone" if row.rho == 0 else f"rho={row.rho}"
        claim = found[f"model/{row.pathway}/reconstruction/{path}/{row.split}"]
        assert (claim.value, claim.denominator) == (row.num_exact, row.num_operations)
    assert len(rows) == 18


def test_posterior_agrees_with_the_report_of_the_package():
    weights = load("v5_5").weights
    found = by_name(exact_measurements(weights, "model"))
    for pathway in ("A", "B"):
        summary = summarise_posterior(ReferenceVAE(weights), pathway)
        assert float(found[f"model/{pathway}/posterior/kl"].value) == pytest.approx(
            summary.kl_nats, abs=1e-5
        )
        active = found[f"model/{pathway}/posterior/active_dimensions"]
        assert active.value == summary.num_active
        nearest = min(abs(each - 5e-4) for each in summary.kl_per_dimension_nats)
        assert float(active.min_gap) == pytest.approx(nearest, abs=1e-6)


def test_a_perfect_codebook():
    found = by_name(exact_measurements(perfect_weights(), "model", split_operations(), (0.5,)))
    for pathway in ("A", "B"):
        for path in ("alone/all", "alone/test", "rho=0.5/all"):
            claim = found[f"model/{pathway}/reconstruction/{path}"]
            assert claim.value == claim.denominator
            assert claim.ambiguous == 0
        assert found[f"model/{pathway}/distinct_decodes"].value == 19683
        whole = found[f"model/{pathway}/reconstruction/alone/all"]
        assert whole.digest == list_digest(np.arange(19683))


def test_a_tie_is_ambiguous():
    zeros = {name: value * 0 for name, value in untrained_weights(0).items()}
    found = by_name(exact_measurements(zeros, "untrained"))
    claim = found["untrained/A/reconstruction/alone/all"]
    # All logits equal: the lowest trit wins everywhere, and only operation 0 comes back.
    assert (claim.value, claim.ambiguous, claim.min_gap) == (1, 19683, "0.000000000")
    # The measured network gets nothing of what is in doubt; a control gets it all.
    found = by_name(exact_measurements(zeros, "model"))
    sure = found["model/A/reconstruction/alone/all"]
    assert (sure.value, sure.ambiguous) == (0, 19683)
    assert found["model/A/distinct_decodes"].value == 0
    assert sure.digest != claim.digest


def test_what_float32_decodes_otherwise_is_in_doubt(monkeypatch):
    """Exact in float64, and useless in the arithmetic in which networks are used."""
    weights = perfect_weights()
    assert by_name(exact_measurements(weights, "model"))[ALL_ALONE].ambiguous == 0
    in_single = ReferenceVAE.in_single

    def broken(model):
        other = dict(weights)
        other["decoder_A.decoder.4.bias"] = weights["decoder_A.decoder.4.bias"] + 1e6
        other["decoder_A.decoder.4.bias"][0] -= 2e6
        return in_single(ReferenceVAE(other))

    monkeypatch.setattr(ReferenceVAE, "in_single", broken)
    claim = by_name(exact_measurements(weights, "model"))[ALL_ALONE]
    assert claim.ambiguous > 6000
    assert claim.value == 19683 - claim.ambiguous


def test_a_gap_is_between_the_two_likeliest():
    logits = np.zeros((1, 9, 3))
    logits[..., 0] = 5.0
    assert decision_gaps(logits)[0] == 5.0
    logits[0, 4] = [1.0, 3.5, 3.0]
    assert decision_gaps(logits)[0] == 0.5
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(200, 9, 3))
    ordered = np.sort(logits, axis=-1)
    expected = (ordered[..., 2] - ordered[..., 1]).min(axis=-1)
    assert np.array_equal(decision_gaps(logits), expected)


def test_a_margin_is_kept_where_rounding_is(monkeypatch):
    """Float32 decodes the same operations wherever the smallest gap says that it must."""
    weights = load("v5_5").weights
    found = by_name(exact_measurements(weights, "model"))
    monkeypatch.setattr(room, "ReferenceVAE", lambda weights: ReferenceVAE(weights, np.float32))
    rough = by_name(exact_measurements(weights, "model"))
    for pathway in ("A", "B"):
        name = f"model/{pathway}/reconstruction/alone/all"
        assert float(found[name].min_gap) > 1e-3
        assert found[name].digest == rough[name].digest


def test_decimal_text():
    assert [decimal(x) for x in (0.1, -0.0, 1e-7, -1e-7, 123456789.0)] == [
        *("0.100000", "0.000000", "0.000000", "0.000000", "123456789.000000"),
    ]
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="not finite"):
            decimal(value)


def test_digests_tell_spaces_and_splits_apart():
    assert len({space_digest(), split_digest(split_operations())}) == 2
    assert split_digest(split_operations(42)) != split_digest(split_operations(43))
    split = split_operations()
    swapped = Split(split.train, split.test, split.validation)
    assert split_digest(swapped) != split_digest(split)


def test_what_does_not_apply_is_left_out():
    item = exact_measurements(untrained_weights(0), "untrained")[0].as_dict()
    assert set(item) == {
        *("name", "kind", "level", "unit", "value", "denominator"),
        *("ambiguous", "min_gap", "digest"),
    }
