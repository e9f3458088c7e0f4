"""YAML as plain values, strictly: no key twice, no alias, and scalars as YAML 1.2 reads them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ..errors import ConfigError
from ..files import read_file

MAX_CONFIG_BYTES = 2**20


def read_yaml(path: Path) -> Any:
    """Return the plain values of a YAML file.

    Raises
    ------
    ConfigError
        The file cannot be read, or is not such YAML.
    """
    data = read_file(path, MAX_CONFIG_BYTES, remedy="give a YAML file", error=ConfigError)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: cannot be read: not UTF-8 text; give a YAML file") from None
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader: constructs plain values only
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    # Explicit tags on text that does not fit them (`!!bool maybe`) raise plain lookup errors.
    except (yaml.YAMLError, RecursionError, ValueError, LookupError, AttributeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        unfitting = "a value does not fit its tag, is too long, or is nested too deep"
        detail = getattr(error, "problem", None) or unfitting
        raise ConfigError(f"{path}: not valid YAML{where}: {detail}") from None


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
