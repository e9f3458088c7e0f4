"""Reading and writing checkpoints: v5.5's ``torch.save`` dictionary, and safetensors.

No code is ever run from a file: a ``.pt`` is read with ``weights_only=True``, and every tensor is
compared with the layout before it is used.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..canonical import canonical_json, tensor_hash
from ..errors import CheckpointError
from ..files import file_sha256, read_file, write_atomically
from ..gates.operations import NUM_OPERATIONS
from ..gates.splits import Split, split_operations
from ..model.layout import LATENT_DIM, NUM_TENSORS, state_differences, state_shapes
from ..strict_json import read_json
from ..tables import Table, one_line
from .metadata import RESUMED, check_metadata, is_fraction, is_positive
from .plain_values import value_faults
from .state_hash import check_state_hash
from .torch_file import MAX_FILE_BYTES, is_archive, is_old_format, read_torch_dictionary
from .weight_sets import DRAWS_INSTEAD, as_arrays, find_weights, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

METADATA_KEY = "fluxttice"
SAFETENSORS_SCHEMA = "fluxttice_core/weights/v1"
# Stated by the v5.5 certificate of 2025-10-29; the file itself was never published.
ORIGINAL_CERTIFICATE_SHA256 = "322db7936df7c2613c391c0461fbb062d688fbcbb838e0be98c329a6789efd7f"
_SHOWN_KEYS = 20
# Of the weights that lie in the package.
PACKAGED_NAMES = ("codebook", "v5_5")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Checkpoint:
    """A set of weights that passed the layout check, with what its file says about it.

    ``weights`` are read-only float32 arrays by name. ``metadata`` holds the file's plain values
    (epoch, config, histories, ...); keys a foreign file lacks are absent. ``remarks`` say what a
    reader of the file has to know: which of several sets of weights these are, or that they were
    of a half-precision type.

    >>> from fluxttice_core import load
    >>> checkpoint = load("codebook")
    >>> checkpoint.epoch, checkpoint.latent_dim, len(checkpoint.weights)
    (299, 16, 50)
    """

    weights: Mapping[str, np.ndarray[Any, Any]]
    metadata: Mapping[str, Any]
    source: str
    file_sha256: str | None
    _split: Split | None = field(default=None, repr=False)
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        width = max(len(label) for label, _ in self._lines())
        rows = [f"  {label.ljust(width)}  {one_line(text)}" for label, text in self._lines()]
        return "\n".join([f"Checkpoint: {one_line(self.source)}", *rows])

    def _repr_html_(self) -> str:
        title = f"Checkpoint: {self.source}"
        return Table(title, ("", "in the file"), tuple(self._lines())).html()

    def _lines(self) -> list[tuple[str, str]]:
        """What a person asks of a checkpoint first: label and text; no weights, no histories."""
        numbers = sum(array.size for array in self.weights.values())
        config = self.metadata.get("config_hash")
        digest = self.file_sha256
        keys = sorted(map(str, self.metadata))
        more = f", and {len(keys) - _SHOWN_KEYS} more" if len(keys) > _SHOWN_KEYS else ""
        return [
            ("epoch", "not said" if self.epoch is None else str(self.epoch)),
            (
                "weights",
                f"{len(self.weights)} arrays, {numbers:,} numbers, {self.latent_dim} latents",
            ),
            ("file SHA-256", "none" if digest is None else f"{digest[:16]}..."),
            ("config SHA-256", "not said" if config is None else f"{str(config)[:16]}..."),
            ("metadata", ", ".join(keys[:_SHOWN_KEYS]) + more or "none"),
        ]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy by plain dictionaries; what comes back is read-only again."""
        parts = (dict(self.weights), dict(self.metadata), self.source, self.file_sha256)
        return _checkpoint_from, (*parts, self._split, self.remarks)

    @property
    def weights_sha256(self) -> str:
        """Canonical hash of the tensors alone, whatever file they came in."""
        return tensor_hash(self.weights)

    @property
    def latent_dim(self) -> int:
        """Dimensions of each latent space."""
        return int(self.weights["encoder_A.fc_mu.bias"].shape[0])

    @property
    def epoch(self) -> int | None:
        """Zero-based index of the last finished epoch, if the file says."""
        epoch = self.metadata.get("epoch")
        return int(epoch) if epoch is not None else None

    @property
    def rho(self) -> float:
        """Cross-injection the file was written at; v5.5's ``rho_min`` 0.1 if it does not say."""
        rho = self.metadata.get("rho")
        return 0.1 if rho is None else float(rho)

    @property
    def rho_max(self) -> float:
        """Largest cross-injection of the run's config; v5.5's 0.7 if the file has none."""
        return self._model_setting("rho_max", 0.7, is_fraction, "a number in 0 .. 1")

    @property
    def eps_kl(self) -> float:
        """KL in nats above which the run's config calls a dimension active; v5.5's 5e-4 if none."""
        return self._model_setting("eps_kl", 5e-4, is_positive, "a positive number")

    def _model_setting(
        self, name: str, default: float, is_right: Callable[[Any], bool], expected: str
    ) -> float:
        model = (self.metadata.get("config") or {}).get("model")
        value = model.get(name, default) if isinstance(model, dict) else default
        if not is_right(value):
            raise CheckpointError(
                f"{self.source}: config.model.{name} is {value!r}; expected {expected}"
            )
        return float(value)

    @property
    def split(self) -> Split:
        """The recorded partition; for a foreign file, v5.5's (seed 42, 0.8 / 0.1 / 0.1)."""
        if self._split is not None:
            return self._split
        config = self.metadata.get("config")
        if not config:
            return split_operations()
        try:
            return split_operations(
                config["ternary_dataset"]["seed"],
                config["train_split"],
                config["val_split"],
                config["test_split"],
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CheckpointError(
                f"{self.source}: the embedded configuration does not say how the operations were "
                f"split: {type(error).__name__}: {error}"
            ) from None


def _checkpoint_from(
    weights: dict[str, np.ndarray[Any, Any]], metadata: dict[str, Any], *others: Any
) -> Checkpoint:
    for value in weights.values():
        value.setflags(write=False)
    return Checkpoint(MappingProxyType(weights), MappingProxyType(metadata), *others)


def with_own_metadata(checkpoint: Checkpoint) -> Checkpoint:
    """Return the checkpoint with metadata that its holder may change without changing another's."""
    metadata = copy.deepcopy(dict(checkpoint.metadata))
    return replace(checkpoint, metadata=MappingProxyType(metadata))


def check_weights(state: Mapping[str, Any], source: str) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays if they are a whole v5.5 state dictionary, else list every difference.

    Raises
    ------
    CheckpointError
        Anything missing, unexpected, mis-shaped, of another type or not finite.
    """
    head = state.get("encoder_A.fc_mu.bias")
    latent_dim = LATENT_DIM
    if isinstance(head, np.ndarray) and head.ndim == 1 and 0 < head.shape[0] <= 256:
        latent_dim = head.shape[0]
    faults = state_differences(state, latent_dim)
    if state and len(state.keys() & state_shapes()) < NUM_TENSORS // 2:
        names = ", ".join(sorted(name[:60] for name in state)[:3])
        raise CheckpointError(
            f"{source}: not a v5.5 state dictionary: {len(faults)} differences, for it is another "
            f"network's ({names}, ...); {DRAWS_INSTEAD}"
        )
    if faults:
        count = f"{len(faults)} difference{'s' * (len(faults) != 1)}"
        raise CheckpointError(
            "\n  ".join([f"{source}: not a v5.5 state dictionary: {count}", *faults])
        )
    arrays = {}
    for name in state_shapes(latent_dim):
        array = np.array(state[name])
        array.setflags(write=False)
        arrays[name] = array
    return arrays


def read_checkpoint(path: str | Path, *, sha256: str | None = None) -> Checkpoint:
    """Read ``.pt`` or ``.safetensors``, told apart by content.

    Parameters
    ----------
    sha256 : expected SHA-256 of the file's bytes; checked before anything is parsed.

    Raises
    ------
    CheckpointError
        Missing, truncated, foreign, of another hash, carrying code, or with wrong tensors.
    MissingExtraError
        A ``.pt`` file, and PyTorch is not installed.
    """
    path = Path(path)
    data = _read_bytes(path)
    # Of the very bytes that are parsed below: the file may change meanwhile.
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and digest != _hex_digest(sha256):
        raise CheckpointError(
            f"{path}: expected SHA-256 {sha256}, got {digest}; this is not the file you meant"
        )
    if not is_archive(data) and not is_old_format(data):
        return _read_safetensors(path, data, digest)
    contents = read_torch_dictionary(path, data)
    check_state_hash(contents, path)
    name, others = find_weights(contents, str(path))
    state = contents if name is None else contents.pop(name)
    metadata = {
        key: value
        for key, value in contents.items()
        if name is not None and key not in RESUMED and str(key) not in others
    }
    check_metadata(metadata, path)
    arrays, halves = as_arrays(unwrapped(state))
    remarks = [f"{' and '.join(halves)} weights, read as float32"] if halves else []
    if others:
        remarks.append(
            f"the weights under {name!r} are read, not those under {', '.join(others)}; to read "
            f"others: torch.save({{'model': contents[{others[0]!r}]}}, FILE)"
        )
    return Checkpoint(
        MappingProxyType(check_weights(arrays, str(path))),
        MappingProxyType(metadata),
        str(path),
        digest,
        None if name is None else _recorded_split(contents.get("split"), path),
        tuple(remarks),
    )


def checkpoint_from_safetensors(data: bytes, source: str) -> Checkpoint:
    """Parse the bytes of a safetensors file, already read and perhaps already verified.

    Raises
    ------
    CheckpointError
        As :func:`read_checkpoint`.
    """
    return _read_safetensors(Path(source), data, hashlib.sha256(data).hexdigest())


def safetensors_bytes(checkpoint: Checkpoint) -> bytes:
    """Serialise weights and plain metadata; equal checkpoints give equal bytes.

    One metadata key holds one canonical JSON text: with several keys the format's writer orders
    them at random, and the same weights would get another hash each time.
    """
    from safetensors.numpy import save

    record = {"schema": SAFETENSORS_SCHEMA, **checkpoint.metadata}
    tensors = {name: np.array(value) for name, value in checkpoint.weights.items()}
    return save(tensors, {METADATA_KEY: canonical_json(record).decode()})


def write_safetensors(path: str | Path, checkpoint: Checkpoint) -> str:
    """Write weights and plain metadata as safetensors; return the SHA-256 of the file."""
    write_atomically(path, safetensors_bytes(checkpoint))
    return file_sha256(path)


def _read_safetensors(path: Path, data: bytes, digest: str) -> Checkpoint:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(data)
        header = read_json(data[8 : 8 + int.from_bytes(data[:8], "little")])
        text = (header.get("__metadata__") or {}).get(METADATA_KEY, "{}")
        record = read_json(text)
    except (SafetensorError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise CheckpointError(
            f"{path}: expected a checkpoint (.pt or .safetensors); the file is {_form(data)}"
        ) from None
    if not isinstance(record, dict):
        raise CheckpointError(f"{path}: the metadata is not a JSON object")
    schema = record.pop("schema", SAFETENSORS_SCHEMA)
    if schema != SAFETENSORS_SCHEMA:
        raise CheckpointError(f"{path}: expected schema {SAFETENSORS_SCHEMA}, got {schema!r}")
    faults = value_faults(record)
    if faults:
        raise CheckpointError(f"{path}: the metadata cannot be used: it holds {faults}")
    check_metadata(record, path)
    return Checkpoint(
        MappingProxyType(check_weights(unwrapped(tensors), str(path))),
        MappingProxyType(record),
        str(path),
        digest,
    )


def _read_bytes(path: Path) -> bytes:
    packaged = ", ".join(PACKAGED_NAMES)
    return read_file(
        path,
        MAX_FILE_BYTES,
        remedy=f"give a .pt or .safetensors file, or the name of packaged weights: {packaged}",
        error=CheckpointError,
    )


def _form(data: bytes) -> str:
    """What a file is that is no checkpoint."""
    if data.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS to something else; fetch it: git lfs pull"
    return "truncated or something else" if data else "empty, truncated or something else"


def _hex_digest(text: str) -> str:
    digest = text.removeprefix("sha256:").lower()
    if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise CheckpointError(f"expected a SHA-256 of 64 hexadecimal digits, got {text[:80]!r}")
    return digest


def _recorded_split(recorded: Any, path: Path) -> Split | None:
    if recorded is None:
        return None
    try:
        parts = {name: np.asarray(recorded[name]) for name in ("train", "validation", "test")}
        if any(part.ndim != 1 or part.dtype.kind not in "iu" for part in parts.values()):
            raise TypeError
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError):
        raise CheckpointError(
            f"{path}: the recorded split is unreadable; expected whole numbers under train, "
            "validation and test"
        ) from None
    # Their number first: a tensor can have 2^60 elements in four bytes.
    whole = sum(part.size for part in parts.values()) == NUM_OPERATIONS
    everything = np.sort(np.concatenate(list(parts.values()))) if whole else None
    if everything is None or not np.array_equal(everything, np.arange(NUM_OPERATIONS)):
        raise CheckpointError(
            f"{path}: the recorded split is not a partition of the 19,683 operations"
        )
    return Split(**{name: part.astype(np.int64) for name, part in parts.items()})
