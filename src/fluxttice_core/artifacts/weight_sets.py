"""Which tensors of a dictionary are a network's weights, as different trainers write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import CheckpointError
from ..model.layout import state_shapes

# What torch.compile and DistributedDataParallel put before every name.
WRAPPERS = ("_orig_mod.", "module.")
# float32 holds every number of these types.
HALVES = ("torch.float16", "torch.bfloat16")
_LAYOUT = frozenset(state_shapes())
DRAWS_INSTEAD = (
    "of another network or generator no weights are measured or certified here, but its draws "
    "are measured: write them to a file and run: fluxttice coverage DRAWS"
)
# The widest of v5.5's tensors, at its widest code, has 2^15; nothing larger is copied.
_MAX_ELEMENTS = 2**16


def unwrapped(state: Mapping[Any, Any]) -> dict[str, Any]:
    """Take off what wrappers put before every name.

    >>> unwrapped({"_orig_mod.module.a": 1, "_orig_mod.module.b": 2})
    {'a': 1, 'b': 2}
    """
    named = {str(name): value for name, value in state.items()}
    while named:
        found = [each for each in WRAPPERS if all(name.startswith(each) for name in named)]
        if not found:
            break
        named = {name.removeprefix(found[0]): value for name, value in named.items()}
    return named


def looks_like_weights(value: Any) -> bool:
    """Whether this is a dictionary with most of v5.5's tensors by name, whatever their shapes."""
    return isinstance(value, Mapping) and len(_LAYOUT & unwrapped(value).keys()) > len(_LAYOUT) // 2


def find_weights(contents: Mapping[str, Any], source: str) -> tuple[str | None, list[str]]:
    """Return the key of the weights, None where they are the whole file, and other sets' keys.

    ``model`` is v5.5's key, and goes before all others.

    Raises
    ------
    CheckpointError
        No weights, or several sets and none of them under ``model``.
    """
    if looks_like_weights(contents):
        return None, []
    alike = [key for key, value in contents.items() if looks_like_weights(value)]
    if isinstance(contents.get("model"), dict):
        return "model", [str(key) for key in alike if key != "model"]
    if len(alike) == 1:
        return alike[0], []
    if alike:
        names = ", ".join(sorted(str(key)[:40] for key in alike))
        raise CheckpointError(
            f"{source}: expected one set of weights, or one under 'model'; got {names}; keep the "
            "one you mean: torch.save({'model': contents[NAME]}, FILE)"
        )
    raise CheckpointError(
        f"{source}: expected a checkpoint dictionary with a 'model' state dictionary; got keys "
        f"{sorted(str(key)[:40] for key in contents)[:8]}; {DRAWS_INSTEAD}"
    )


def as_arrays(state: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the tensors as NumPy arrays, and the types of those that were read as float32."""
    halves = {
        str(value.dtype).removeprefix("torch.")
        for value in state.values()
        if str(getattr(value, "dtype", "")) in HALVES
    }
    return {name: _as_array(value) for name, value in state.items()}, sorted(halves)


def _as_array(value: Any) -> Any:
    if not hasattr(value, "detach"):
        return value
    try:
        if str(value.dtype) in HALVES and value.numel() <= _MAX_ELEMENTS:
            value = value.float()
        return value.detach().cpu().numpy()
    except (TypeError, RuntimeError, NotImplementedError):
        # A type or a storage that NumPy does not have: no float32 array, whatever it is.
        return np.broadcast_to(np.array(None), tuple(value.shape))
