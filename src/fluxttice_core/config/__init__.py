"""The training configuration: typed, frozen, hashed, and refused as a whole when it is wrong.

Every fault is reported at once with its dotted path. A key belonging to a mechanism that the
configuration switches off is refused, so that no line of a config is ever without effect.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import ConfigError
from .faults import SWITCHED_KEYS, cross_faults, field_fault
from .schema import Config, Ramp, WeightRamp
from .yaml_reader import read_yaml

__all__ = ["SWITCHED_KEYS", "Config", "Ramp", "WeightRamp", "load_config", "parse_config"]


def parse_config(raw: object, *, source: str = "config") -> Config:
    """Validate nested mappings.

    Parameters
    ----------
    raw : mappings, lists and plain values, as a YAML or JSON file holds them.
    source : what the faults are said to be in, such as the file's name.

    Raises
    ------
    ConfigError
        Any number of wrong keys (all listed).

    Example
    -------
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
        faults += [field_fault(item) for item in error.errors()]
    faults += cross_faults(raw)
    if faults or config is None:
        count = f"{len(faults)} fault{'s' * (len(faults) != 1)}"
        raise ConfigError("\n  ".join([f"{source}: {count}", *faults]))
    return config


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def load_config(path: str | Path) -> Config:
    """Read and validate a YAML file.

    Raises
    ------
    ConfigError
        Unreadable file, bad YAML, or any number of wrong keys (all listed).
    """
    return parse_config(read_yaml(Path(path)), source=str(path))
