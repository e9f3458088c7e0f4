"""A device of PyTorch's by its name: used once before it is relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import ConfigError

if TYPE_CHECKING:
    import torch


def usable_device(name: torch.device | str) -> torch.device:
    """Return the device of a name, after using it once.

    Parameters
    ----------
    name : "cpu", "cuda" or "cuda:N".

    Raises
    ------
    ConfigError
        It is none, or not there.

    Example
    -------
    >>> usable_device("cpu")
    device(type='cpu')
    """
    import torch

    is_name = isinstance(name, str | torch.device)
    wrong = f"device {str(name)[:60]!r} cannot be used" if is_name else "no device"
    try:
        device = torch.device(name) if is_name else None
    except (RuntimeError, ValueError):
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise ConfigError(f"{wrong}: expected cpu, cuda or cuda:N")
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        detail = str(error).splitlines()[0]
        raise ConfigError(
            f"{wrong}: {detail}; use cpu, or a build of PyTorch for this GPU"
        ) from None
    return device
