"""Draws in a file that ``torch.save`` wrote: a tensor, a list, or one under a key."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import ArtifactError, MissingExtraError
from ..torch_file import archive_fault
from .arrays import array_chunks
from .chunks import Chunk, checked_texts, make_chunk
from .column import Selection
from .formats import FORMATS, expand_names, names_draws
from .options import ReadOptions
from .record import Log, quoted


def holds_draws(name: str | Path) -> bool:
    """Whether a source is one of draws, and not a model.

    Its name says so, or it is a ``.pt`` that holds a tensor, or a dictionary with one tensor of
    whole numbers and no other; a model has more of them. A file that cannot be read is none of
    draws.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed, and its file could be either.
    """
    if names_draws(name) or Path(name).suffix.lower() not in FORMATS["pt"].suffixes:
        return names_draws(name)
    try:
        values = [_load(Path(path), path) for path in expand_names(name)]
    except ArtifactError:
        return False
    return all(not isinstance(v, Mapping) or _only_tensor(v) is not None for v in values)


def _only_tensor(contents: Mapping[Any, Any]) -> str | None:
    """The key of the one tensor in a dictionary, if it holds whole numbers."""
    import torch

    def tensors(value: Any) -> int:
        if isinstance(value, Mapping):
            return sum(map(tensors, value.values()))
        return isinstance(value, torch.Tensor)

    if tensors(contents) != 1:
        return None
    kinds = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
    for key, value in contents.items():
        if isinstance(value, torch.Tensor) and value.dtype in kinds and value.ndim:
            return str(key)
    return None


def tensor_chunks(path: Path, key: str, options: ReadOptions, log: Log) -> Iterator[Chunk]:
    """Yield the draws of a tensor, or of a list of numbers or texts.

    Raises
    ------
    ArtifactError
        Something else, or a dictionary of several and no ``--column`` that names one of its keys.
    """
    value = _load(path, log.name)
    if isinstance(value, Mapping):
        only = _only_tensor(value)
        if not options.column and only is not None:
            options = replace(options, column=(only,))
        if len(options.column) != 1 or options.column[0] not in value:
            raise ArtifactError(
                f"{log.name}: a dictionary, as a model's file is; --column KEY reads draws under "
                f"one of its keys: {quoted(list(map(str, value)))}"
            )
        log.set(columns=tuple(options.column), num_columns=len(value))
        value = value[options.column[0]]
    if isinstance(value, list | tuple):
        value = _listed(value, log)
    if isinstance(value, list):
        labels = checked_texts(value, log)
        yield make_chunk([labels], Selection((0,), labels=True), options, log)
        return
    yield from array_chunks(_as_array(value, log), _without_column(options), log)


def _load(path: Path, name: str) -> Any:
    try:
        import torch
    except ModuleNotFoundError:
        raise MissingExtraError(f"reading {name}", "torch") from None
    if path.is_fifo():
        raise ArtifactError(
            f"{name}: cannot be read: a named pipe; give a file that torch.save wrote"
        )
    fault = archive_fault(path) if zipfile.is_zipfile(path) else None
    if fault:
        raise ArtifactError(f"{name}: not a tensor that torch.save wrote: it is {fault}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ArtifactError(f"{name}: cannot be read: {error.strerror or error}") from None
    except MemoryError:
        raise
    except Exception as error:  # damaged files raise nearly anything
        raise ArtifactError(
            f"{name}: not a tensor that torch.save wrote, or damaged ({type(error).__name__}); "
            "torch.save(indices.cpu(), FILE) writes one"
        ) from None


def _listed(values: Any, log: Log) -> Any:
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return list(values)
    if kinds == {int}:
        try:
            return np.array(values, dtype=np.int64)
        except OverflowError:
            pass
    names = ", ".join(sorted(kind.__name__ for kind in kinds)) or "nothing"
    raise ArtifactError(
        f"{log.name}: expected a tensor, or a list of whole numbers of 64 bits or of texts; got a "
        f"list of {names}; torch.stack or torch.cat makes one tensor of several"
    )


def _as_array(value: Any, log: Log) -> Any:
    import torch

    if isinstance(value, np.ndarray):
        return value
    right = isinstance(value, torch.Tensor) and value.layout is torch.strided
    if not right or value.is_quantized or value.is_complex():
        raise ArtifactError(f"{log.name}: expected a plain tensor of draws, got {_what(value)}")
    value = value.detach().resolve_neg()
    if value.is_floating_point() and value.element_size() < 4:
        # NumPy lacks bfloat16 and the types of 8 bits: 2 / eps is where each skips whole numbers.
        most = 2.0 / torch.finfo(value.dtype).eps
        value = value.float()
        if bool((value.abs() >= most).any()):
            raise ArtifactError(
                f"{log.name}: expected whole numbers that the tensor's type can tell apart, got "
                f"some of {most:,.0f} and above; save the indices as integers"
            )
    return value.numpy()


def _what(value: Any) -> str:
    kind = type(value).__name__
    return f"{kind} of {value.dtype}" if hasattr(value, "dtype") else kind


def _without_column(options: ReadOptions) -> ReadOptions:
    return replace(options, column=())
