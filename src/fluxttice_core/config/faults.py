"""What is wrong with a configuration: its keys one by one, and between them."""

from __future__ import annotations

import difflib
import itertools
import math
import typing
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from ..gates.operations import NUM_OPERATIONS
from .schema import Config

# key -> the switch that it belongs to
SWITCHED_KEYS: dict[str, str] = {
    "model.statenet_lr_scale": "model.use_statenet",
    "model.statenet_lambda_scale": "model.use_statenet",
    "phase_transitions.statenet_warm_start": "model.use_statenet",
    "controller.entropy_ema_alpha": "model.adaptive_scheduling",
    "controller.dH_dt_threshold": "model.adaptive_scheduling",
    "vae_a.temp_boost_amplitude": "vae_a.temp_cyclic",
}
_PHASES = "phase_transitions"
# (low, high, whether they must differ)
_ORDERED = (
    ("model.rho_min", "model.rho_max", False),
    (f"{_PHASES}.entropy_expansion_end", f"{_PHASES}.consolidation_end", True),
    (f"{_PHASES}.consolidation_end", f"{_PHASES}.resonant_coupling_end", False),
    (f"{_PHASES}.resonant_coupling_end", f"{_PHASES}.ultra_exploration_start", False),
)


def field_fault(error: Any) -> str:
    """Say what is wrong with one key, by one of pydantic's ``errors()``, and what may be meant."""
    location = error["loc"]
    path = ".".join(map(str, location))
    if error["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(location[-1]), _keys_at(location[:-1]), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{path}: unknown key{hint}"
    if error["type"] == "missing":
        return f"{path}: missing"
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"{path or 'file'}: {message}; got {_shortened(repr(error['input']))}"


def _keys_at(location: Iterable[str | int]) -> list[str]:
    """The keys of the section at a location: names of keys, and places in a list."""
    section: type[BaseModel] = Config
    for key in location:
        if isinstance(key, str):
            section = _section_of(section.model_fields[key].annotation)
    return list(section.model_fields)


def _section_of(annotation: Any) -> type[BaseModel]:
    """The section that a key holds: itself, or none of it, or a list of it."""
    return next(
        kind
        for kind in (annotation, *typing.get_args(annotation))
        if isinstance(kind, type) and issubclass(kind, BaseModel)
    )


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}..."


def cross_faults(raw: dict[str, Any]) -> list[str]:
    """Faults between keys; says nothing about values that are wrong by themselves."""
    checks = (_switches, _order, _split, _milestones, _alignment, _sections, _ramps, _influence)
    return [fault for check in checks for fault in check(raw)]


def _lookup(values: object, path: str) -> Any:
    """Return the value at a dotted path of nested mappings, or None."""
    for key in path.split("."):
        if not isinstance(values, dict):
            return None
        values = values.get(key)
    return values


def _number(values: object, path: str) -> float | None:
    value = _lookup(values, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return None
    return number if math.isfinite(number) else None


def _switches(raw: dict[str, Any]) -> Iterator[str]:
    for path, switch in SWITCHED_KEYS.items():
        present, on = _lookup(raw, path) is not None, _lookup(raw, switch)
        if on is True and not present:
            yield f"{path}: missing, and {switch} is on; give it a value"
        if on is False and present:
            yield f"{path}: has no effect while {switch} is off; remove it"


def _order(raw: dict[str, Any]) -> Iterator[str]:
    for low, high, strict in _ORDERED:
        first, second = _number(raw, low), _number(raw, high)
        if first is None or second is None:
            continue
        if first > second or (strict and first == second):
            relation = "below" if strict else "at most"
            yield f"{low}: {first:g} must be {relation} {high}, which is {second:g}"


def _split(raw: dict[str, Any]) -> Iterator[str]:
    numbers = {part: _number(raw, f"{part}_split") for part in ("train", "val", "test")}
    # One outside 0 .. 1 is named by itself, and could be too large to count with.
    known = {part: number for part, number in numbers.items() if number is not None}
    parts = {part: number for part, number in known.items() if 0 <= number <= 1}
    if len(parts) < len(numbers):
        return
    total = sum(parts.values())
    if abs(total - 1.0) > 1e-9:
        yield f"train_split + val_split + test_split: add up to {total:.6g}, expected 1"
    # As `split_operations` cuts: floor, floor, rest.
    sizes = {part: int(NUM_OPERATIONS * parts[part]) for part in ("train", "val")}
    sizes["test"] = NUM_OPERATIONS - sum(sizes.values())
    for part, size in sizes.items():
        if size < 1:
            yield f"{part}_split: {parts[part]:g} leaves no operation in that part"


def _milestones(raw: dict[str, Any]) -> Iterator[str]:
    milestones = _lookup(raw, "optimizer.lr_schedule")
    if not isinstance(milestones, list):
        return
    epochs = [_number(item, "epoch") for item in milestones]
    known = [epoch for epoch in epochs if epoch is not None]
    if any(left >= right for left, right in itertools.pairwise(known)):
        yield "optimizer.lr_schedule: epochs must increase"


def _alignment(raw: dict[str, Any]) -> Iterator[str]:
    if _number(raw, "model.lambda3_amplitude") and _number(raw, "model.lambda3_base") == 0:
        yield (
            "model.lambda3_amplitude: has no place while model.lambda3_base is 0 "
            "(entropy alignment off); set it to 0"
        )


def _sections(raw: dict[str, Any]) -> Iterator[str]:
    if _lookup(raw, "prior_terms") is not None and _lookup(raw, "codebook_terms") is not None:
        yield "codebook_terms: takes the place of prior_terms; leave one of them out"


def _ramps(raw: dict[str, Any]) -> Iterator[str]:
    for name in ("collision", "sharpness", "influence", "distance"):
        path = f"codebook_terms.{name}_weight"
        start, end = (_number(raw, f"{path}.{key}") for key in ("start", "end"))
        if start is not None and end is not None and (start == 0) != (end == 0):
            yield (
                f"{path}: goes from {start:g} to {end:g}, and no factor leads from or to 0; "
                "set both to 0 to switch the term off"
            )


def _influence(raw: dict[str, Any]) -> Iterator[str]:
    draws = _number(raw, "codebook_terms.influence_draws")
    width = _number(raw, "model.latent_dim")
    latents = _number(raw, "codebook_terms.num_latents")
    if draws and width and latents and draws * width > latents:
        yield (
            f"codebook_terms.influence_draws: {draws:g} for each of {width:g} latent dimensions "
            f"must be at most codebook_terms.num_latents, which is {latents:g}"
        )
