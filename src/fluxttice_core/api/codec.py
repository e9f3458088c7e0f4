"""Gates to codes and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ConfigError, DrawsError, LatentError
from ..evidence.readings import read, softmax
from ..gates.operations import as_trits
from ..loading import is_tensor, network_on, reference_of, torch_for
from ..measure.arguments import checked, one_of
from ..measure.values import shown, to_array
from ..model.layout import PATHWAYS, Pathway

if TYPE_CHECKING:
    import torch

    from ..loading import Model


T = TypeVar("T")
PATHWAY = one_of(*PATHWAYS)


@overload
def encode(
    operations: torch.Tensor, *, model: Model = None, pathway: Pathway = "A"
) -> torch.Tensor: ...
@overload
def encode(
    operations: ArrayLike, *, model: Model = None, pathway: Pathway = "A"
) -> NDArray[np.float64]: ...
@checked(ConfigError, pathway=PATHWAY)
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
    trits = as_trits(operations)
    if is_tensor(trits):
        network = network_on(model, trits.device)
        return _without_gradient(lambda: network.encoder(pathway)(trits.float())[0])
    return reference_of(model).encode(trits, pathway)[0]


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
@checked(ConfigError, pathway=PATHWAY, reading=one_of("mode", "sample"))
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
        Wrong shape, or a value that is not finite or so large that the decoder overflows (the row
        is named).

    Example
    -------
    >>> bool((decode(encode([7])) == [[0, 1, -1, -1, -1, -1, -1, -1, -1]]).all())
    True
    """
    if reading == "sample":
        _check_generator(generator, tensor=is_tensor(latents))
    if is_tensor(latents):
        network = network_on(model, latents.device)
        _check_latents(latents.detach().cpu().numpy(), network.latent_dim)

        def read_logits() -> Any:
            logits = network.decoder(pathway)(latents.detach().float())
            _check_overflow(logits.isfinite().cpu().numpy())
            return _read_tensor(logits, reading, generator)

        return _without_gradient(read_logits)
    reference = reference_of(model)
    codes = _check_latents(latents, reference.latent_dim)
    with np.errstate(over="ignore", invalid="ignore"):
        logits = reference.logits(codes, pathway)
    _check_overflow(np.isfinite(logits))
    each = softmax(logits)
    return read(each, "mode" if reading == "mode" else "sampled", generator) - np.int8(1)


def _without_gradient(compute: Callable[[], T]) -> T:
    import torch

    with torch.no_grad():
        return compute()


def _read_tensor(
    logits: torch.Tensor, reading: str, generator: torch.Generator | None
) -> torch.Tensor:
    import torch

    from ..model.decoder import inverse_cdf

    if reading == "mode":
        return (logits.argmax(dim=-1) - 1).to(torch.int8)
    source = "cpu" if generator is None else generator.device
    uniforms = torch.rand(logits.shape[:2], generator=generator, device=source).to(logits.device)
    return (inverse_cdf(logits, uniforms) - 1).to(torch.int8)


def _check_generator(generator: object, *, tensor: bool) -> None:
    kind: type = np.random.Generator
    if tensor:
        kind = torch_for("decoding a tensor").Generator
    if not isinstance(generator, kind):
        given = "tensor" if tensor else "array"
        raise ConfigError(
            f'reading="sample" of {given} latents needs a generator of type '
            f"{kind.__module__}.{kind.__name__}; got {shown(generator)}"
        )


def _check_latents(latents: ArrayLike, latent_dim: int) -> NDArray[np.float64]:
    expected = f"latent codes (n, {latent_dim})"
    try:
        codes = to_array(latents, expected)
    except DrawsError as fault:
        raise LatentError(str(fault)) from None
    if codes.dtype.kind not in "iuf":
        raise LatentError(f"expected {expected}, got no array of numbers: {codes.dtype}")
    codes = codes.astype(np.float64)
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


def _check_overflow(finite: NDArray[np.bool_]) -> None:
    """Refuse rows whose logits are no numbers: the likeliest of them would be an accident."""
    if not finite.all():
        row = int(np.nonzero(~finite)[0][0])
        raise LatentError(
            f"row {row} of the latent codes is too large: the decoder "
            "overflows; encode() returns codes of a few units"
        )
