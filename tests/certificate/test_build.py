"""The build a certificate names: commit, whether the source differs from it, lock file."""

import hashlib
import shutil
import subprocess

import pytest

from fluxttice_core import environment
from fluxttice_core.environment import describe_build

LOCK = b"numpy==2.4.6\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with one commit, taken for ours."""
    for name, data in (("src/code.py", b"x = 1\n"), ("requirements/lock.txt", LOCK)):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_bytes(data)
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for arguments in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "One")):
        subprocess.run(["git", "-C", tmp_path, *arguments], check=True)
    monkeypatch.setattr(environment, "_ROOT", tmp_path)
    return tmp_path


def test_a_checkout_names_commit_and_lock(checkout):
    head = subprocess.run(
        ["git", "-C", checkout, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    assert describe_build()["source"] == {
        "commit": head,
        "is_modified": False,
        "lock_sha256": hashlib.sha256(LOCK).hexdigest(),
    }


@pytest.mark.parametrize(
    ("name", "is_modified"),
    [("src/code.py", True), ("src/new.py", True), ("requirements/lock.txt", False)],
)
def test_only_changed_source_counts_as_modified(checkout, name, is_modified):
    (checkout / name).write_bytes(b"y = 2\n")
    assert describe_build()["source"]["is_modified"] is is_modified


def test_outside_a_checkout_there_is_no_source(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "source" not in describe_build(), "no git"
    monkeypatch.undo()
    monkeypatch.setattr(environment, "_ROOT", checkout)
    shutil.rmtree(checkout / ".git")
    assert "source" not in describe_build(), "an installed package"
