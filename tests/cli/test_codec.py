"""encode, decode and sample: files in, files out, and the pipe between them."""

import io
import json
import struct

import numpy as np
import pytest
import torch

from fluxttice_core import (
    coverage_report,
    decode,
    encode,
    generate_all_operations,
    sample,
)
from fluxttice_core.artifacts.checkpoint import write_safetensors
from fluxttice_core.cli.main import main
from fluxttice_core.errors import ConfigError, LatentError
from fluxttice_core.gates.operations import indices_from_trits
from fluxttice_core.model.controls import untrained_weights
from tests.support import checkpoint_of, perfect_weights

ALL = generate_all_operations()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "perfect.safetensors"
    write_safetensors(path, checkpoint_of(perfect_weights(), epoch=3, rho=0.3))
    return str(path)


@pytest.fixture
def run(capsys, monkeypatch):
    """Run a command in this process; return (exit code, standard output, standard error)."""

    def call(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return call


def csv(array):
    return "".join(",".join(map(str, row)) + "\n" for row in array.tolist())


def test_encode_then_decode_returns_every_operation_through_a_pipe(run, model):
    code, codes, _ = run("encode", "-", "-m", model, stdin=csv(ALL[::97]))
    assert code == 0
    code, trits, err = run("decode", "-", "-m", model, stdin=codes)
    assert (code, err) == (0, "")
    assert trits == csv(ALL[::97])


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_encode_then_decode_through_files(run, model, tmp_path, suffix):
    source, codes, back = (tmp_path / f"{name}.{suffix}" for name in ("in", "codes", "back"))
    if suffix == "npy":
        np.save(source, ALL)
    else:
        source.write_text(csv(ALL))
    assert run("encode", source, "-m", model, "-o", codes)[:2] == (0, "")
    assert run("decode", codes, "-m", model, "-o", back, "--indices", "-p", "B")[:2] == (0, "")
    found = np.load(back) if suffix == "npy" else np.loadtxt(back, delimiter=",")
    assert np.array_equal(found, np.arange(19683))


def test_csv_keeps_every_digit(run, tmp_path):
    path = tmp_path / "model.safetensors"
    weights = checkpoint_of(untrained_weights(0))
    write_safetensors(path, weights)
    _, out, _ = run("encode", "-", "-m", path, stdin="5\n19682\n")
    codes = np.array([[float(cell) for cell in line.split(",")] for line in out.splitlines()])
    assert np.array_equal(codes, encode([5, 19682], model=weights))


@pytest.mark.parametrize("pathway", ["A", "B"])
def test_encode_in_json(run, model, pathway):
    code, out, _ = run("encode", "-", "-m", model, "-p", pathway, "--json", stdin="7\n")
    record = json.loads(out)
    assert code == 0
    assert record["pathway"] == pathway
    assert np.array_equal(record["latents"], encode([7], model=model, pathway=pathway))


def test_decode_in_json(run, model):
    line = ",".join(["2.0"] * 9 + ["0.0"] * 7)
    code, out, _ = run("decode", "-", "-m", model, "--json", stdin=line)
    assert code == 0
    assert json.loads(out) == {
        "pathway": "A",
        "reading": "mode",
        "operations": [[1] * 9],
        "indices": [19682],
    }


def test_a_single_code_of_a_npy_file_is_one_row(run, model, tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(16))
    assert run("decode", tmp_path / "one.npy", "-m", model)[:2] == (0, csv(np.zeros((1, 9), int)))


def test_decode_samples_by_seed(run, tmp_path):
    path = tmp_path / "model.safetensors"
    weights = checkpoint_of(untrained_weights(0))
    write_safetensors(path, weights)
    codes = csv(np.zeros((50, 16)))
    arguments = ("decode", "-", "-m", path, "--reading", "sample")
    first, again, other = (run(*arguments, "--seed", seed, stdin=codes)[1] for seed in (1, 1, 2))
    assert first == again != other
    assert first != run("decode", "-", "-m", path, stdin=codes)[1]


def test_sample_is_the_library_s_sample(run, model):
    code, out, err = run("sample", 20, "-m", model, "--seed", 7)
    assert (code, err) == (0, "")
    assert out == csv(sample(20, model=model, seed=7))
    assert run("sample", 20, "-m", model, "--seed", 8)[1] != out


def test_sample_without_a_seed_says_which_it_took(run, model):
    code, out, err = run("sample", 5, "-m", model)
    assert code == 0
    name, seed = err.split()
    assert name == "seed"
    assert run("sample", 5, "-m", model, "--seed", seed)[1] == out
    assert run("sample", 5, "-m", model)[2] != err


@pytest.mark.parametrize("flags", [(), ("--indices",)])
@pytest.mark.parametrize("number", [0, 1, 9000])
def test_sample_into_every_form(run, model, tmp_path, flags, number):
    expected = sample(number, model=model, seed=1, pathway="B")
    if flags:
        expected = indices_from_trits(expected)
    arguments = ("sample", number, "-m", model, "--seed", 1, "-p", "B", *flags)
    assert run(*arguments, "-o", tmp_path / "a.npy")[:2] == (0, "")
    assert np.array_equal(np.load(tmp_path / "a.npy"), expected)
    assert run(*arguments, "-o", tmp_path / "a.csv")[:2] == (0, "")
    text = (tmp_path / "a.csv").read_text()
    assert text == csv(expected if expected.ndim == 2 else expected[:, None])
    assert run(*arguments)[:2] == (0, text)
    record = json.loads(run(*arguments, "--json")[1])
    assert record["num_draws"] == number
    assert record["indices" if flags else "operations"] == expected.tolist()


def test_the_file_formats_by_which_a_reader_may_go(run, model, tmp_path):
    text = "# a comment\n\n 0, 0,0,0,0,0,0,0, 1\r\n+1,-1,0,0,0,0,0,0,0.0\n"
    code, out, _ = run("encode", "-", "-m", model, stdin=text)
    assert code == 0
    rows = np.array([[float(c) for c in line.split(",")] for line in out.splitlines()])
    assert decode(rows, model=model).tolist() == [[0] * 8 + [1], [1, -1] + [0] * 7]


@pytest.mark.parametrize("flags", [(), ("--indices",)], ids=["trits", "indices"])
@pytest.mark.parametrize("num_draws", [0, 1, 70_000])
def test_draws_in_parts_are_written_as_the_whole_array_is(run, model, tmp_path, flags, num_draws):
    drawn = sample(num_draws, model=model, seed=5)
    drawn = indices_from_trits(drawn).astype(np.int16) if flags else drawn
    arguments = ("sample", num_draws, "-m", model, "--seed", "5", *flags)
    for suffix in ("npy", "csv"):
        assert run(*arguments, "-o", tmp_path / f"a.{suffix}") == (0, "", "")
    np.save(tmp_path / "whole.npy", drawn)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    rows = drawn[:, None] if flags else drawn
    assert (tmp_path / "a.csv").read_text() == csv(rows)
    assert run(*arguments) == (0, csv(rows), "")
    key = "indices" if flags else "operations"
    record = {"pathway": "A", "seed": 5, "num_draws": num_draws, key: drawn.tolist()}
    expected = json.dumps(record, indent=2, sort_keys=True) + "\n"
    assert run(*arguments, "--json") == (0, expected, "")


def test_sampling_keeps_no_draws(run, model, tmp_path):
    """Each once took 260 bytes, and as an array each takes 9."""
    import tracemalloc

    def peak(num_draws, *flags):
        tracemalloc.start()
        assert run("sample", num_draws, "-m", model, "--seed", "5", *flags)[0] == 0
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    ways = (("a.npy", 200_000, 600_000, 1_800_000), ("a.csv", 140_000, 160_000, 1_000_000))
    for name, fewer, more, most in ways:
        flags = ("-o", tmp_path / name)
        peak(200, *flags)
        assert peak(more, *flags) - peak(fewer, *flags) < most, name


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, 1e306])
@pytest.mark.parametrize("pathway", ["A", "B"])
def test_codes_that_overflow_the_decoder_are_refused(run, tmp_path, value, pathway):
    codes = np.zeros((5, 16))
    codes[3] = value * np.sign(np.sin(np.arange(16)))
    np.save(tmp_path / "codes.npy", codes)
    found, out, err = run("decode", tmp_path / "codes.npy", "-m", "v5_5", "-p", pathway)
    if found:
        assert (found, out) == (2, "")
        assert err.startswith("error: row 3 of the latent codes is too large")
        assert len(err.splitlines()) == 1
    else:
        assert abs(value) == 1e306
    with pytest.raises(LatentError, match="row 3 of the latent codes is too large"):
        decode(torch.tensor(codes), model="v5_5", pathway=pathway)
    single = torch.tensor(np.clip(codes, -3e38, 3e38), dtype=torch.float32)
    with pytest.raises(LatentError, match="row 3 of the latent codes is too large"):
        decode(single, model="v5_5", pathway=pathway)
    assert decode(codes[:3], model="v5_5", pathway=pathway).shape == (3, 9)


@pytest.mark.parametrize("shape", [(0, 2**70), (2**70, 0), (2**62,), (-1, 9), (10**10,), 10**400])
def test_headers_of_impossible_arrays(run, model, tmp_path, shape):
    text = str(shape) if isinstance(shape, tuple) else f"({shape},)"
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {text}}}".ljust(600) + "\n"
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    (tmp_path / "a.npy").write_bytes(data)
    for command in (("encode", "-m", model), ("decode", "-m", model), ("coverage",)):
        code, out, err = run(*command, tmp_path / "a.npy")
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert err.startswith("error: ")


def test_rows_of_100000_columns(run, model, tmp_path):
    (tmp_path / "a.csv").write_text((",".join(["1"] * 100_000) + "\n") * 2)
    np.save(tmp_path / "a.npy", np.ones((2, 100_000), dtype=np.int8))
    for suffix in ("csv", "npy"):
        assert run("encode", tmp_path / f"a.{suffix}", "-m", model)[0] == 2
        code, out, _ = run("coverage", tmp_path / f"a.{suffix}", "--json")
        assert (code, json.loads(out)["observed_richness"]) == (0, 1)


@pytest.mark.parametrize("threads", [0, 1025, 100_000, 10**30, 1.5, "2"])
def test_threads_that_cannot_be_had(threads):
    with pytest.raises(ConfigError, match="threads must be at least 1 and at most 1,024"):
        sample(3, threads=threads)
    with pytest.raises(ConfigError, match="threads must be at least 1 and at most 1,024"):
        coverage_report(num_latents=64, num_runs=0, threads=threads)
