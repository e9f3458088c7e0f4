"""A signed certificate to be attacked."""

import pytest

from fluxttice_core import load
from tests.certificates import copy_of, issue, make_key


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return [make_key(folder, name) for name in ("ours", "foreign")]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory, keys):
    return issue(load("v5_5"), tmp_path_factory.mktemp("certificate") / "c", keys[0])


@pytest.fixture
def folder(certificate, tmp_path):
    return copy_of(certificate, tmp_path / "c")
