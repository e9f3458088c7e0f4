"""One certificate of the packaged weights, and one of a network that knows nothing."""

import pytest

from fluxttice_core import load
from fluxttice_core.artifacts.checkpoint import write_safetensors
from fluxttice_core.model.controls import untrained_weights
from tests.certificates import copy_of, issue, make_key
from tests.conftest import SHIPPED
from tests.support import checkpoint_of


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return [make_key(folder, name) for name in ("first", "second")]


@pytest.fixture(scope="session")
def key(keys):
    return keys[0]


@pytest.fixture(scope="session")
def issued(tmp_path_factory, key):
    """Signed by the first key. Not to be changed: take ``folder``."""
    return issue(
        load("v5_5"),
        tmp_path_factory.mktemp("issued") / "certificate",
        key,
        history=SHIPPED.parent / "metrics.jsonl",
    )


@pytest.fixture
def folder(issued, tmp_path):
    """A copy that may be changed."""
    return copy_of(issued, tmp_path / "certificate")


@pytest.fixture(scope="session")
def untrained(tmp_path_factory, key):
    place = tmp_path_factory.mktemp("untrained")
    # Another seed than the control's: another network that knows nothing.
    write_safetensors(place / "new.safetensors", checkpoint_of(untrained_weights(7)))
    return issue(place / "new.safetensors", place / "certificate", key)
