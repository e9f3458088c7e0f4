"""Bad input: one clear error, exit code 2, no traceback, nothing written."""

import io
import os
import re
import struct
import zipfile

import numpy as np
import pytest
import torch

from fluxttice_core.artifacts.checkpoint import write_safetensors
from fluxttice_core.cli.main import COMMANDS, main
from fluxttice_core.model.controls import untrained_weights
from tests.support import SHIPPED_CONFIG, checkpoint_of, torch_file


class Payload:
    def __reduce__(self):
        return os.system, ("touch it-ran",)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder of things that are not what they should be, and a few that are."""
    folder = tmp_path_factory.mktemp("files")
    weights = untrained_weights(0)
    write_safetensors(folder / "good.safetensors", checkpoint_of(weights))
    good = (folder / "good.safetensors").read_bytes()
    (folder / "truncated.safetensors").write_bytes(good[:5000])
    whole = torch_file(folder / "good.pt", weights).read_bytes()
    (folder / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    torch.save({"model": Payload()}, folder / "code.pt")
    torch_file(folder / "nan.pt", {**weights, "decoder_B.fc_out.bias": np.full(27, np.nan, "f4")})
    torch_file(folder / "foreign.pt", {"layer.weight": np.zeros(3, "f4")})
    (folder / "folder").mkdir()

    np.save(folder / "object.npy", np.array([{}, None], dtype=object), allow_pickle=True)
    np.save(folder / "text.npy", np.array(["a", "b"]))
    np.save(folder / "complex.npy", np.zeros((2, 9), dtype=complex))
    np.save(folder / "record.npy", np.zeros(3, dtype=[("a", "i4")]))
    np.save(folder / "scalar.npy", np.array(5))
    np.save(folder / "none.npy", np.zeros((0,), dtype=np.int64))
    np.save(folder / "wide.npy", np.zeros((4, 8)))
    np.save(folder / "deep.npy", np.zeros((2, 9, 2)))
    with zipfile.ZipFile(folder / "zip.npy", "w") as archive:
        archive.writestr("a.npy", "x")
    (folder / "badzip.npy").write_bytes(b"PK\x03\x04 and nothing")
    (folder / "empty.npy").write_bytes(b"")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((100, 9)))
    (folder / "torn.npy").write_bytes(buffer.getvalue()[:300])
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': ((((("
    (folder / "header.npy").write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    )
    for name, text in {
        "nan": "0,0,0,0,nan,0,0,0,0\n",
        "two": "0,0,0,0,0,0,0,0,0\n0,0,2,0,0,0,0,0,0\n",
        "half": "0,0,0,0,0,0,0,0,0.5\n",
        "ragged": "0,0,0\n0,0\n",
        "words": "a,b,c\n0,0,0\n",
        "blank": "\n# nothing\n",
        "narrow": "0,0,0\n",
        "index": "5\n19683\n",
        "minus": "-1\n",
        "codes_nan": ",".join(["0"] * 15 + ["inf"]) + "\n",
        "big": "1e400\n",
    }.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "binary.csv").write_bytes(bytes(range(128, 256)))
    (folder / "good.csv").write_text("5\n7\n")
    (folder / "codes.csv").write_text(",".join(["0"] * 16) + "\n")
    config = SHIPPED_CONFIG.read_text(encoding="utf-8")
    (folder / "misspelt.yaml").write_text(config.replace("batch_size:", "bacth_size:"))
    (folder / "nan.yaml").write_text(re.sub(r"batch_size: .*", "batch_size: .nan", config))
    (folder / "good.yaml").write_text(config)
    return folder


M = ("-m", "good.safetensors")
CASES = {
    # what is to be encoded
    "missing file": (("encode", "nowhere.csv"), "nowhere.csv: cannot be read: No such file"),
    "a folder": (("encode", "folder"), "folder: cannot be read: Is a directory"),
    "wrong shape": (("encode", "narrow.csv"), "got shape (1, 3)"),
    "wrong shape, npy": (("encode", "wide.npy"), "got shape (4, 8)"),
    "three axes": (("encode", "deep.npy"), "got shape (2, 9, 2)"),
    "no axis": (("encode", "scalar.npy"), "got shape ()"),
    "not ternary": (("encode", "two.csv"), "row 1, column 2 holds 2"),
    "fraction": (("encode", "half.csv"), "row 0, column 8 holds 0.5"),
    "NaN": (("encode", "nan.csv"), "row 0, column 4 holds nan"),
    "index too large": (("encode", "index.csv"), "row 1 holds 19683"),
    "negative index": (("encode", "minus.csv"), "row 0 holds -1"),
    "overflow": (("encode", "big.csv"), "row 0 holds inf"),
    "ragged": (("encode", "ragged.csv"), "ragged.csv: line 2: expected 3 numbers, got 2"),
    "words": (("encode", "words.csv"), "words.csv: line 1: expected numbers"),
    "blank": (("encode", "blank.csv"), "expected at least one row of numbers"),
    "empty standard input": (("encode", "-"), "standard input: expected at least one row"),
    "binary": (("encode", "binary.csv"), "binary.csv: expected a .npy or .csv file"),
    "object npy": (("encode", "object.npy"), "object.npy: expected a NumPy .npy file of numbers"),
    "text npy": (("encode", "text.npy"), "text.npy: expected numbers, got an array of <U1"),
    "complex npy": (("encode", "complex.npy"), "expected numbers, got an array of complex128"),
    "record npy": (("encode", "record.npy"), "record.npy: expected numbers"),
    "zip npy": (("encode", "zip.npy"), "zip.npy: expected a NumPy .npy file"),
    "bad zip npy": (("encode", "badzip.npy"), "badzip.npy: expected a NumPy .npy file"),
    "empty npy": (("encode", "empty.npy"), "empty.npy: expected a NumPy .npy file"),
    "torn npy": (("encode", "torn.npy"), "torn.npy: expected a NumPy .npy file"),
    "bad header": (("encode", "header.npy"), "header.npy: expected a NumPy .npy file"),
    # codes
    "codes of another width": (("decode", "narrow.csv"), "(n, 16), got (1, 3)"),
    "codes not finite": (("decode", "codes_nan.csv"), "row 0, column 15"),
    "codes missing": (("decode", "nowhere.npy"), "nowhere.npy: cannot be read"),
    "unknown reading": (("decode", "codes.csv", "--reading", "x"), "'x' is not one of"),
    # checkpoints
    "missing checkpoint": (("info", "nowhere.pt"), "nowhere.pt: cannot be read: No such file"),
    "truncated safetensors": (("info", "truncated.safetensors"), "truncated or something else"),
    "truncated pt": (("info", "truncated.pt"), "truncated or not a PyTorch checkpoint"),
    "code": (("info", "code.pt"), "could run code"),
    "code, encode": (("encode", "good.csv", "-m", "code.pt"), "could run code"),
    "code, decode": (("decode", "codes.csv", "-m", "code.pt"), "could run code"),
    "code, sample": (("sample", "5", "-m", "code.pt", "--seed", "1"), "could run code"),
    "missing checkpoint, report": (
        ("report", "nowhere.pt", "--out", "new"),
        "nowhere.pt: cannot be read: No such file",
    ),
    "code, coverage": (("coverage", "code.pt", "-o", "new"), "could run code"),
    "not finite": (("info", "nan.pt"), "holds 27 of 27 values that are not finite"),
    "foreign": (("info", "foreign.pt"), "51 differences"),
    "another hash": (("info", "good.pt", "--sha256", "0" * 64), "expected SHA-256 0000"),
    "no hash": (("info", "good.pt", "--sha256", "xyz"), "64 hexadecimal digits, got 'xyz'"),
    "another hash, sample": (
        ("sample", "3", *M, "--sha256", "0" * 64, "--seed", "1"),
        "this is not the file you meant",
    ),
    "a csv as checkpoint": (("info", "good.csv"), "truncated or something else"),
    # output
    "no folder": (("sample", "3", *M, "--seed", "1", "-o", "no/such/a.npy"), "No such file"),
    "folder is a file": (("sample", "3", *M, "--seed", "1", "-o", "good.csv/a.npy"), "Not a dir"),
    "a name without format": (("sample", "3", *M, "--seed", "1", "-o", "a.txt"), ".npy or .csv"),
    "report into a file": (
        ("coverage", "good.csv", "-o", "good.csv"),
        "good.csv: expected a folder to write to",
    ),
    "report into a file, model": (
        ("coverage", "good.safetensors", "-o", "good.csv"),
        "good.csv: expected a folder to write to",
    ),
    # draws
    "no draws": (("coverage", "none.npy", "-o", "new"), "at least one draw"),
    "no history": (
        ("report", "good.safetensors", "--history", "none.jsonl", "-o", "new"),
        "none.jsonl: cannot be read",
    ),
    "no lines": (("coverage", "blank.csv", "-o", "new"), "at least one draw"),
    "no draws on standard input": (("coverage", "-", "-o", "new"), "at least one draw"),
    "draws that are not there": (("coverage", "nowhere.csv"), "nowhere.csv: cannot be read: No su"),
    "draws, no array": (
        ("coverage", "empty.npy"),
        "empty.npy: expected a NumPy .npy file of draws",
    ),
    "draws, torn": (("coverage", "torn.npy", "-o", "new"), "torn.npy: truncated: "),
    "draws, bad header": (("coverage", "header.npy"), "header.npy: expected a NumPy .npy file"),
    "draws, objects": (("coverage", "object.npy"), "object.npy: expected draws (n,)"),
    "draws, complex": (("coverage", "complex.npy"), "got complex128 of shape (2, 9)"),
    "draws, three axes": (("coverage", "deep.npy"), "got float64 of shape (2, 9, 2)"),
    "draws, NaN": (("coverage", "nan.csv"), "expected one column of draws, or rows of numbers"),
    "draws, fraction": (("coverage", "half.csv", "-o", "new"), "expected one column of draws"),
    "draws, negative": (("coverage", "minus.csv", "--space", "9"), "draw 0 is -1"),
    "draws, outside": (
        ("coverage", "index.csv", "--space", "19683", "-o", "new"),
        "expected ids in 0 .. 19,682; draw 1 is 19683 (1 are outside)",
    ),
    "draws, ragged": (("coverage", "ragged.csv"), "ragged.csv: line 2: expected 3 cells"),
    "draws, binary": (("coverage", "binary.csv"), "binary.csv: line 1: byte 0x80 is no UTF-8"),
    "draws, more than the space": (("coverage", "text.npy", "--space", "1"), "at most 1 different"),
    "draws, no space": (("coverage", "good.csv", "--space", "0"), "--space"),
    "reference, none": (
        ("coverage", "good.csv", "--reference", "nowhere.npy"),
        "nowhere.npy: cannot be read",
    ),
    "reference of another kind": (
        ("coverage", "good.csv", "--reference", "text.npy", "-o", "new"),
        "a reference of the same kind as the draws: numbers; got labels",
    ),
    "one standard input for two": (
        ("coverage", "-", "--reference", "-"),
        "standard input cannot hold both",
    ),
    "options of models for draws": (
        ("coverage", "good.csv", "--runs", "2", "--latents", "9", "--seed", "1", "--sha256", "0"),
        "--runs, --latents, --seed, --sha256 has no meaning for draws",
    ),
    "options of draws for models": (
        ("coverage", "good.safetensors", "--space", "9", "--reference", "good.csv"),
        "--space, --reference has no meaning for a checkpoint",
    ),
    "options of draws without a source": (
        ("coverage", "--space", "9"),
        "--space has no meaning for a checkpoint",
    ),
    "draws the old way": (("coverage", "--draws", "good.csv"), "No such option"),
    # two samples
    "plan nothing": (("plan", "nowhere.npy", "--reach", "0.9"), "nowhere.npy: cannot be read"),
    "plan for what": (("plan", "good.csv"), "expected one of --stop-below"),
    "plan for two things": (
        ("plan", "good.csv", "--reach", "0.9", "--stop-below", "0.1"),
        "ask for one at a time",
    ),
    "plan a share of more": (("plan", "good.csv", "--reach", "1.5"), "--reach"),
    "compare nothing": (("compare", "good.csv", "nowhere.npy"), "nowhere.npy: cannot be read"),
    "compare a model": (
        ("compare", "good.csv", "good.safetensors"),
        "expected two files of draws, got good.safetensors",
    ),
    "compare one": (("compare", "good.csv"), "Missing argument"),
    "compare kinds": (
        ("compare", "good.csv", "text.npy"),
        "two samples of the same kind, got numbers and labels",
    ),
    "compare no draws": (("compare", "none.npy", "good.csv"), "got none in A"),
    "compare standard input twice": (("compare", "-", "-"), "cannot hold both samples"),
    "compare outside": (
        ("compare", "good.csv", "index.csv", "--space", "9"),
        "expected ids in 0 .. 8",
    ),
    "compare few permutations": (
        ("compare", "good.csv", "good.csv", "--permutations", "1"),
        "--permutations",
    ),
    "n of zero": (("coverage", "--num-draws", "0"), "every n must lie in 1"),
    "n of a model": (("coverage", "--num-draws", "100000001"), "at most 100,000,000"),
    "n no number": (("coverage", "--num-draws", "many"), "whole numbers separated by commas"),
    "no n": (("coverage", "--num-draws", ""), "whole numbers separated by commas"),
    "runs": (("coverage", "--runs", "-1"), "--runs"),
    "latents": (("coverage", "--latents", "1"), "--latents"),
    # usage
    "unknown command": (("smaple", "5"), "no command is called 'smaple'; did you mean sample?"),
    "no command": ((), "Usage: fluxttice"),
    "unknown option": (("sample", "5", "--sed", "1"), "--seed"),
    "unknown pathway": (("sample", "5", "-p", "C"), "'C' is not one of 'A', 'B'"),
    "no number": (("sample", "many"), "'many' is not a valid integer"),
    "negative number": (("sample", "--", "-5"), "-5"),
    "negative seed": (("sample", "5", "--seed", "-1"), "-1"),
    "argument missing": (("encode",), "Missing argument"),
    "unknown gate": (("operations", "minn"), "min"),
    "unknown property": (("operations", "--property", "commutativ"), "commutative"),
    # certificates
    "certify nothing": (("certify", "nowhere.pt", "-o", "new"), "nowhere.pt: cannot be read"),
    "certify code": (("certify", "code.pt", "-o", "new"), "could run code"),
    "certify into a file": (
        ("certify", "good.safetensors", "-o", "good.csv"),
        "good.csv: expected a folder to write to",
    ),
    "no key": (("verify", "folder"), "no key to verify with"),
    "no certificate": (("verify", "folder", "--allow-unsigned"), "expected certificate.json in it"),
    "no key file": (("verify", "folder", "--key", "good.csv"), "expected a public key in PEM form"),
    "key without a password": (("keygen", "new"), "expected a password in FLUXTTICE_KEY_PASSWORD"),
    # training
    "missing config": (("train", "nowhere.yaml", "-o", "new"), "nowhere.yaml"),
    "misspelt key": (("train", "misspelt.yaml", "-o", "new"), "bacth_size"),
    "NaN in a config": (("train", "nan.yaml", "-o", "new"), "batch_size"),
    "unknown device": (("train", "good.yaml", "-o", "new", "-d", "quantum"), "'quantum'"),
    "device that is not there": (("train", "good.yaml", "-o", "new", "-d", "cuda:99"), "cuda:99"),
    "out is a file": (("train", "good.yaml", "-o", "good.csv"), "expected a folder to write to"),
    "no epochs": (("train", "good.yaml", "-o", "new", "--epochs", "0"), "--epochs"),
}


def snapshot(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("case", CASES)
def test_one_clear_error_and_nothing_written(case, files, monkeypatch, capsys):
    arguments, expected = CASES[case]
    monkeypatch.chdir(files)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    before = snapshot(files)
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    out, err = capsys.readouterr()
    assert stop.value.code == 2, err
    assert out == ""
    assert expected in err
    assert "Traceback" not in err
    if arguments:
        assert len(re.findall(r"(?m)^error: |^Error: ", err)) == 1
    assert snapshot(files) == before


def test_the_table_knows_every_command():
    assert {arguments[0] for arguments, _ in CASES.values() if arguments} >= set(COMMANDS)


def test_an_interruption_is_no_traceback(monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("fluxttice_core.cli.codec.sample_batches", interrupted)
    with pytest.raises(SystemExit) as stop:
        main(["sample", "5", "--seed", "1"])
    assert stop.value.code == 130
    assert "interrupted" in capsys.readouterr().err


def test_too_little_memory_is_no_traceback(monkeypatch, capsys):
    def exhausted(*_, **__):
        raise MemoryError

    monkeypatch.setattr("fluxttice_core.cli.codec.sample_batches", exhausted)
    with pytest.raises(SystemExit) as stop:
        main(["sample", "5", "--seed", "1"])
    assert stop.value.code == 2
    assert capsys.readouterr().err == (
        "error: not enough memory for this request; ask for less at once\n"
    )


@pytest.mark.parametrize("size", [3, 100, 2000])
def test_npy_files_of_noise_are_refused(files, tmp_path, capsys, size):
    """Headers are Python literals: what a damaged one makes the parser raise is hard to foresee."""
    rng = np.random.default_rng(size)
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((20, 9), dtype=np.int8))
    path = tmp_path / "noise.npy"
    for _ in range(150):
        data = bytearray(buffer.getvalue())
        for place in rng.integers(0, 128, size=max(1, size // 50)):
            data[place] = rng.integers(0, 256)
        path.write_bytes(data)
        with pytest.raises(SystemExit) as stop:
            main(["encode", str(path), "-m", str(files / "good.safetensors")])
        err = capsys.readouterr().err
        assert stop.value.code in (0, 2)
        if stop.value.code == 2:
            assert err.startswith("error: ")


def test_all_wrong_values_of_options_are_told_at_once(tmp_path, run):
    (tmp_path / "draws.txt").write_text("5\n7\n")
    code, out, err = run(
        *("coverage", tmp_path / "draws.txt", "--space", "nan", "--modes", "0"),
        *("--num-draws", "1e5", "--incidence", "both"),
    )
    assert (code, out) == (2, "")
    assert err.count("Error: ") == 1
    for option in ("--space", "--modes", "--num-draws", "--incidence"):
        assert f"Invalid value for '{option}'" in err
