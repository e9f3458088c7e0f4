"""Noise that anyone can make again: raw Philox words, turned into numbers by arithmetic alone.

NumPy promises the integer stream of Philox for ever, but not what its distributions make of it.
So the words are recorded by their hash, and the way from words to numbers is written here.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Rational approximations of the inverse normal distribution, relative error about 1e-16:
# M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), 477-484 (PPND16).
_CENTRAL = (
    (
        *(2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4),
        *(4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3),
        *(1.3314166789178437745e2, 3.3871328727963666080e0),
    ),
    (
        *(5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4),
        *(2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2),
        *(4.2313330701600911252e1, 1.0),
    ),
)
_MIDDLE = (
    (
        *(7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1),
        *(1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0),
        *(4.63033784615654529590e0, 1.42343711074968357734e0),
    ),
    (
        *(1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2),
        *(1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0),
        *(2.05319162663775882187e0, 1.0),
    ),
)
_FAR = (
    (
        *(2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3),
        *(2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0),
        *(5.46378491116411436990e0, 6.65790464350110377720e0),
    ),
    (
        *(2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5),
        *(7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1),
        *(5.99832206555887937690e-1, 1.0),
    ),
)


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], r: Floats) -> Floats:
    above, below = coefficients
    numerator, denominator = np.full_like(r, above[0]), np.full_like(r, below[0])
    for up, down in zip(above[1:], below[1:], strict=True):
        numerator = numerator * r + up
        denominator = denominator * r + down
    return numerator / denominator


def uniforms(words: NDArray[np.uint64]) -> Floats:
    """Map 64-bit words to the open interval (0, 1): the upper 52 bits, plus a half, over 2^52.

    >>> uniforms(np.array([0, 2**64 - 1], dtype=np.uint64)).tolist()
    [1.1102230246251565e-16, 0.9999999999999999]
    """
    return ((words >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def inverse_normal(probabilities: NDArray[Any]) -> Floats:
    """Quantile of N(0, 1) at probabilities in (0, 1), elementwise, float64.

    >>> float(inverse_normal(np.array([0.975])).round(6)[0])
    1.959964
    """
    p = np.asarray(probabilities, dtype=np.float64)
    q = p - 0.5
    result = q * _ratio(_CENTRAL, 0.180625 - q * q)
    outer = np.abs(q) > 0.425
    if outer.any():
        r = np.sqrt(-np.log(np.where(q[outer] < 0, p[outer], 1.0 - p[outer])))
        tail = np.where(r <= 5.0, _ratio(_MIDDLE, r - 1.6), _ratio(_FAR, r - 5.0))
        result[outer] = np.copysign(tail, q[outer])
    return result


class NoiseStream:
    """Rows of raw words from one Philox 4x64-10 key, counter from 0, hashed as they are drawn.

    Each draw takes one row: ``latent_dim`` words for the latent, nine for the trits.
    """

    def __init__(self, key: int, width: int) -> None:
        self.width = width
        self._bits = np.random.Philox(key=key)
        self._digest = hashlib.sha256()

    def rows(self, num_rows: int) -> NDArray[np.uint64]:
        """Return the next rows, ``(num_rows, width)``."""
        words = np.asarray(self._bits.random_raw(num_rows * self.width), dtype=np.uint64)
        self._digest.update(words.astype("<u8").tobytes())
        return words.reshape(num_rows, self.width)

    @property
    def sha256(self) -> str:
        """Hash of every word drawn so far, little-endian, bare hex."""
        return self._digest.hexdigest()


def noise_key(weights_sha256: str) -> int:
    """Return the 128-bit Philox key of a set of weights.

    It follows from the weights, so that nobody can look for a lucky one.
    """
    text = f"fluxttice_core/certificate-noise/v1/{weights_sha256}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
