"""Arguments that are a thing or the name of a file with it; what makes things is loaded late."""

from __future__ import annotations

from typing import Any

from ..measure.arguments import file_name


def config_or_name(value: Any, name: str) -> Any:
    """Check a configuration, or the name of a file with one."""
    from ..config import Config

    return value if isinstance(value, Config) else file_name(value, name)


def checkpoint_or_name(value: Any, name: str) -> Any:
    """Check a checkpoint, or the name of a file with one."""
    from ..artifacts.checkpoint import Checkpoint

    return value if isinstance(value, Checkpoint) else file_name(value, name)
