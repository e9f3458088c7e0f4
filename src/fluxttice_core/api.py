"""The library's verbs: load, encode, decode, sample, train, coverage_report, certify, verify.

NumPy in, NumPy out through the reference path; PyTorch in, PyTorch out. What a call computes
depends on its arguments alone, never on what else is installed. No call changes a model's mode or
a global random state.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .artifacts.checkpoint import PACKAGED_NAMES, Checkpoint, check_weights, read_checkpoint
from .artifacts.files import read_file
from .artifacts.keys import PASSWORD_VARIABLE, load_private_key, load_public_key
from .environment import available_cores
from .errors import (
    CertificateError,
    CheckpointError,
    LatentError,
    MissingExtraError,
    VerificationError,
)
from .evidence.drawn_claims import NUM_DRAWS as CERTIFIED_DRAWS
from .evidence.draws import read_mode, read_sampled
from .evidence.ids import chunks_of
from .evidence.network import measure_network
from .evidence.pathway import NUM_LATENTS, Settings
from .evidence.report import DEFAULT_DRAWS, CoverageReport
from .evidence.sample import (
    DistributionReport,
    DrawsReport,
    measure_distribution,
    measure_draws,
)
from .evidence.sampler import BLOCK, draw_blocks, rebatch
from .model.folded import FoldedDecoder
from .model.layout import PATHWAYS, Pathway
from .model.reference import ReferenceVAE, probabilities
from .operations import as_trits
from .rng import derive_seed

if TYPE_CHECKING:
    import torch

    from .certificate.verdict import Verification
    from .config import Config
    from .model.dual_vae import DualNeuralVAEV5

    Model = Checkpoint | DualNeuralVAEV5 | str | Path | None

# Draws on a device at a time: enough to fill one, some hundred MB for the wider decoder.
DEVICE_BLOCK = 2**17
DEFAULT_NAME = "codebook"
T = TypeVar("T")


def load(path: str | Path | None = None, *, sha256: str | None = None) -> Checkpoint:
    """Load a checkpoint, or packaged weights: "codebook", the default, or "v5_5".

    Returns the same type with or without PyTorch; a network is made from it with
    :func:`to_torch`. Reading a ``.pt`` file needs PyTorch, a ``.safetensors`` file does not.

    Parameters
    ----------
    path : ``.pt`` or ``.safetensors``, or the name of packaged weights; None for the default.
    sha256 : expected hash of the file, checked before it is parsed.

    Raises
    ------
    CheckpointError
        Missing, damaged, foreign, of another hash, or carrying code.

    Example
    -------
    >>> load().epoch, load("v5_5").epoch
    (299, 106)
    """
    name = DEFAULT_NAME if path is None else str(path)
    if name not in PACKAGED_NAMES:
        return read_checkpoint(name, sha256=sha256)
    if sha256 is not None:
        with _packaged_path(name) as packaged:
            return read_checkpoint(packaged, sha256=sha256)
    return _packaged(name)


@contextmanager
def _packaged_path(name: str) -> Iterator[Path]:
    entry = resources.files("fluxttice_core") / "weights" / f"{name}.safetensors"
    with resources.as_file(entry) as path:
        yield path


@lru_cache(maxsize=len(PACKAGED_NAMES))
def _packaged(name: str) -> Checkpoint:
    with _packaged_path(name) as path:
        checkpoint = read_checkpoint(path)
    return Checkpoint(
        checkpoint.weights,
        checkpoint.metadata,
        f"packaged weights ({name})",
        checkpoint.file_sha256,
    )


def to_torch(checkpoint: Checkpoint, device: torch.device | str = "cpu") -> DualNeuralVAEV5:
    """Make the PyTorch network of a checkpoint, in evaluation mode, at the file's rho.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed.

    Example
    -------
    >>> to_torch(load()).rho == load().rho
    True
    """
    torch = _torch("building a PyTorch network")
    from .model.dual_vae import DualNeuralVAEV5
    from .rng import isolated_torch_seed

    with isolated_torch_seed(0, "initialisation"):
        model = DualNeuralVAEV5(latent_dim=checkpoint.latent_dim)
    model.load_state_dict({name: torch.tensor(value) for name, value in checkpoint.weights.items()})
    model.rho = checkpoint.rho
    return model.to(device).eval()


@overload
def encode(
    operations: torch.Tensor, *, model: Model = None, pathway: Pathway = "A"
) -> torch.Tensor: ...
@overload
def encode(
    operations: ArrayLike, *, model: Model = None, pathway: Pathway = "A"
) -> NDArray[np.float64]: ...
def encode(operations: Any, *, model: Model = None, pathway: Pathway = "A") -> Any:
    """Map operations to posterior means.

    Parameters
    ----------
    operations : ``(n, 9)`` trits, ``(n,)`` indices or ``(n, 3, 3)`` tables.
    model : a checkpoint, a path, a PyTorch ``DualNeuralVAEV5``, or None for the default.
    pathway : "A" or "B".

    Returns
    -------
    ``(n, 16)``: float64 for NumPy; for a tensor, float32 on its device, without a gradient.

    Raises
    ------
    OperationError
        Not ternary, out of range or mis-shaped; names the row and the value.

    Example
    -------
    >>> encode([0, 9841, 19682]).shape
    (3, 16)
    """
    _check_pathway(pathway)
    trits = as_trits(operations)
    if _is_tensor(trits):
        network = _network(model, trits.device)
        return _without_gradient(lambda: network.encoder(pathway)(trits.float())[0])
    return _reference(model).encode(trits, pathway)[0]


@overload
def decode(
    latents: torch.Tensor,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    reading: Literal["mode", "sample"] = "mode",
    generator: torch.Generator | None = None,
) -> torch.Tensor: ...
@overload
def decode(
    latents: ArrayLike,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    reading: Literal["mode", "sample"] = "mode",
    generator: np.random.Generator | None = None,
) -> NDArray[np.int8]: ...
def decode(
    latents: Any,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    reading: Literal["mode", "sample"] = "mode",
    generator: Any = None,
) -> Any:
    """Map latent codes to operations.

    Parameters
    ----------
    latents : ``(n, 16)`` finite numbers.
    reading : "mode", the likeliest trit, or "sample", one draw per trit from ``generator``
        (``numpy.random.Generator`` for arrays, ``torch.Generator`` for tensors).

    Returns
    -------
    ``(n, 9)`` int8 trits.

    Raises
    ------
    LatentError
        Wrong shape, or a value that is not finite (the row is named).

    Example
    -------
    >>> bool((decode(encode([7])) == [[0, 1, -1, -1, -1, -1, -1, -1, -1]]).all())
    True
    """
    _check_pathway(pathway)
    if reading not in ("mode", "sample"):
        raise ValueError(f'reading must be "mode" or "sample"; got {reading!r}')
    if reading == "sample":
        _check_generator(generator, tensor=_is_tensor(latents))
    if _is_tensor(latents):
        network = _network(model, latents.device)
        _check_latents(latents.detach().cpu().numpy(), network.latent_dim)
        return _without_gradient(
            lambda: _read_tensor(
                network.decoder(pathway)(latents.detach().float()), reading, generator
            )
        )
    reference = _reference(model)
    codes = _check_latents(latents, reference.latent_dim)
    each = probabilities(reference.logits(codes, pathway))
    return read_mode(each) if reading == "mode" else read_sampled(each, generator)


@overload
def sample(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    threads: int | None = None,
    device: None = None,
) -> NDArray[np.int8]: ...
@overload
def sample(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    threads: int | None = None,
    device: torch.device | str,
) -> torch.Tensor: ...
def sample(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    threads: int | None = None,
    device: Any = None,
) -> Any:
    """Draw operations: z ~ N(0, I), the plain decoder, one categorical draw per trit.

    Parameters
    ----------
    num_draws : at least 0.
    seed : an integer for the same draws every time; None for fresh entropy. Fewer draws are the
        first of more.
    threads : blocks of draws made at a time, None for a thread per core; changes no draw.
    device : None for NumPy; "cpu" or "cuda" to draw with PyTorch there, from a stream of its own.

    Returns
    -------
    ``(num_draws, 9)`` int8 trits, an array or a tensor on ``device``.

    Raises
    ------
    ConfigError
        The device cannot be used.

    Example
    -------
    >>> sample(3, seed=0).shape
    (3, 9)
    """
    batches = list(
        sample_batches(
            num_draws, model=model, pathway=pathway, seed=seed, threads=threads, device=device
        )
    )
    if device is not None:
        torch = _torch("drawing on a device")
        return torch.cat(batches) if batches else torch.empty(0, 9, dtype=torch.int8, device=device)
    return np.concatenate(batches) if batches else np.empty((0, 9), dtype=np.int8)


@overload
def sample_batches(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    batch_size: int = BLOCK,
    threads: int | None = None,
    device: None = None,
) -> Iterator[NDArray[np.int8]]: ...
@overload
def sample_batches(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    batch_size: int = BLOCK,
    threads: int | None = None,
    device: torch.device | str,
) -> Iterator[torch.Tensor]: ...
def sample_batches(
    num_draws: int,
    *,
    model: Model = None,
    pathway: Pathway = "A",
    seed: int | None = None,
    batch_size: int = BLOCK,
    threads: int | None = None,
    device: Any = None,
) -> Iterator[Any]:
    """Yield the draws of :func:`sample` in batches; memory does not grow with ``num_draws``.

    The batch size does not change what is drawn.

    Example
    -------
    >>> sum(len(batch) for batch in sample_batches(10, seed=0, batch_size=4))
    10
    """
    _check_pathway(pathway)
    if num_draws < 0 or batch_size < 1:
        raise ValueError(
            f"num_draws must be at least 0 and batch_size at least 1; got {num_draws}, {batch_size}"
        )
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1, or None for one per core; got {threads}")
    checkpoint = as_checkpoint(model)
    if seed is None:
        seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1)
    if device is not None:
        torch = _torch("drawing on a device")
        from .runs import usable_device

        network = _network_of(checkpoint, str(usable_device(device)))
        tensors = _draw_on_device(network, num_draws, pathway, seed)
        return rebatch(tensors, batch_size, torch.cat)
    blocks = draw_blocks(
        _folded(checkpoint, pathway), num_draws, seed, threads=threads or available_cores()
    )
    return rebatch(blocks, batch_size, np.concatenate)


def _draw_on_device(
    network: DualNeuralVAEV5, num_draws: int, pathway: Pathway, seed: int
) -> Iterator[torch.Tensor]:
    """Draw with noise made on the network's device, so that nothing passes through the host."""
    import torch

    device = network.grad_norm_A_ema.device
    generator = torch.Generator(device).manual_seed(derive_seed(seed, "categorical"))
    for start in range(0, num_draws, DEVICE_BLOCK):
        drawn = network.sample(DEVICE_BLOCK, device, pathway, generator=generator)
        yield drawn[: num_draws - start].to(torch.int8)


def coverage_report(
    source: Any = None,
    *,
    space: int | None = None,
    reference: Any = None,
    num_draws: Sequence[int] = DEFAULT_DRAWS,
    num_runs: int = 1,
    num_latents: int = NUM_LATENTS,
    seed: int = 0,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> CoverageReport | DrawsReport | DistributionReport:
    """Measure a model, draws from any generator of discrete things, or a distribution.

    Parameters
    ----------
    source : one of

        - a model: None for the packaged default, a checkpoint, a path or a PyTorch network;
        - draws: integers ``(n,)``, rows of categories ``(n, k)`` or labels, as an array, a list, or
          an iterator of chunks of any length (memory grows with the distinct ids alone; Ctrl-C
          ends the reading, and the report is of the draws so far);
        - a sampler: a callable that returns as many draws as it is asked for, and is asked for
          the largest of ``num_draws``;
        - a distribution: float masses ``(N,)`` that add up to 1.
    space : for draws, the number of possible ids 0 .. N-1. Rows of nine trits are gates, whose
        space is known.
    reference : for draws, another sample to compare with: validity, uniqueness, novelty. Ids
        outside the space count as invalid then.
    num_draws : the n at which coverage is reported; of draws, no n above twice their number, as
        nothing reliable can be said of it.
    num_runs : for a model, real runs made beside the expected coverage.
    num_latents : for a model, prior latents behind the exact marginal.
    seed : for a model, of latents and runs.
    threads : for a model, groups of latents measured at a time; changes no figure.
    on_progress : for a model, called with the number of parts measured so far, and of all.

    Returns
    -------
    CoverageReport for a model (its controls measured in the same call), DrawsReport for draws,
    DistributionReport for masses.

    Raises
    ------
    DrawsError
        Draws that are none, outside the space or not discrete.
    ValueError
        ``num_draws`` and its like out of range; ``space`` or ``reference`` for other than draws.
    CheckpointError
        A model that cannot be read.

    Example
    -------
    >>> report = coverage_report([0, 0, 5], space=6)
    >>> report.observed_richness, round(report.uniform_limit, 3)
    (2, 0.421)
    """
    if any(n < 1 for n in num_draws) or not num_draws or num_runs < 0 or num_latents < 2:
        raise ValueError(
            "num_draws must be at least 1, num_runs at least 0 and num_latents at least 2; got "
            f"{tuple(num_draws)}, {num_runs}, {num_latents}"
        )
    masses = None if _is_model(source) else _masses(source)
    named = (("space", space), ("reference", reference))
    given = [name for name, value in named if value is not None]
    if given and (_is_model(source) or masses is not None):
        raise ValueError(
            f"{' and '.join(given)} has a meaning for draws only; got a "
            f"{'model' if masses is None else 'distribution'}, whose space is known"
        )
    if masses is not None:
        return measure_distribution(masses, num_draws=num_draws)
    if not _is_model(source):
        return measure_draws(
            chunks_of(source, max(num_draws)),
            space=space,
            reference=None if reference is None else chunks_of(reference, max(num_draws)),
            num_draws=num_draws,
        )
    checkpoint = as_checkpoint(source)
    return measure_network(
        checkpoint.weights,
        source=checkpoint.source,
        weights_sha256=checkpoint.weights_sha256,
        split=checkpoint.split,
        rho=checkpoint.rho,
        active_threshold_nats=checkpoint.eps_kl,
        settings=Settings(
            num_draws=tuple(num_draws),
            num_runs=num_runs,
            num_latents=num_latents,
            seed=seed,
            threads=threads,
        ),
        on_progress=on_progress,
    )


def as_checkpoint(model: Model) -> Checkpoint:
    """Return the checkpoint behind any accepted ``model`` argument."""
    if isinstance(model, Checkpoint):
        return model
    if model is None or isinstance(model, str | Path):
        return load(model)
    state = model.state_dict()
    arrays = {name: value.detach().cpu().numpy() for name, value in state.items()}
    return Checkpoint(
        MappingProxyType(check_weights(arrays, type(model).__name__)),
        MappingProxyType({"rho": model.rho}),
        type(model).__name__,
        None,
    )


@lru_cache(maxsize=4)
def _reference_of(checkpoint: Checkpoint) -> ReferenceVAE:
    return ReferenceVAE(checkpoint.weights)


def _reference(model: Model) -> ReferenceVAE:
    return _reference_of(as_checkpoint(model))


@lru_cache(maxsize=4)
def _folded(checkpoint: Checkpoint, pathway: Pathway) -> FoldedDecoder:
    return FoldedDecoder(checkpoint.weights, pathway)


@lru_cache(maxsize=4)
def _network_of(checkpoint: Checkpoint, device: str) -> DualNeuralVAEV5:
    return to_torch(checkpoint, device)


def _network(model: Model, device: Any) -> DualNeuralVAEV5:
    if model is None or isinstance(model, Checkpoint | str | Path):
        return _network_of(as_checkpoint(model), str(device))
    return model


def _is_model(source: Any) -> bool:
    return (
        source is None
        or isinstance(source, Checkpoint | str | Path)
        or hasattr(source, "state_dict")
    )


def _masses(source: Any) -> NDArray[np.floating[Any]] | None:
    """The masses of a distribution: floats that add up to 1 and are not all whole; else None."""
    if _is_tensor(source):
        source = source.detach().double().cpu().numpy() if source.is_floating_point() else None
    if isinstance(source, np.ndarray | list | tuple):
        try:
            values = np.asarray(source)
        except ValueError:
            return None
        if (
            values.dtype.kind == "f"
            and values.ndim == 1
            and values.size
            and abs(values.sum() - 1.0) < 1e-6
            and (values != np.rint(values)).any()
        ):
            return values
    return None


def _is_tensor(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _torch(purpose: str) -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingExtraError(purpose, "torch") from None
    return torch


def _without_gradient(compute: Callable[[], T]) -> T:
    import torch

    with torch.no_grad():
        return compute()


def _read_tensor(
    logits: torch.Tensor, reading: str, generator: torch.Generator | None
) -> torch.Tensor:
    import torch

    if reading == "mode":
        return (logits.argmax(dim=-1) - 1).to(torch.int8)
    source = "cpu" if generator is None else generator.device
    uniforms = torch.rand(logits.shape[:2], generator=generator, device=source).to(logits.device)
    cumulative = logits.softmax(dim=-1).cumsum(dim=-1)[..., :2]
    return ((uniforms[..., None] >= cumulative).sum(dim=-1) - 1).to(torch.int8)


def _check_pathway(pathway: str) -> None:
    if pathway not in PATHWAYS:
        raise ValueError(f'pathway must be "A" or "B"; got {pathway!r}')


def _check_generator(generator: object, *, tensor: bool) -> None:
    kind: type = np.random.Generator
    if tensor:
        kind = _torch("decoding a tensor").Generator
    if not isinstance(generator, kind):
        given = "tensor" if tensor else "array"
        raise ValueError(
            f'reading="sample" of {given} latents needs a generator of type '
            f"{kind.__module__}.{kind.__name__}; got {generator!r}"
        )


def _check_latents(latents: ArrayLike, latent_dim: int) -> NDArray[np.float64]:
    try:
        codes = np.asarray(latents, dtype=np.float64)
    except (TypeError, ValueError):
        raise LatentError(
            f"expected latent codes (n, {latent_dim}), got no array of numbers"
        ) from None
    if codes.ndim != 2 or codes.shape[1] != latent_dim:
        raise LatentError(
            f"expected latent codes of shape (n, {latent_dim}), got {codes.shape}; "
            "encode() returns such codes"
        )
    bad = ~np.isfinite(codes)
    if bad.any():
        row, column = (int(place[0]) for place in np.nonzero(bad))
        raise LatentError(
            f"row {row}, column {column} of the latent codes is {codes[row, column]}; "
            "every value must be finite"
        )
    return codes


def train(
    config: Config | str | Path,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    device: str = "cpu",
    epochs: int | None = None,
    seed: int | None = None,
    threads: int = 2,
    compiled: bool = False,
    on_epoch: Callable[[dict[str, Any]], None] | None = None,
) -> Path:
    """Train, writing ``latest.pt``, ``best.pt``, ``epoch_N.pt`` and ``metrics.jsonl`` to a folder.

    See :func:`fluxttice_core.runs.run` for the arguments and the errors.

    Example
    -------
    ``folder = train("configs/ternary_v5_5.yaml", "runs/mine"); load(folder / "latest.pt")``
    """
    _torch("training")
    from .runs import run

    return run(
        config,
        out,
        resume=resume,
        device=device,
        epochs=epochs,
        seed=seed,
        threads=threads,
        compiled=compiled,
        on_epoch=on_epoch,
    )


def certify(
    checkpoint: Checkpoint | str | Path,
    out: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    config: Config | str | Path | None = None,
    history: str | Path | None = None,
    expires: str | None = None,
    supersedes: str | None = None,
    trained_here: bool = False,
    num_draws: Sequence[int] = CERTIFIED_DRAWS,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Measure a checkpoint and write a certificate that anyone can check, into a new folder.

    Parameters
    ----------
    key : private key files (P-256, PKCS#8 PEM) that sign; none for an unsigned certificate. The
        password of an encrypted key comes from ``FLUXTTICE_KEY_PASSWORD``.
    config : the configuration of a file that carries none.
    history : the run's ``metrics.jsonl``, to be bound by its hash.
    expires : "2027-01-31T00:00:00Z": verification refuses from then on.
    supersedes : SHA-256 of the statement of the certificate that this one replaces.
    trained_here : the issuer states that this machine's processor trained the weights.
    num_draws : at which distinct operations are counted; increasing.

    Returns
    -------
    The certified statement's predicate, as plain values.

    Raises
    ------
    CheckpointError, CertificateError, ArtifactError, KeyFileError, ConfigError

    Example
    -------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     statement = certify(load(), folder, num_draws=(10, 100))
    ...     verify(folder, allow_unsigned=True, level=1).holds
    True
    >>> statement["separation"]["separated"]
    True
    """
    from .certificate.issue import IssueOptions, certify_checkpoint
    from .config import Config, load_config
    from .environment import describe_environment

    source = checkpoint if isinstance(checkpoint, Checkpoint) else read_checkpoint(checkpoint)
    if config is not None and not isinstance(config, Config):
        config = load_config(config)
    options = IssueOptions(
        keys=[load_private_key(path, os.environ.get(PASSWORD_VARIABLE)) for path in _paths(key)],
        config=config,
        history=read_file(history) if history is not None else None,
        expires=expires,
        supersedes=supersedes,
        trained_on=describe_environment()["cpu"] if trained_here else None,
        num_draws=tuple(num_draws),
    )
    return certify_checkpoint(source, out, options, on_progress)


def verify(
    path: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    level: int = 2,
    allow_unsigned: bool = False,
    not_before: datetime | None = None,
    min_version: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Check a certificate's folder: who signed it, the files, and the claims, measured again.

    Parameters
    ----------
    key : public key files of those you trust; each must have signed. Have them from the signers.
    level : 1 signature and hashes, 2 exact counts anew, 3 recorded draws anew, 4 retrain.
    allow_unsigned : without a key, check what can be checked; the verdict says what cannot.
    not_before, min_version : refuse certificates issued earlier, or by an older version.

    Returns
    -------
    A record of what was checked and what was not; it holds.

    Raises
    ------
    VerificationError
        Checked and false; ``mismatches`` lists everything.
    CertificateError, ArtifactError, KeyFileError
        Nothing could be checked.

    Example
    -------
    See :func:`certify`, whose example ends here.

    >>> verify("nowhere")
    Traceback (most recent call last):
        ...
    fluxttice_core.errors.CertificateError: no key to verify with: ...
    """
    outcome = inspect_certificate(
        path,
        key=key,
        level=level,
        allow_unsigned=allow_unsigned,
        not_before=not_before,
        min_version=min_version,
        on_progress=on_progress,
    )
    if not outcome.holds:
        raise VerificationError(tuple(map(str, outcome.mismatches)))
    return outcome


def inspect_certificate(
    path: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    level: int = 2,
    allow_unsigned: bool = False,
    not_before: datetime | None = None,
    min_version: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Verification:
    """Do what :func:`verify` does, and return the record whether it holds or not."""
    from .certificate.authenticity import Policy, version_numbers
    from .certificate.verification import verify_folder
    from .rebuild import rebuild

    keys = [load_public_key(path) for path in _paths(key)]
    numbers = version_numbers(min_version) if min_version is not None else None
    if numbers == ():
        raise CertificateError(f"min_version is {min_version!r}; expected numbers like 1.2.0")
    if not_before is not None and not_before.tzinfo is None:
        not_before = not_before.replace(tzinfo=UTC)
    return verify_folder(
        path,
        keys,
        level=level,
        allow_unsigned=allow_unsigned,
        policy=Policy(not_before, numbers),
        rebuild=rebuild,
        on_progress=on_progress,
    )


def _paths(given: str | Path | Sequence[str | Path]) -> Sequence[str | Path]:
    return (given,) if isinstance(given, str | Path) else given


__all__ = [
    "CheckpointError",
    "as_checkpoint",
    "certify",
    "coverage_report",
    "decode",
    "encode",
    "inspect_certificate",
    "load",
    "sample",
    "sample_batches",
    "to_torch",
    "train",
    "verify",
]
