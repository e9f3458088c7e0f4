"""The library's verbs: what they return, and what they say when they cannot."""

import inspect
from pathlib import Path

import numpy as np
import pytest
import torch

from fluxttice_core import (
    Checkpoint,
    coverage_report,
    decode,
    encode,
    generate_all_operations,
    load,
    sample,
    sample_batches,
    to_torch,
    train,
)
from fluxttice_core.api import as_checkpoint
from fluxttice_core.artifacts.checkpoint import write_safetensors
from fluxttice_core.errors import (
    CheckpointError,
    ConfigError,
    DrawsError,
    LatentError,
    OperationError,
)
from fluxttice_core.evidence.report import CoverageReport
from fluxttice_core.measure import DistributionReport, DrawsReport
from fluxttice_core.model.controls import untrained_weights
from fluxttice_core.model.dual_vae import DualNeuralVAEV5
from tests.support import checkpoint_of, perfect_weights, torch_file

ALL = generate_all_operations()
PERFECT = checkpoint_of(perfect_weights(), rho=0.3)
UNTRAINED = checkpoint_of(untrained_weights(0))


# --- load


def test_the_default_is_the_packaged_file():
    default = load()
    assert type(default) is Checkpoint
    assert default.epoch == 299
    assert default.source == "packaged weights (codebook)"
    # Read once; only what its holder may change is each one's own.
    again = load("codebook")
    assert again.weights is default.weights
    again.metadata["config"]["seed"] = 10**6
    assert load().metadata["config"]["seed"] == default.metadata["config"]["seed"] != 10**6
    assert load("v5_5").epoch == 106
    assert load(sha256=default.file_sha256).weights_sha256 == default.weights_sha256
    with pytest.raises(CheckpointError, match="expected SHA-256 0000"):
        load(sha256="0" * 64)


def test_load_reads_both_formats(tmp_path):
    weights = untrained_weights(3)
    write_safetensors(tmp_path / "a.safetensors", checkpoint_of(weights, epoch=5))
    torch_file(tmp_path / "a.pt", weights, epoch=5)
    first, second = (load(tmp_path / name) for name in ("a.safetensors", "a.pt"))
    assert first.weights_sha256 == second.weights_sha256
    assert first.epoch == second.epoch == 5
    assert load(str(tmp_path / "a.pt")).source == str(tmp_path / "a.pt")


def test_load_names_a_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere\.pt: cannot be read: No such file"):
        load(tmp_path / "nowhere.pt")


# --- encode and decode


@pytest.mark.parametrize("pathway", ["A", "B"])
def test_every_operation_comes_back_from_the_default(pathway):
    assert np.array_equal(decode(encode(ALL, pathway=pathway), pathway=pathway), ALL)


@pytest.mark.parametrize("pathway", ["A", "B"])
def test_the_hand_built_code_is_what_was_built(pathway):
    codes = encode(ALL, model=PERFECT, pathway=pathway)
    np.testing.assert_allclose(codes[:, :9], np.float32(1.2) * ALL, atol=1e-12)
    assert (codes[:, 9:] == 0).all()
    assert np.array_equal(decode(codes, model=PERFECT, pathway=pathway), ALL)


@pytest.mark.parametrize("wrap", [np.asarray, torch.from_numpy], ids=["numpy", "torch"])
def test_indices_trits_and_tables_are_the_same_operations(wrap):
    indices = np.array([0, 7, 9841, 19682])
    trits = ALL[indices]
    first, second, third = (
        encode(wrap(given), model=UNTRAINED) for given in (indices, trits, trits.reshape(-1, 3, 3))
    )
    assert type(first) is type(wrap(indices)) or isinstance(first, np.ndarray)
    assert np.array_equal(np.asarray(first), np.asarray(second))
    assert np.array_equal(np.asarray(first), np.asarray(third))


def test_lists_are_taken():
    assert encode([[0] * 9], model=PERFECT).tolist() == [[0.0] * 16]
    assert decode([[0.0] * 16], model=PERFECT).tolist() == [[0] * 9]


def test_nothing_in_nothing_out():
    assert encode(np.empty((0, 9), dtype=np.int8), model=PERFECT).shape == (0, 16)
    assert decode(np.empty((0, 16)), model=PERFECT).shape == (0, 9)
    assert encode(torch.empty((0, 9)), model=PERFECT).shape == (0, 16)


@pytest.mark.parametrize("pathway", ["A", "B"])
def test_torch_agrees_with_the_reference(pathway):
    codes = encode(ALL, model=UNTRAINED, pathway=pathway)
    tensor = encode(torch.from_numpy(ALL), model=UNTRAINED, pathway=pathway)
    np.testing.assert_allclose(tensor.numpy(), codes, atol=1e-5)


def test_every_kind_of_model_is_the_same_model(tmp_path):
    path = tmp_path / "a.safetensors"
    write_safetensors(path, UNTRAINED)
    models = [UNTRAINED, path, str(path), to_torch(UNTRAINED)]
    for given in ([3, 4], torch.tensor([3, 4])):
        first, *others = (np.asarray(encode(given, model=model)) for model in models)
        for other in others:
            assert np.array_equal(first, other)
    assert len({as_checkpoint(model).weights_sha256 for model in models}) == 1


def test_a_changed_network_is_not_answered_from_a_cache():
    network = to_torch(UNTRAINED)
    before = encode([5], model=network)
    with torch.no_grad():
        network.encoder_A.fc_mu.bias += 1.0
    np.testing.assert_allclose(encode([5], model=network), before + 1.0, atol=1e-5)
    np.testing.assert_allclose(
        encode(torch.tensor([5]), model=network).numpy(), before + 1, atol=1e-5
    )


def test_no_gradient_leaves():
    codes = torch.zeros(2, 16, requires_grad=True)
    assert not decode(codes, model=UNTRAINED).requires_grad
    assert codes.requires_grad


@pytest.mark.parametrize("pathway", ["C", "a", "", None])
def test_an_unknown_pathway_is_refused_everywhere(pathway):
    for call in (
        lambda: encode([0], model=PERFECT, pathway=pathway),
        lambda: decode(np.zeros((1, 16)), model=PERFECT, pathway=pathway),
        lambda: sample(1, model=PERFECT, pathway=pathway),
        lambda: sample_batches(1, model=PERFECT, pathway=pathway),
    ):
        with pytest.raises(ValueError, match="expected pathway 'A' or 'B'"):
            call()


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        ([[0] * 8], "got shape"),
        ([[[0] * 9]], "got shape"),
        (5, "got shape"),
        ([[0] * 8 + [2]], "row 0, column 8 holds 2"),
        ([[0] * 9, [0, 0.5] + [0] * 7], "row 1, column 1 holds 0.5"),
        ([[float("nan")] * 9], "row 0, column 0 holds nan"),
        ([19683], "row 0 holds 19683"),
        ([-1], "row 0 holds -1"),
        ([["a"] * 9], "expected an array of whole numbers"),
        ([[0] * 9, [0] * 8], "rows of different length"),
        ([True], "bool"),
    ],
)
def test_what_is_no_operation_is_named(operations, message):
    with pytest.raises(OperationError, match=message):
        encode(operations, model=PERFECT)
    try:
        tensor = torch.tensor(operations)
    except (ValueError, TypeError):
        return
    with pytest.raises(OperationError, match=message):
        encode(tensor, model=PERFECT)


@pytest.mark.parametrize("wrap", [np.asarray, torch.tensor], ids=["numpy", "torch"])
@pytest.mark.parametrize(
    ("latents", "message"),
    [
        ([[0.0] * 15], r"shape \(n, 16\), got \(1, 15\)"),
        ([0.0] * 16, r"shape \(n, 16\), got \(16,\)"),
        (0.0, r"shape \(n, 16\), got \(\)"),
        ([[[0.0] * 16]], r"got \(1, 1, 16\)"),
        ([[0.0] * 16, [0.0] * 3 + [float("nan")] + [0.0] * 12], "row 1, column 3 .* is nan"),
        ([[float("-inf")] * 16], "row 0, column 0 .* is -inf"),
    ],
)
def test_what_is_no_code_is_named(wrap, latents, message):
    with pytest.raises(LatentError, match=message):
        decode(wrap(latents), model=PERFECT)


def test_codes_that_are_no_numbers():
    for latents in ([["x"] * 16], [[0.0] * 16, [0.0] * 3], object()):
        with pytest.raises(LatentError, match="expected latent codes"):
            decode(latents, model=PERFECT)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_the_sampled_reading(kind):
    codes = np.zeros((4000, 16))
    if kind == "numpy":

        def read(seed):
            return decode(
                codes, model=UNTRAINED, reading="sample", generator=np.random.default_rng(seed)
            )
    else:

        def read(seed):
            generator = torch.Generator().manual_seed(seed)
            return decode(
                torch.from_numpy(codes), model=UNTRAINED, reading="sample", generator=generator
            ).numpy()

    drawn = read(1)
    assert drawn.dtype == np.int8
    assert np.array_equal(read(1), drawn)
    assert not np.array_equal(read(2), drawn)
    from fluxttice_core.evidence.readings import softmax
    from fluxttice_core.model.reference import ReferenceVAE

    p = softmax(ReferenceVAE(UNTRAINED.weights).logits(codes[:1], "A"))[0]
    for value in (-1, 0, 1):
        assert np.abs((drawn == value).mean(axis=0) - p[:, value + 1]).max() < 0.04


def test_readings_are_refused_by_name_and_without_a_generator():
    with pytest.raises(ValueError, match="expected reading 'mode' or 'sample'"):
        decode(np.zeros((1, 16)), model=PERFECT, reading="expectation")
    with pytest.raises(ValueError, match="needs a generator"):
        decode(np.zeros((1, 16)), model=PERFECT, reading="sample")


# --- to_torch


def test_to_torch_carries_weights_and_rho():
    network = to_torch(PERFECT)
    assert type(network) is DualNeuralVAEV5
    assert network.training is False
    assert network.rho == 0.3
    for name, value in network.state_dict().items():
        assert np.array_equal(value.numpy(), PERFECT.weights[name])
    with torch.no_grad():
        network.encoder_A.fc_mu.bias += 1
    assert (PERFECT.weights["encoder_A.fc_mu.bias"] == 0).all()


def test_another_latent_size_goes_all_the_way():
    small = checkpoint_of(untrained_weights(0, 5))
    assert encode([1, 2], model=small).shape == (2, 5)
    assert encode(torch.tensor([1, 2]), model=small).shape == (2, 5)
    assert decode(np.zeros((3, 5)), model=small).shape == (3, 9)
    assert sample(4, model=small, seed=0).shape == (4, 9)
    with pytest.raises(LatentError, match=r"\(n, 5\)"):
        decode(np.zeros((3, 16)), model=small)


def test_a_network_that_is_not_finite_is_refused():
    network = to_torch(UNTRAINED)
    with torch.no_grad():
        network.decoder_A.decoder[4].bias[0] = float("nan")
    with pytest.raises(CheckpointError, match="holds 1 of 27 values that are not finite"):
        sample(1, model=network)


# --- sample


def test_a_seed_gives_the_same_draws_and_none_gives_others():
    first = sample(500, model=UNTRAINED, seed=5)
    assert (first.shape, first.dtype) == ((500, 9), np.int8)
    assert np.array_equal(sample(500, model=UNTRAINED, seed=5), first)
    assert not np.array_equal(sample(500, model=UNTRAINED, seed=6), first)
    assert not np.array_equal(sample(500, model=UNTRAINED), sample(500, model=UNTRAINED))
    assert not np.array_equal(sample(500, model=UNTRAINED, seed=5, pathway="B"), first)


@pytest.mark.parametrize("batch_size", [1, 7, 499, 500, 10_000])
def test_the_batch_size_does_not_change_the_draws(batch_size):
    batches = list(sample_batches(500, model=UNTRAINED, seed=5, batch_size=batch_size))
    assert all(len(batch) <= batch_size for batch in batches)
    assert np.array_equal(np.concatenate(batches), sample(500, model=UNTRAINED, seed=5))


def test_streams_are_lazy():
    stream = sample_batches(10**15, model=UNTRAINED, seed=0, batch_size=10)
    assert inspect.isgenerator(stream)
    assert next(stream).shape == (10, 9)
    assert next(stream).shape == (10, 9)


def test_no_draws():
    empty = sample(0, model=UNTRAINED)
    assert (empty.shape, empty.dtype) == ((0, 9), np.int8)
    assert list(sample_batches(0, model=UNTRAINED)) == []


@pytest.mark.parametrize(("num_draws", "batch_size"), [(-1, 8), (5, 0), (5, -3)])
def test_impossible_requests_are_refused_at_the_call(num_draws, batch_size):
    with pytest.raises(ValueError, match="as a whole number of at least"):
        sample_batches(num_draws, model=UNTRAINED, batch_size=batch_size)


def test_draws_follow_the_marginal_of_the_decoder():
    """Chi-square of 60,000 draws against the exact marginal, over the 81 low cells."""
    from fluxttice_core.evidence.marginal import estimate_marginal
    from fluxttice_core.gates.operations import indices_from_trits
    from fluxttice_core.model.reference import ReferenceVAE

    reference = ReferenceVAE(UNTRAINED.weights)
    marginal = estimate_marginal(lambda z: reference.logits(z, "B"), 16, 40_000, seed=11)
    expected = marginal.probabilities.reshape(243, 81).sum(axis=0) * 60_000
    drawn = indices_from_trits(sample(60_000, model=UNTRAINED, pathway="B", seed=2)) % 81
    statistic = ((np.bincount(drawn, minlength=81) - expected) ** 2 / expected).sum()
    # 80 degrees of freedom; a little wider for the noise of the marginal itself.
    assert 30 < statistic < 160


# --- coverage_report


@pytest.mark.parametrize("wrap", [np.asarray, torch.from_numpy, np.ndarray.tolist, iter])
def test_a_report_on_draws(wrap):
    draws = sample(300, model=UNTRAINED, seed=0)
    given = iter(np.array_split(draws, 7)) if wrap is iter else wrap(draws)
    report = coverage_report(given, num_draws=(10, 100, 1000))
    assert type(report) is DrawsReport
    assert (report.num_draws, report.space_size) == (300, 19683)
    assert report.observed_richness == len({tuple(row) for row in draws.tolist()})
    assert {10, 100} <= {n for n, _, _ in report.curve} <= set(range(601))


def test_a_report_on_a_sampler_and_on_masses():
    generator = np.random.default_rng(0)
    drawn = coverage_report(lambda n: generator.integers(0, 50, n), space=50, num_draws=(400,))
    assert (drawn.num_draws, drawn.space_size) == (400, 50)
    exact = coverage_report(np.full(50, 1 / 50), kind="masses", num_draws=(400,))
    assert type(exact) is DistributionReport
    assert exact.coverage[0][1] == pytest.approx(exact.coverage[0][2])


@pytest.mark.parametrize("values", [[0.5, 0.5], [1.0, 0.0]])
def test_what_a_call_does_depends_on_types_and_not_on_values(values):
    assert type(coverage_report(values, kind="masses")) is DistributionReport
    if values == [1.0, 0.0]:
        assert type(coverage_report(values)) is DrawsReport
    else:
        with pytest.raises(DrawsError, match='kind="masses"'):
            coverage_report(values)


def test_a_kind_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="kind 'model' or 'draws' or 'masses', got 'mass'"):
        coverage_report([1], kind="mass")


def test_files_of_draws_are_read_as_the_command_reads_them(tmp_path):
    for number in (1, 2):
        np.save(tmp_path / f"shard-{number}.npy", np.arange(5) * number)
    one = coverage_report(tmp_path / "shard-1.npy")
    assert (one.num_draws, one.source) == (5, str(tmp_path / "shard-1.npy"))
    for source in (
        f"{tmp_path}/shard-*.npy",
        [tmp_path / "shard-1.npy", tmp_path / "shard-2.npy"],
    ):
        both = coverage_report(source, space=10)
        assert (both.num_draws, both.observed_richness) == (10, 7)
        assert both.source.endswith("shard-2.npy (2 files)")
    against = coverage_report([0, 7], space=10, reference=tmp_path / "shard-1.npy")
    assert against.comparison.novelty == 0.5
    # Texts are labels, whatever they look like.
    assert coverage_report(["shard-1.npy", "shard-2.npy"]).num_draws == 2
    with pytest.raises(DrawsError, match="standard input"):
        coverage_report("-")


def test_a_report_on_a_model():
    report = coverage_report(PERFECT, num_draws=(100,), num_runs=2, num_latents=5000, seed=3)
    assert type(report) is CoverageReport
    assert report.weights_sha256 == PERFECT.weights_sha256
    assert {row.rho for row in report.checkpoint.reconstruction} == {0.0, 0.1, 0.3, 0.5, 0.7}
    assert all(row.exact_rate == 1.0 for row in report.checkpoint.reconstruction)
    assert report.seed == 3


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_draws": ()},
        {"num_draws": (0,)},
        {"num_draws": (10, -1)},
        {"num_runs": -1},
        {"num_latents": 1},
    ],
)
def test_a_report_of_nothing_is_refused(arguments):
    with pytest.raises(ValueError, match="whole number"):
        coverage_report(PERFECT, **arguments)


def test_a_report_on_what_are_no_draws():
    with pytest.raises(DrawsError, match="at least one draw"):
        coverage_report([])
    with pytest.raises(DrawsError, match="draw 1 is 19683"):
        coverage_report([5, 19683], space=19683)
    with pytest.raises(DrawsError, match=r"draw 0 holds 0\.5"):
        coverage_report([0.5, 2.0])
    with pytest.raises(CheckpointError, match="No such file"):
        coverage_report("nowhere.pt")


# --- train


def test_train_reads_the_config_before_anything_else(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        train(tmp_path / "missing.yaml", tmp_path / "out")
    assert not Path(tmp_path / "out").exists()


def test_sampling_refuses_the_other_librarys_generator():
    codes = np.zeros((1, 16))
    with pytest.raises(ValueError, match=r"array latents .* numpy\.random"):
        decode(codes, reading="sample", generator=torch.Generator())
    with pytest.raises(ValueError, match=r"tensor latents .* torch"):
        decode(torch.zeros(1, 16), reading="sample", generator=np.random.default_rng(0))


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_draws_made_on_a_device_are_counted_like_any(device):
    drawn = sample_batches(3000, model=UNTRAINED, seed=0, device=device)
    report = coverage_report(drawn)
    assert report.num_draws == 3000
    assert report.space_size == 19683


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match="'cuda:99' cannot be used"):
        sample(1, model=UNTRAINED, device="cuda:99")


def test_threads_must_be_some():
    with pytest.raises(ValueError, match="threads must be at least 1"):
        sample(1, model=UNTRAINED, threads=0)
