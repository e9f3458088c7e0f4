"""Noise by arithmetic: the same everywhere, and normal."""

import hashlib
import statistics

import numpy as np
import pytest

from fluxttice_core.certificate.network.noise import (
    NoiseStream,
    inverse_normal,
    noise_key,
    uniforms,
)


def test_inverse_normal_agrees_with_the_standard_library():
    inside = np.random.default_rng(0).random(5000)
    tails = 10.0 ** -np.arange(1, 17)
    p = np.concatenate([inside, tails, 1 - tails[:15], [0.5, 0.075, 0.925, 2.0**-53]])
    expected = np.array([statistics.NormalDist().inv_cdf(each) for each in p])
    assert np.abs(inverse_normal(p) - expected).max() < 1e-14 * 40
    grid = np.linspace(0.001, 0.999, 999).reshape(9, 111)
    assert inverse_normal(grid).shape == (9, 111)
    assert np.allclose(inverse_normal(1 - grid), -inverse_normal(grid), atol=1e-13)


def test_uniforms_stay_inside_for_every_extreme_word():
    words = np.array([0, 1, 2**12, 2**63, 2**64 - 2**12, 2**64 - 1], dtype=np.uint64)
    numbers = uniforms(words)
    assert (numbers > 0).all()
    assert (numbers < 1).all()
    assert np.isfinite(inverse_normal(numbers)).all()


def test_a_stream_is_the_integers_that_numpy_promises():
    words = np.random.Philox(key=12345).random_raw(30)
    stream = NoiseStream(12345, 3)
    first, second = stream.rows(4), stream.rows(6)
    assert np.array_equal(np.concatenate([first, second]).reshape(-1), words)
    assert stream.sha256 == hashlib.sha256(words.astype("<u8").tobytes()).hexdigest()


def test_known_words():
    """Frozen: another Philox, or another order of its words, would make every noise hash false."""
    assert NoiseStream(1, 2).rows(2).tolist() == KNOWN


KNOWN = [
    [5599841837815857887, 15655913098571550255],
    [2880178291573394738, 573812481542357666],
]


def test_noise_is_standard_normal():
    stream = NoiseStream(noise_key("0" * 64), 25)
    values = inverse_normal(uniforms(stream.rows(20_000)[:, :16])).reshape(-1)
    assert abs(values.mean()) < 0.01
    assert abs(values.std() - 1) < 0.01
    assert abs(np.mean(np.abs(values) > 1.959964) - 0.05) < 0.002


def test_the_key_follows_from_the_weights():
    text = "fluxttice_core/certificate-noise/v1/" + "a" * 64
    assert f"{noise_key('a' * 64):032x}" == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert noise_key("a" * 64) != noise_key("b" * 64)


@pytest.mark.parametrize("key", [0, 2**128 - 1])
def test_any_key_works(key):
    assert NoiseStream(key, 5).rows(2).shape == (2, 5)
