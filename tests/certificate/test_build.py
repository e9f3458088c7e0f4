"""The build a certificate names: its source, the commit it was checked out at, the lock file."""

import hashlib
import subprocess
from pathlib import Path

import pytest

import fluxttice_core
from fluxttice_core import environment
from fluxttice_core.environment import describe_build

LOCK = b"numpy==2.4.6\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A repository with one commit, taken for ours; returns a function that calls git in it."""

    def git(*arguments):
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        command = ["git", "-C", tmp_path, *identity, *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/lock.txt").write_bytes(LOCK)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "One")
    monkeypatch.setattr(environment, "_ROOT", tmp_path)
    return git


def test_the_source_is_what_other_tools_say():
    command = "find . -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    found = subprocess.run(
        command,
        shell=True,
        cwd=Path(fluxttice_core.__file__).parent,
        capture_output=True,
        text=True,
    )
    assert describe_build()["source_sha256"] == found.stdout.split()[0]


@pytest.mark.parametrize("state", ["a branch", "packed", "detached"])
def test_a_checkout_names_commit_and_lock(checkout, state):
    if state == "packed":
        checkout("pack-refs", "--all")
    elif state == "detached":
        checkout("checkout", "-q", "--detach")
    build = describe_build()
    assert build["commit"] == checkout("rev-parse", "HEAD")
    assert build["lock_sha256"] == hashlib.sha256(LOCK).hexdigest()


def test_outside_a_checkout_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "_ROOT", tmp_path)
    assert set(describe_build()) == {"blas", "source_sha256"}
