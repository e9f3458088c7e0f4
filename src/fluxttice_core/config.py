"""The training configuration: typed, frozen, hashed, and refused as a whole when it is wrong.

Every fault is reported at once with its dotted path. A key belonging to a mechanism that the
configuration switches off is refused, so that no line of a config is ever without effect.
"""

from __future__ import annotations

import difflib
import hashlib
import itertools
import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .canonical import canonical_json
from .errors import ConfigError

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Epoch = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
TorchSeed = Annotated[int, Field(ge=0, lt=2**32)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ModelConfig(_Section):
    """Architecture, and which adaptive mechanisms act."""

    latent_dim: Annotated[int, Field(ge=1, le=256)]
    rho_min: Fraction
    rho_max: Fraction
    lambda3_base: NonNegative
    lambda3_amplitude: NonNegative
    eps_kl: Positive
    gradient_balance: bool
    adaptive_scheduling: bool
    use_statenet: bool
    statenet_lr_scale: Positive | None = None
    statenet_lambda_scale: Positive | None = None


class DatasetConfig(_Section):
    """``seed`` of the partition into train, validation and test."""

    seed: TorchSeed


class Milestone(_Section):
    """Learning rate reached at an epoch."""

    epoch: Count
    lr: Positive


class OptimizerConfig(_Section):
    """``adamw`` decouples the weight decay from the gradient, ``adam`` adds it to it."""

    type: Literal["adamw", "adam"]
    lr_start: Positive
    weight_decay: NonNegative
    lr_schedule: tuple[Milestone, ...]


class VaeAConfig(_Section):
    """Schedules of pathway A."""

    beta_start: NonNegative
    beta_end: NonNegative
    beta_warmup_epochs: Epoch
    temp_start: Positive
    temp_end: Positive
    temp_cyclic: bool
    temp_boost_amplitude: NonNegative | None = None


class VaeBConfig(_Section):
    """Schedules of pathway B and its two regularisers."""

    beta_start: NonNegative
    beta_end: NonNegative
    beta_warmup_epochs: Epoch
    temp_start: Positive
    temp_end: Positive
    temp_phase4: Positive
    entropy_weight: NonNegative
    repulsion_weight: NonNegative


class ControllerConfig(_Section):
    """Lags of pathway B, and what the adaptive weights wait for."""

    temp_lag: Epoch
    beta_phase_lag: Annotated[float, Field(ge=0, le=2 * math.pi)]
    entropy_ema_alpha: Annotated[float, Field(ge=0, lt=1)] | None = None
    dH_dt_threshold: Positive | None = None


class PhaseConfig(_Section):
    """First epoch of phases 2 and 3, end of the gated rise of rho, first epoch of phase 4."""

    entropy_expansion_end: Epoch
    consolidation_end: Count
    resonant_coupling_end: Count
    ultra_exploration_start: Count
    statenet_warm_start: Epoch | None = None


class CrossInjectionConfig(_Section):
    """Added key: share of training items decoded from mixed codes; the others read their own."""

    mixed_fraction: Fraction


class PriorTermsConfig(_Section):
    """Added section: terms on latents drawn from the prior. Leave it out to train without."""

    num_latents: Annotated[int, Field(ge=2)]
    collision_weight: NonNegative
    pair_collision_weight: NonNegative
    sharpness_weight: NonNegative
    ramp_epochs: Epoch


class Ramp(_Section):
    """A factor that moves geometrically from ``start`` at epoch 0 to ``end`` at the last one."""

    start: Positive
    end: Positive


class WeightRamp(_Section):
    """The same for a weight, which may also be 0 from start to end: off."""

    start: NonNegative
    end: NonNegative


class CodebookTermsConfig(_Section):
    """Added section, in place of ``prior_terms``: the terms that lead to a uniform codebook."""

    num_latents: Annotated[int, Field(ge=2)]
    influence_draws: Count
    smoothing: Annotated[float, Field(gt=0, le=1)]
    temperature: Ramp
    collision_weight: WeightRamp
    sharpness_weight: WeightRamp
    influence_weight: WeightRamp
    distance_weight: WeightRamp
    alignment_weight: NonNegative


class Config(_Section):
    """A whole training run. See ``docs/configuration.md`` for the meaning of each key."""

    seed: Seed
    model: ModelConfig
    ternary_dataset: DatasetConfig
    batch_size: Annotated[int, Field(ge=2, le=19683)]
    total_epochs: Count
    optimizer: OptimizerConfig
    vae_a: VaeAConfig
    vae_b: VaeBConfig
    free_bits: NonNegative
    controller: ControllerConfig
    grad_clip: Positive
    patience: Count
    min_delta: NonNegative
    coverage_plateau_patience: Count
    min_coverage_delta: NonNegative
    stop_from_epoch: Epoch
    log_interval: Count
    checkpoint_freq: Count
    checkpoint_dir: Annotated[str, Field(min_length=1)]
    eval_num_samples: Annotated[int, Field(ge=100, le=10_000_000)]
    eval_interval: Count
    coverage_check_interval: Count
    train_split: Fraction
    val_split: Fraction
    test_split: Fraction
    phase_transitions: PhaseConfig
    cross_injection: CrossInjectionConfig
    prior_terms: PriorTermsConfig | None = None
    codebook_terms: CodebookTermsConfig | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, keys of switched-off mechanisms left out."""
        return self.model_dump(mode="json", exclude_none=True)

    def canonical_hash(self) -> str:
        """SHA-256 (bare hex) of the canonical JSON: blind to comments, order and line endings."""
        return hashlib.sha256(canonical_json(self.as_dict())).hexdigest()


# key -> the switch that it belongs to
SWITCHED_KEYS: dict[str, str] = {
    "model.statenet_lr_scale": "model.use_statenet",
    "model.statenet_lambda_scale": "model.use_statenet",
    "phase_transitions.statenet_warm_start": "model.use_statenet",
    "controller.entropy_ema_alpha": "model.adaptive_scheduling",
    "controller.dH_dt_threshold": "model.adaptive_scheduling",
    "vae_a.temp_boost_amplitude": "vae_a.temp_cyclic",
}


def lookup(values: object, path: str) -> Any:
    """Return the value at a dotted path of nested mappings, or None."""
    for key in path.split("."):
        if not isinstance(values, dict):
            return None
        values = values.get(key)
    return values


def _number(values: object, path: str) -> float | None:
    value = lookup(values, path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return None
    return number if math.isfinite(number) else None


def _cross_faults(raw: dict[str, Any]) -> list[str]:
    """Faults between keys; says nothing about values that are wrong by themselves."""
    faults = []
    for path, switch in SWITCHED_KEYS.items():
        present, on = lookup(raw, path) is not None, lookup(raw, switch)
        if on is True and not present:
            faults.append(f"{path}: missing, and {switch} is on; give it a value")
        if on is False and present:
            faults.append(f"{path}: has no effect while {switch} is off; remove it")

    def ordered(low: str, high: str, *, strict: bool) -> None:
        first, second = _number(raw, low), _number(raw, high)
        if first is None or second is None:
            return
        if first > second or (strict and first == second):
            relation = "below" if strict else "at most"
            faults.append(f"{low}: {first:g} must be {relation} {high}, which is {second:g}")

    ordered("model.rho_min", "model.rho_max", strict=False)
    ordered(
        "phase_transitions.entropy_expansion_end",
        "phase_transitions.consolidation_end",
        strict=True,
    )
    ordered(
        "phase_transitions.consolidation_end",
        "phase_transitions.resonant_coupling_end",
        strict=False,
    )
    ordered(
        "phase_transitions.resonant_coupling_end",
        "phase_transitions.ultra_exploration_start",
        strict=False,
    )
    parts = [_number(raw, f"{part}_split") for part in ("train", "val", "test")]
    if all(part is not None for part in parts):
        total = sum(part for part in parts if part is not None)
        if abs(total - 1.0) > 1e-9:
            faults.append(
                f"train_split + val_split + test_split: add up to {total:.6g}, expected 1"
            )
        train, validation = (int(19683 * (part or 0.0)) for part in parts[:2])
        sizes = {"train": train, "val": validation, "test": 19683 - train - validation}
        for (name, size), part in zip(sizes.items(), parts, strict=True):
            if size < 1:
                faults.append(f"{name}_split: {part:g} leaves no operation in that part")
    milestones = lookup(raw, "optimizer.lr_schedule")
    if isinstance(milestones, list):
        epochs = [_number(item, "epoch") for item in milestones]
        known = [epoch for epoch in epochs if epoch is not None]
        if any(left >= right for left, right in itertools.pairwise(known)):
            faults.append("optimizer.lr_schedule: epochs must increase")
    amplitude, base = _number(raw, "model.lambda3_amplitude"), _number(raw, "model.lambda3_base")
    if amplitude and base == 0:
        faults.append(
            "model.lambda3_amplitude: has no place while model.lambda3_base is 0 "
            "(entropy alignment off); set it to 0"
        )
    if lookup(raw, "prior_terms") is not None and lookup(raw, "codebook_terms") is not None:
        faults.append("codebook_terms: takes the place of prior_terms; leave one of them out")
    for name in ("collision", "sharpness", "influence", "distance"):
        path = f"codebook_terms.{name}_weight"
        start, end = (_number(raw, f"{path}.{key}") for key in ("start", "end"))
        if start is not None and end is not None and (start == 0) != (end == 0):
            faults.append(
                f"{path}: goes from {start:g} to {end:g}, and no factor leads from or to 0; "
                "set both to 0 to switch the term off"
            )
    draws, width, latents = (
        _number(raw, path)
        for path in (
            "codebook_terms.influence_draws",
            "model.latent_dim",
            "codebook_terms.num_latents",
        )
    )
    if draws and width and latents and draws * width > latents:
        faults.append(
            f"codebook_terms.influence_draws: {draws:g} for each of {width:g} latent dimensions "
            f"must be at most codebook_terms.num_latents, which is {latents:g}"
        )
    return faults


_KEY_LISTS: dict[str, type[BaseModel]] = {
    "": Config,
    "model": ModelConfig,
    "ternary_dataset": DatasetConfig,
    "optimizer": OptimizerConfig,
    "vae_a": VaeAConfig,
    "vae_b": VaeBConfig,
    "controller": ControllerConfig,
    "phase_transitions": PhaseConfig,
    "cross_injection": CrossInjectionConfig,
    "prior_terms": PriorTermsConfig,
    "codebook_terms": CodebookTermsConfig,
    **{
        f"codebook_terms.{name}": Ramp
        for name, field in CodebookTermsConfig.model_fields.items()
        if field.annotation is Ramp
    },
}


def _field_fault(error: Any) -> str:
    location = [str(part) for part in error["loc"]]
    path = ".".join(location)
    if error["type"] == "extra_forbidden":
        section = ".".join(location[:-1])
        known = list(_KEY_LISTS[section].model_fields) if section in _KEY_LISTS else []
        close = difflib.get_close_matches(location[-1], known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{path}: unknown key{hint}"
    if error["type"] == "missing":
        return f"{path}: missing"
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"{path or 'file'}: {message}; got {_shortened(repr(error['input']))}"


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}..."


def parse_config(raw: object, *, source: str = "config") -> Config:
    """Validate nested mappings; raise one :class:`ConfigError` with every fault.

    >>> try:
    ...     parse_config({"seed": -1, "sede": 1}, source="mine.yaml")
    ... except ConfigError as error:
    ...     for line in str(error).splitlines():
    ...         if "se" in line[:4]:
    ...             print(line.strip())
    seed: input should be greater than or equal to 0; got -1
    sede: unknown key; did you mean seed?
    """
    if not isinstance(raw, dict):
        raise ConfigError(f"{source}: expected a mapping of keys, got {type(raw).__name__}")
    faults: list[str] = []
    config = None
    try:
        # Lists become the tuples that a frozen record holds; strict mode will not do it for us.
        config = Config.model_validate(_tuples(raw))
    except ValidationError as error:
        faults += [_field_fault(item) for item in error.errors()]
    faults += _cross_faults(raw)
    if faults or config is None:
        count = f"{len(faults)} fault{'s' * (len(faults) != 1)}"
        raise ConfigError("\n  ".join([f"{source}: {count}", *faults]))
    return config


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


class _Loader(yaml.SafeLoader):
    """Refuses duplicate keys and aliases, and reads scalars as YAML 1.2 does."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node; an alias, by which ten lines can mean gigabytes, is refused."""
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
            raise ConfigError(f"line {line}: aliases are not read; write the value out")
        return super().compose_node(parent, index)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise ConfigError(
                f"line {key_node.start_mark.line + 1}: expected a text key, got {key!r}"
            )
        if key in seen:
            raise ConfigError(f"line {key_node.start_mark.line + 1}: key {key!r} is given twice")
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
# YAML 1.1 would read 1e-3 as text, `no` as false, 010 as eight and 12:30 as sixty-based.
_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("tag:yaml.org,2002:bool", r"true|false", "tf"),
    ("tag:yaml.org,2002:null", r"null|~|", ["n", "~", ""]),
    ("tag:yaml.org,2002:int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), list(_first))


def load_config(path: str | Path) -> Config:
    """Read and validate a YAML file.

    Raises
    ------
    ConfigError
        Unreadable file, bad YAML, or any number of wrong keys (all listed).
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: cannot be read: {reason}; give a YAML file") from None
    try:
        raw = yaml.load(text, Loader=_Loader)  # a SafeLoader: constructs plain values only
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    # Explicit tags on text that does not fit them (`!!bool maybe`) raise plain lookup errors.
    except (
        yaml.YAMLError,
        RecursionError,
        ValueError,
        LookupError,
        AttributeError,
    ) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        unfitting = "a value does not fit its tag, is too long, or is nested too deep"
        detail = getattr(error, "problem", None) or unfitting
        raise ConfigError(f"{path}: not valid YAML{where}: {detail}") from None
    return parse_config(raw, source=str(path))
