"""The softmax and the three readings by their definitions, of trits and of other categories."""

import numpy as np
import pytest

from fluxttice_core.evidence.readings import (
    inverse_cdf,
    likeliest,
    read,
    rounded_mean,
    softmax,
)


def one_trit(*p):
    return np.array(p)[None, None, :]


@pytest.mark.parametrize(
    ("uniform", "trit"),
    [(0.0, -1), (0.1999, -1), (0.2, 0), (0.6999, 0), (0.7, 1), (0.999, 1)],
)
def test_sampled_inverts_the_distribution(uniform, trit):
    drawn = inverse_cdf(one_trit(0.2, 0.5, 0.3), np.full((1, 1), uniform)) - np.int8(1)
    assert drawn.tolist() == [[trit]]
    assert drawn.dtype == np.int8


def test_sampled_never_draws_what_has_no_probability():
    grid = np.linspace(0, 1, 1000, endpoint=False)
    for p, allowed in (
        (one_trit(0, 1, 0), {0}),
        (one_trit(0, 0, 1), {1}),
        (one_trit(1, 0, 0), {-1}),
    ):
        assert {int(inverse_cdf(p, np.full((1, 1), u))[0, 0]) - 1 for u in grid} == allowed


def test_sampled_has_the_frequencies_of_each_trit_on_its_own():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(3), size=9)
    drawn = read(np.broadcast_to(p, (40_000, 9, 3)), "sampled", rng) - 1
    for value in (-1, 0, 1):
        frequency = (drawn == value).mean(axis=0)
        noise = np.sqrt(p[:, value + 1] * (1 - p[:, value + 1]) / 40_000)
        assert (np.abs(frequency - p[:, value + 1]) < 4.5 * noise + 1e-9).all()
    correlation = np.corrcoef(drawn, rowvar=False) - np.eye(9)
    assert np.abs(correlation).max() < 0.03


def test_mode_and_expectation_follow_their_definitions():
    p = np.random.default_rng(1).dirichlet(np.ones(3), size=(500, 9))
    trits = np.array([-1, 0, 1])
    for row, mode, expectation in zip(
        p.reshape(-1, 3), likeliest(p).ravel() - 1, rounded_mean(p).ravel() - 1, strict=True
    ):
        assert mode == trits[np.argmax(row)]
        mean = float(row @ trits)
        assert expectation == trits[np.argmin(np.abs(trits - mean))]


def test_the_readings_differ_where_they_should():
    """Sure that it is not 0: the mean lies at 0, where the mode never goes."""
    torn = one_trit(0.5, 0.0, 0.5)
    assert rounded_mean(torn).item() - 1 == 0
    assert likeliest(torn).item() - 1 == -1


@pytest.mark.parametrize(
    ("p", "mode"), [((0.4, 0.4, 0.2), -1), ((0.2, 0.4, 0.4), 0), ((1 / 3, 1 / 3, 1 / 3), -1)]
)
def test_of_equals_the_mode_takes_the_lowest(p, mode):
    assert likeliest(one_trit(*p)).item() - 1 == mode


def test_halves_go_to_zero():
    assert rounded_mean(one_trit(0.0, 0.5, 0.5)).item() - 1 == 0
    assert rounded_mean(one_trit(0.5, 0.5, 0.0)).item() - 1 == 0


def test_read_dispatches_by_name():
    p = np.random.default_rng(2).dirichlet(np.ones(3), size=(50, 9))
    assert np.array_equal(read(p, "mode"), likeliest(p))
    assert np.array_equal(read(p, "expectation"), rounded_mean(p))
    assert np.array_equal(
        read(p, "sampled", np.random.default_rng(3)),
        inverse_cdf(p, np.random.default_rng(3).random((50, 9))),
    )
    with pytest.raises(ValueError, match="needs a generator"):
        read(p, "sampled")


@pytest.mark.parametrize("levels", [1, 2, 3, 5, 200])
def test_readings_of_any_number_of_levels(levels):
    rng = np.random.default_rng(levels)
    p = softmax(rng.normal(size=(400, 2, levels)))
    uniforms = rng.random((400, 2))
    assert np.array_equal(likeliest(p), p.argmax(axis=-1))
    cuts = p.cumsum(axis=-1)[..., :-1]
    assert np.array_equal(inverse_cdf(p, uniforms), (uniforms[..., None] >= cuts).sum(axis=-1))
    mean = (p * np.arange(levels)).sum(axis=-1)
    clear = np.abs(mean % 1 - 0.5) > 1e-9
    assert np.array_equal(rounded_mean(p)[clear], np.rint(mean)[clear])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_softmax_adds_up_and_does_not_overflow(dtype):
    logits = np.random.default_rng(0).normal(size=(100, 9, 3)).astype(dtype) * 300
    p = softmax(logits)
    assert p.dtype == dtype
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-6)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=np.float64)
    np.testing.assert_allclose(p, shifted / shifted.sum(axis=-1, keepdims=True), atol=1e-6)


def test_torch_draws_the_same_categories():
    torch = pytest.importorskip("torch")
    from fluxttice_core.model.decoder import inverse_cdf as of_tensor

    rng = np.random.default_rng(4)
    logits, uniforms = rng.normal(size=(500, 9, 3)), rng.random((500, 9))
    drawn = of_tensor(torch.from_numpy(logits), torch.from_numpy(uniforms))
    assert np.array_equal(drawn.numpy(), inverse_cdf(softmax(logits), uniforms))
