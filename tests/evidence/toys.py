"""Generators over spaces of a few words, so that every figure can be had by brute force."""

import numpy as np

from fluxttice_core.measure.space import WordSpace

TERCILE = 0.4307272992954576
CENTRES = {2: (-0.7978845608028654, 0.7978845608028654), 3: (-1.0908147213460106, 0.0, 1.09081472)}


class Toy:
    """A linear encoder and decoder on each pathway: a model of any word space in fifty lines."""

    def __init__(self, space, pathways=("only",), *, encoders, decoders, dtype=np.float64):
        self.space, self.pathways = space, tuple(pathways)
        self.dtype = dtype
        self._encoders, self._decoders = encoders, decoders
        self.latent_dim = encoders[pathways[0]][0].shape[1]

    @classmethod
    def random(cls, space, pathways=("only",), *, latent_dim=3, seed=0, scale=1.0):
        rng = np.random.default_rng(seed)
        width = space.length * space.levels

        def layer(rows, columns):
            return scale * rng.normal(size=(rows, columns)), scale * rng.normal(size=columns)

        encoders = {name: layer(space.length, latent_dim) for name in pathways}
        decoders = {name: layer(latent_dim, width) for name in pathways}
        return cls(space, pathways, encoders=encoders, decoders=decoders)

    def encode(self, rows, pathway):
        weights, bias = self._encoders[pathway]
        mean = rows.astype(self.dtype) @ weights + bias
        return mean, np.full_like(mean, -4.0)

    def encode_all(self, pathway):
        return self.encode(self.space.enumerate(), pathway)

    def logits(self, latents, pathway):
        weights, bias = self._decoders[pathway]
        shape = (-1, self.space.length, self.space.levels)
        return (latents.astype(self.dtype) @ weights + bias).reshape(shape).astype(self.dtype)

    def in_single(self):
        single = {
            name: {key: tuple(part.astype(np.float32) for part in pair) for key, pair in of.items()}
            for name, of in (("encoders", self._encoders), ("decoders", self._decoders))
        }
        return Toy(self.space, self.pathways, **single, dtype=np.float32)

    def untrained(self, seed):
        return Toy.random(
            self.space, self.pathways, latent_dim=self.latent_dim, seed=100 + seed, scale=0.3
        )

    def collapsed(self, seed):
        blind = self.untrained(seed)
        for name, (weights, bias) in blind._decoders.items():
            blind._decoders[name] = (0 * weights, bias)
        return blind

    def perfect(self):
        return perfect_toy(self.space, self.pathways, self.latent_dim)


def perfect_toy(space, pathways=("only",), latent_dim=3, sharpness=2000.0):
    """One latent axis per position, cut into cells of equal mass; None if there are too few axes.

    A linear decoder can: for trits logits ``-z - t, 0, z - t``, for bits ``-z, z``.
    """
    if space.length > latent_dim or space.levels not in CENTRES:
        return None
    cut = TERCILE if space.levels == 3 else 0.0
    slopes = np.linspace(-1, 1, space.levels)
    weights = np.zeros((latent_dim, space.length, space.levels))
    weights[range(space.length), range(space.length)] = slopes * sharpness
    bias = np.tile(-np.abs(slopes) * cut * sharpness, space.length)
    decoder = (weights.reshape(latent_dim, -1), bias)
    # The mean of a cell, of the values lowest .. lowest + levels - 1.
    low, high = CENTRES[space.levels][0], CENTRES[space.levels][-1]
    step = (high - low) / (space.levels - 1)
    encoder = (
        np.eye(space.length, latent_dim) * step,
        np.where(np.arange(latent_dim) < space.length, low - step * space.lowest, 0.0),
    )
    of = {
        "encoders": dict.fromkeys(pathways, encoder),
        "decoders": dict.fromkeys(pathways, decoder),
    }
    return Toy(space, pathways, **of)


TWO_TRITS = WordSpace(2, 3, lowest=-1, name="two trits")
THREE_BITS = WordSpace(3, 2, name="three bits")
