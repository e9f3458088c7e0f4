"""Certificates of draws from any generator, and of known masses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..errors import ConfigError
from ..measure.arguments import (
    CALLBACK,
    checked,
    file_name,
    file_names,
    instance_of,
    optional,
    text,
    truth,
    whole,
    wholes,
)
from .certificates import private_keys

if TYPE_CHECKING:
    from ..artifacts.draws import ReadOptions


def _reading(value: Any, name: str) -> Any:
    from ..artifacts.draws import ReadOptions

    return instance_of(ReadOptions)(value, name)


@checked(
    ConfigError,
    out=file_name,
    key=file_names,
    space=optional(whole(1)),
    num_draws=wholes(1),
    reading=optional(_reading),
    target=optional(file_name),
    other=optional(file_name),
    num_modes=whole(1),
    title=optional(text),
    include=truth,
    expires=optional(text),
    supersedes=optional(text),
    on_count=CALLBACK,
)
def certify_draws(
    source: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    space: int | None = None,
    num_draws: Sequence[int] = (),
    reading: ReadOptions | None = None,
    target: str | Path | None = None,
    other: str | Path | None = None,
    num_modes: int = 1,
    title: str | None = None,
    include: bool = False,
    expires: str | None = None,
    supersedes: str | None = None,
    standard_input: BinaryIO | None = None,
    on_count: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    r"""Count draws of any generator and write a certificate of them into a new folder.

    The draws stay where they are: the certificate holds how many ids were drawn how often, from
    which every figure follows.

    Parameters
    ----------
    source : a file of draws, several that are one source, a pattern, or ``-``.
    key, expires, supersedes : as of :func:`certify`.
    space : how many ids there can be, 0 .. N-1; rows of nine trits need none.
    num_draws : n at which expected distinct ids are given, up to twice the draws.
    reading : what the files do not say themselves: an ``artifacts.draws.ReadOptions``.
    target : a file of the masses that they are to be drawn with; adds figures against it.
    other : a file of another generator's draws; adds the differences.
    num_modes : of a target, how many of its largest masses are modes.
    title : the issuer's words, shown as such.
    include : put the one file of draws into the folder.
    standard_input : the bytes behind ``-``.
    on_count : called with the number of draws counted so far.

    Returns
    -------
    The certified statement's predicate, as plain values.

    Raises
    ------
    DrawsError, ArtifactError, CertificateError, KeyFileError

    Example
    -------
    >>> import tempfile
    >>> from fluxttice_core import verify
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "draws.txt")
    ...     _ = path.write_text("5\n7\n5\n")
    ...     statement = certify_draws(path, Path(folder, "out"), space=10)
    ...     verify(Path(folder, "out"), allow_unsigned=True, draws=path, level=3).holds
    True
    >>> statement["counts"]["times"], statement["counts"]["ids"]
    ([1, 2], [1, 1])
    """
    from ..artifacts.draws import ReadOptions, expand_names
    from ..certificate.draws.issue import DrawsOptions, certify_draws

    options = DrawsOptions(
        keys=private_keys(key),
        reading=reading or ReadOptions(),
        space=space,
        num_draws=tuple(num_draws),
        target=None if target is None else str(target),
        other=None if other is None else str(other),
        num_modes=num_modes,
        title=title,
        include=include,
        expires=expires,
        supersedes=supersedes,
    )
    names = expand_names(source)
    return certify_draws(
        names, out, options, standard_input=standard_input, on_count=on_count
    ).as_dict()


@checked(
    ConfigError,
    source=file_name,
    out=file_name,
    key=file_names,
    num_draws=wholes(1),
    title=optional(text),
    expires=optional(text),
    supersedes=optional(text),
)
def certify_masses(
    source: str | Path,
    out: str | Path,
    *,
    key: str | Path | Sequence[str | Path] = (),
    num_draws: Sequence[int] = (),
    title: str | None = None,
    expires: str | None = None,
    supersedes: str | None = None,
) -> dict[str, Any]:
    """Measure known masses and write a certificate of them, and them, into a new folder.

    Parameters
    ----------
    source : a file of masses ``(N,)`` that add up to 1: ``.npy``, or text with one number a line.
    key, expires, supersedes : as of :func:`certify`.
    num_draws : n at which expected coverage is given.
    title : the issuer's words, shown as such.

    Returns
    -------
    The certified statement's predicate, as plain values.

    Raises
    ------
    ArtifactError, CertificateError, KeyFileError

    Example
    -------
    >>> import tempfile
    >>> from fluxttice_core import verify
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "masses.txt")
    ...     _ = path.write_text("0.5 0.25 0.25".replace(" ", chr(10)))
    ...     statement = certify_masses(path, Path(folder, "out"))
    ...     verify(Path(folder, "out"), allow_unsigned=True).verdict[:5]
    'HOLDS'
    >>> statement["figures"][0]["name"], statement["figures"][0]["value"][:6]
    ('entropy_nats', '1.0397')
    """
    from ..certificate.masses.issue import certify_masses

    return certify_masses(
        source,
        out,
        keys=private_keys(key),
        num_draws=num_draws,
        title=title,
        expires=expires,
        supersedes=supersedes,
    ).as_dict()
