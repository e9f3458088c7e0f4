"""A certificate of a foreign generator's 60,000 draws, and a small one of labels."""

import numpy as np
import pytest

from fluxttice_core import certify_draws
from tests.certificates import copy_of

SIZE = 19_683


@pytest.fixture(scope="session")
def foreign(tmp_path_factory):
    """60,000 draws of fair dice, as a file."""
    path = tmp_path_factory.mktemp("draws") / "draws.npy"
    np.save(path, np.random.default_rng(1).integers(0, SIZE, 60_000))
    return path


@pytest.fixture(scope="session")
def drawn(foreign, key, tmp_path_factory):
    """Signed by the first key. Not to be changed: take ``folder``."""
    out = tmp_path_factory.mktemp("drawn") / "certificate"
    certify_draws(foreign, out, key=key, space=SIZE, title="a die", num_draws=(1000, 50_000))
    return out


@pytest.fixture
def folder(drawn, tmp_path):
    """A copy that may be changed."""
    return copy_of(drawn, tmp_path / "certificate")


@pytest.fixture(scope="session")
def words(tmp_path_factory):
    """200 labels, some of them no draws."""
    path = tmp_path_factory.mktemp("words") / "words.csv"
    drawn = np.random.default_rng(2).integers(0, 60, 200)
    rows = ["None" if not each else f"w{each}" for each in drawn.tolist()]
    path.write_text("name\n" + "\n".join(rows) + "\n")
    return path
