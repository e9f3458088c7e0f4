"""``keygen``, ``certify`` and ``verify`` as their users start them."""

import json
import os
import resource
import subprocess
import sys
import textwrap

import pytest

from fluxttice_core.artifacts.checkpoint import write_safetensors
from fluxttice_core.cli.main import main
from fluxttice_core.model.controls import untrained_weights
from tests.certificates import change_and_sign, claim, copy_of
from tests.conftest import SHIPPED
from tests.support import checkpoint_of

FEW = ("--num-draws", "20,100")


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return stop.value.code, out, err


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Keys and two certificates, made by the commands."""
    folder = tmp_path_factory.mktemp("place")
    untrained = checkpoint_of(untrained_weights(7))
    write_safetensors(folder / "new.safetensors", untrained)
    history = ("--history", SHIPPED.parent / "metrics.jsonl")
    for arguments in (
        ("keygen", folder / "key", "--unencrypted"),
        ("keygen", folder / "other", "--unencrypted"),
        ("certify", SHIPPED, "--out", folder / "good", "--key", folder / "key", *history, *FEW),
        ("certify", folder / "new.safetensors", "-o", folder / "poor", "-k", folder / "key", *FEW),
        ("certify", folder / "new.safetensors", "-o", folder / "unsigned", *FEW),
    ):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        assert stop.value.code == 0
    return folder


def test_the_verdict_comes_first(place, capsys):
    code, out, err = run(capsys, "verify", place / "good", "--key", place / "key.pub")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("VERIFIED at level 2 (exact counts, measured again), signed by ")
    assert lines.index("checked:") < lines.index("not checked:")
    assert any("level 3" in line for line in lines[lines.index("not checked:") :])


def test_json_says_the_same(place, capsys):
    code, out, _ = run(capsys, "verify", place / "good", "--key", place / "key.pub", "--json")
    record = json.loads(out)
    assert (code, record["exit_code"], record["verified"], record["reasons"]) == (0, 0, True, [])
    # Level 2 measures no information, so that it does not say.
    assert record["about"]["separated_from_controls"] is None
    assert "information was not measured" in record["about"]["verdict_on_the_network"]
    assert len(record["signed_by"]) == 1


def test_checked_and_false(place, capsys, tmp_path):
    folder = copy_of(place / "good", tmp_path / "c")
    change_and_sign(
        folder,
        place / "key",
        lambda p: claim(p, "untrained/B/distinct_decodes").update(value=19683),
    )
    command = ("verify", folder, "--key", place / "key.pub")
    code, out, err = run(capsys, *command)
    assert (code, err) == (1, "")
    assert out.startswith("NOT VERIFIED: ")
    assert "untrained/B/distinct_decodes: false-claim: expected 8 as measured" in out
    code, out, _ = run(capsys, *command, "--json")
    record = json.loads(out)
    assert (code, record["exit_code"], record["reasons"]) == (1, 1, ["false-claim"])
    code, out, _ = run(capsys, *command, "--level", "1")
    assert (code, out.splitlines()[0][:8]) == (0, "VERIFIED")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("{}/good",), "no key to verify with"),
        (("{}/nowhere", "--key", "{}/key.pub"), "nowhere: cannot be read"),
        (("{}", "--key", "{}/key.pub"), "expected certificate.json in it"),
        (("{}/good", "--key", "{}/key"), "got a private key"),
        (("{}/good", "--key", "{}/nothing"), "cannot be read"),
        (("{}/good", "--key", "{}/key.pub", "--level", "5"), "--level"),
        (("{}/good", "--key", "{}/key.pub", "--not-before", "noon"), "expected a date or time"),
        (("{}/good", "--key", "{}/key.pub", "--min-version", "new"), "min_version"),
    ],
)
def test_what_cannot_be_checked(place, capsys, arguments, words):
    filled = [argument.format(place) for argument in arguments]
    code, out, err = run(capsys, "verify", *filled)
    assert (code, out) == (2, "")
    assert words in err
    code, out, _ = run(capsys, "verify", *filled, "--json")
    assert code == 2
    if out:  # a wrong option is told by the command line itself
        record = json.loads(out)
        assert (record["verified"], record["exit_code"], record["reasons"]) == (
            *(False, 2, ["unusable"]),
        )
        assert words in record["error"]


def test_without_a_key_the_verdict_says_what_is_open(place, capsys):
    for name in ("good", "unsigned"):
        code, out, _ = run(capsys, "verify", place / name, "--allow-unsigned", "--level", "1")
        assert code == 0
        assert "AUTHOR NOT ESTABLISHED" in out.splitlines()[0]
    code, out, _ = run(capsys, "verify", place / "unsigned", "--key", place / "key.pub")
    assert code == 1
    assert "not-signed" in out


def test_a_foreign_key(place, capsys):
    code, out, _ = run(capsys, "verify", place / "good", "--key", place / "other.pub")
    assert code == 1
    assert out.startswith("NOT VERIFIED")
    assert "VERIFIED at" not in out


def test_policy(place, capsys):
    command = ("verify", place / "good", "--key", place / "key.pub", "--level", "1")
    assert run(capsys, *command, "--not-before", "2020-01-01", "--min-version", "0.1.0")[0] == 0
    code, out, _ = run(capsys, *command, "--not-before", "2100-01-01T00:00:00Z")
    assert (code, "validity.issued: policy" in out) == (1, True)
    code, out, _ = run(capsys, *command, "--min-version", "99")
    assert (code, "tool.version: policy" in out) == (1, True)


def test_a_network_that_knows_nothing(place, capsys):
    code, out, _ = run(capsys, "verify", place / "poor", "--key", place / "key.pub")
    assert code == 0
    assert "NOT told from its controls" in out
    code, out, _ = run(capsys, "certify", place / "new.safetensors", "-o", place / "again", *FEW)
    assert code == 0
    assert out.startswith("The network is NOT separated from its controls")
    assert "NOT SIGNED" in out


def test_certify_json_is_the_predicate(place, capsys):
    command = ("certify", place / "new.safetensors", "-o", place / "json", *FEW, "--json")
    code, out, _ = run(capsys, *command)
    assert code == 0
    assert json.loads(out)["schema"] == "fluxttice_core/coverage-certificate/v1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere.pt", "-o", "{}/x"), "nowhere.pt: cannot be read"),
        (("{}/new.safetensors", "-o", "{}/good"), "expected a new or an empty folder"),
        (("{}/new.safetensors", "-o", "{}/x", "--key", "{}/key.pub"), "expected a private key"),
        (("{}/new.safetensors", "-o", "{}/x", "--expires", "soon"), "expected a time like"),
        (("{}/new.safetensors", "-o", "{}/x", "--supersedes", "abc"), "supersedes is 'abc'"),
        (("{}/new.safetensors", "-o", "{}/x", "--history", "{}/nothing"), "cannot be read"),
        (("{}/new.safetensors", "-o", "{}/x", "--config", "{}/nothing"), "cannot be read"),
        (("{}/new.safetensors", "-o", "{}/x", "--sha256", "0" * 64), "not the file you meant"),
        (("{}/new.safetensors", "-o", "{}/x", "--num-draws", "100,20"), "increasing"),
        (("{}/new.safetensors", "-o", "{}/x", "--num-draws", "many"), "whole numbers"),
    ],
)
def test_what_cannot_be_certified(place, capsys, arguments, words):
    filled = [argument.format(place) for argument in arguments]
    code, out, err = run(capsys, "certify", *filled)
    assert (code, out) == (2, "")
    assert words in err
    assert not (place / "x").exists()


def test_keygen(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("FLUXTTICE_KEY_PASSWORD", raising=False)
    code, out, err = run(capsys, "keygen", tmp_path / "key")
    assert (code, out) == (2, "")
    assert "expected a password in FLUXTTICE_KEY_PASSWORD" in err
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("FLUXTTICE_KEY_PASSWORD", "secret")
    code, out, _ = run(capsys, "keygen", tmp_path / "key", "--json")
    assert (code, json.loads(out)["encrypted"]) == (0, True)
    assert "secret" not in out
    assert b"ENCRYPTED" in (tmp_path / "key").read_bytes()
    code, _, err = run(capsys, "keygen", tmp_path / "key")
    assert (code, "exists already" in err) == (2, True)


def test_an_encrypted_key_signs_with_its_password(place, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("FLUXTTICE_KEY_PASSWORD", "secret")
    run(capsys, "keygen", tmp_path / "key")
    command = ("certify", place / "new.safetensors", "--key", tmp_path / "key", *FEW)
    assert run(capsys, *command, "-o", tmp_path / "c")[0] == 0
    check = ("verify", tmp_path / "c", "--key", tmp_path / "key.pub", "--level", "1")
    assert run(capsys, *check)[0] == 0
    monkeypatch.delenv("FLUXTTICE_KEY_PASSWORD")
    code, _, err = run(capsys, *command, "-o", tmp_path / "d")
    assert (code, "is encrypted" in err, (tmp_path / "d").exists()) == (2, True, False)


BARE = textwrap.dedent(
    """
    import sys, time

    begun = time.monotonic()

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in ("torch", "matplotlib"):
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    def hook(event, arguments):
        if event.startswith("socket.") or event in ("subprocess.Popen", "os.system", "os.exec"):
            raise RuntimeError(f"not allowed: {event}")

    sys.meta_path.insert(0, Blocker())
    sys.addaudithook(hook)
    if sys.argv[1] == "probe":
        import socket
        socket.socket()

    from fluxttice_core.cli import main

    try:
        main(sys.argv[1:])
    finally:
        assert "torch" not in sys.modules
        print(f"seconds {time.monotonic() - begun:.2f}", file=sys.stderr)
    """
)


def bare(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", BARE, *map(str, arguments)],
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("level", [2, 3])
def test_verification_needs_no_torch_and_no_network(place, level):
    done = bare("verify", place / "good", "--key", place / "key.pub", "--level", level)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"VERIFIED at level {level}")


def test_the_probe_for_the_network_can_fail():
    done = bare("probe")
    assert done.returncode != 0
    assert "not allowed: socket" in done.stderr


def test_certifying_safetensors_needs_no_torch(place):
    done = bare("certify", place / "new.safetensors", "-o", place / "bare", *FEW)
    assert done.returncode == 0, done.stderr


def test_level_4_names_the_extra_it_needs(place):
    done = bare("verify", place / "good", "--key", place / "key.pub", "--rebuild")
    assert done.returncode == 2
    assert "pip install 'fluxttice_core[torch]'" in done.stderr


def test_a_cold_verification_takes_under_five_seconds(place):
    """Of processor time, since other processes share the machine; the best of three."""
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from fluxttice_core.cli import main; main()"),
                *("verify", str(place / "good"), "--key", str(place / "key.pub")),
            ],
            capture_output=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if seconds[-1] < 5:
            return
    pytest.fail(f"level 2 took {seconds} s")
