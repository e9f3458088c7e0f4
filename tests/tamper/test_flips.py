"""One flipped bit: the file is refused, or it is another identity. Never the same one, silently."""

import numpy as np
import pytest

from fluxttice_core.artifacts.checkpoint import read_checkpoint, write_safetensors
from fluxttice_core.errors import CheckpointError
from fluxttice_core.model.controls import untrained_weights
from tests.support import checkpoint_of


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("tamper") / "weights.safetensors"
    write_safetensors(path, checkpoint_of(untrained_weights(0), epoch=106, rho=0.265))
    return path


def outcomes(original, bits):
    """Flip each bit alone; return how many files were refused and how many read as another."""
    data = bytearray(original.read_bytes())
    whole = read_checkpoint(original)
    flipped = original.with_name("flipped")
    refused, other = 0, 0
    for bit in bits:
        data[bit // 8] ^= 1 << bit % 8
        flipped.write_bytes(data)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CheckpointError, match="not the file you meant"):
            read_checkpoint(flipped, sha256=whole.file_sha256)
        try:
            checkpoint = read_checkpoint(flipped)
        except CheckpointError:
            refused += 1
            continue
        other += 1
        assert checkpoint.file_sha256 != whole.file_sha256
        assert (
            checkpoint.weights_sha256 != whole.weights_sha256
            or checkpoint.metadata != whole.metadata
        ), f"bit {bit} changed nothing that is looked at"
    return refused, other


def header_bits(original):
    return 8 * (8 + int.from_bytes(original.read_bytes()[:8], "little"))


def test_the_length_of_the_header(original):
    assert outcomes(original, range(64)) == (64, 0)


def test_a_sample_of_the_header(original):
    bits = np.random.default_rng(0).choice(np.arange(64, header_bits(original)), 160, False)
    refused, other = outcomes(original, bits.tolist())
    # The format itself accepts some: what tells them is our check of names and shapes.
    assert refused >= 155
    assert other <= 5


def test_every_bit_of_the_metadata(original):
    data = original.read_bytes()
    start = data.index(b'{\\"epoch')
    end = data.index(b'"}', start)
    refused, other = outcomes(original, range(8 * start, 8 * end))
    assert refused + other == 8 * (end - start)
    assert other > 0
    assert refused > other


def test_a_sample_of_the_body(original):
    size = 8 * len(original.read_bytes())
    bits = np.random.default_rng(1).integers(header_bits(original), size, 120)
    refused, other = outcomes(original, bits.tolist())
    # A flip can make a value infinite or NaN, which is refused; the others are another network.
    assert other >= 110
    assert refused + other == 120


@pytest.mark.assurance
def test_every_bit_of_the_header(original):
    outcomes(original, range(header_bits(original)))
