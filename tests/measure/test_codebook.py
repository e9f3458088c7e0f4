"""Usage of codebooks: what the words say, and the accumulator beside training."""

import numpy as np
import pytest

from fluxttice_core.errors import DrawsError
from fluxttice_core.measure import CodebookMeter, codebook_usage, hill_number, plug_in_perplexity


def test_the_words_are_those_of_the_estimators():
    counts = np.random.default_rng(0).multinomial(5_000, np.r_[np.ones(900), np.zeros(124)] / 900)
    found = codebook_usage(counts, 1_024).estimates
    assert found["usage"].value == np.count_nonzero(counts) / 1_024
    assert found["never_met"].value == np.count_nonzero(counts == 0)
    assert found["perplexity"].value == float(plug_in_perplexity(counts))
    assert found["perplexity_corrected"] == hill_number(counts, 1, 1_024)
    assert found["perplexity"].value < 900


def test_a_code_never_met_has_at_most_the_mass_that_is_said():
    """The chance to miss a code of exactly that mass is 5 %, or 5 % over all codes."""
    found = codebook_usage(np.r_[np.full(9, 100), 0], 10).estimates
    assert (1 - found["never_met_mass"].value) ** 900 == pytest.approx(0.05)
    assert (1 - found["any_never_met_mass"].value) ** 900 == pytest.approx(0.05 / 10)


def test_more_codes_than_there_are():
    with pytest.raises(DrawsError, match="at most 2 codes, got 3"):
        codebook_usage([1, 1, 1], 2)


@pytest.mark.parametrize("num_updates", [1, 63, 64, 65, 300])
def test_any_number_of_updates_counts_all(num_updates):
    rng, meter = np.random.default_rng(1), CodebookMeter(50, 3)
    total = np.zeros((3, 50), int)
    for _ in range(num_updates):
        indices = rng.integers(0, 50, (4, 2, 5, 3))
        meter.update(indices)
        for book in range(3):
            total[book] += np.bincount(indices[..., book].reshape(-1), minlength=50)
    assert len(meter._groups) <= meter.MOST_GROUPS
    for book, usage in enumerate(meter.report()):
        assert usage.num_draws == 40 * num_updates
        assert usage.estimates["usage"] == codebook_usage(total[book], 50).estimates["usage"]


def test_intervals_hold_where_tokens_of_a_batch_depend():
    """Each batch uses 16 codes of its own: tokens taken as independent would miss the truth."""
    rng, missed, missed_alone = np.random.default_rng(2), 0, 0
    for _ in range(40):
        meter, counts = CodebookMeter(400), np.zeros(400, int)
        for _ in range(100):
            own = rng.integers(0, 400, 16)
            indices = own[rng.integers(0, 16, (8, 32))]
            meter.update(indices)
            counts += np.bincount(indices.reshape(-1), minlength=400)
        low, high = meter.report()[0].estimates["perplexity_corrected"].interval
        missed += not (low <= 400 and (high is None or high >= 400))
        alone = codebook_usage(counts, 400).estimates["perplexity_corrected"].interval
        missed_alone += not alone[0] <= 400 <= alone[1]
    assert missed <= 5
    assert missed_alone >= 30


def test_tensors_of_any_shape_and_type():
    torch = pytest.importorskip("torch")
    meter, other = CodebookMeter(30), CodebookMeter(30)
    indices = torch.randint(0, 30, (2, 3, 4))
    for kind in (torch.int64, torch.int32, torch.uint8):
        meter.update(indices.to(kind))
        other.update(indices.numpy())
    meter.update(torch.tensor(3))
    other.update(3)
    assert str(meter.report()[0]) == str(other.report()[0])


def test_what_stands_for_no_token_is_passed_over():
    meter = CodebookMeter(5, 2, ignore_index=-1)
    meter.update([[0, -1], [1, 2]])
    assert [usage.num_draws for usage in meter.report()] == [2, 1]


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([5], r"in 0 \.\. 4, got 5"),
        ([-1], r"in 0 \.\. 4, got -1"),
        ([0.5], "expected indices as whole numbers; row 0 holds 0.5"),
        (["a"], "whole numbers"),
    ],
)
def test_what_are_no_indices_is_refused_and_not_counted(indices, message):
    meter = CodebookMeter(5)
    with pytest.raises(DrawsError, match=message):
        meter.update(indices)
    with pytest.raises(DrawsError, match="got none; call update first"):
        meter.report()


def test_another_number_of_codebooks_is_refused():
    with pytest.raises(DrawsError, match=r"indices \(..., 2\), got shape \(4, 3\)"):
        CodebookMeter(5, 2).update(np.zeros((4, 3), int))


@pytest.mark.parametrize("size", [0, "5", 2.0, True])
def test_a_size_is_a_whole_number(size):
    with pytest.raises(DrawsError, match="size as a whole number from 1 to"):
        CodebookMeter(size)
