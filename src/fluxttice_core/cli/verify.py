"""``verify``: the verdict first, then what was checked and what was not."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from ..api import inspect_certificate
from ..certificate import KINDS
from ..errors import ConfigError, FluxtticeError
from ..seal import Verification
from .command import command
from .console import json_option, say, say_json
from .progress import progress

# Of the kinds that there are; of the one in hand its own levels count.
_HIGHEST = max(number for kind in KINDS for number in kind.words)


def _moment(_: click.Context, __: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"expected a date or time such as 2026-11-24 or 2026-11-24T12:00:00Z, got {text!r}"
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


@command(
    epilog="\b\nExamples:\n"
    "  fluxttice verify certificate --key release-key.pub\n"
    "  fluxttice verify certificate --key release-key.pub --level 3 --json\n"
    "  fluxttice verify certificate --key release-key.pub --draws draws.npy",
)
@click.argument("folder")
@click.option(
    "--key",
    "-k",
    "keys",
    multiple=True,
    metavar="FILE",
    help="Public key of a signer you trust; may be repeated, then all must have signed.",
)
@click.option(
    "--level",
    type=click.IntRange(1, _HIGHEST),
    default=2,
    show_default=True,
    help="1 signature and hashes; of a network 2 exact counts, 3 recorded draws, 4 retraining; of "
    "draws 2 figures from the stated counts, 3 the draws counted again, 4 drawn again.",
)
@click.option("--rebuild", is_flag=True, help="The same as --level 4: retrain and compare.")
@click.option(
    "--draws",
    multiple=True,
    metavar="FILE",
    help="The draws of a certificate of draws, to be counted again: level 3.",
)
@click.option(
    "--beside",
    metavar="FILE",
    help="The target or the other sample that the draws were certified beside: level 3.",
)
@click.option(
    "--redraw",
    metavar="COMMAND",
    help="Your own command that draws again, to its standard output: level 4.",
)
@click.option(
    "--allow-unsigned", is_flag=True, help="Check without a key; leaves open who made it."
)
@click.option(
    "--not-before", callback=_moment, metavar="TIME", help="Refuse certificates issued earlier."
)
@click.option("--min-version", metavar="X.Y.Z", help="Refuse certificates of older versions.")
@json_option
@click.pass_context
def verify(
    context: click.Context,
    /,
    folder: str,
    keys: tuple[str, ...],
    level: int,
    rebuild: bool,
    draws: tuple[str, ...],
    beside: str | None,
    redraw: str | None,
    allow_unsigned: bool,
    not_before: datetime | None,
    min_version: str | None,
    as_json: bool,
) -> None:
    """Check the certificate in FOLDER, offline: who signed it, its files, and its claims anew.

    Exit codes: 0 all that was asked for was checked and holds, 1 something is false, 2 it could not
    be checked.
    """
    told = context.get_parameter_source("level") is click.core.ParameterSource.COMMANDLINE
    needed = 4 if redraw is not None else 3 if draws or beside is not None else 0
    if told and level < needed:
        raise ConfigError(
            f"{'--redraw' if redraw is not None else '--draws'} is checked at level {needed}, got "
            f"--level {level}; leave one of them out"
        )
    level = _HIGHEST if rebuild else max(level, needed)
    try:
        with progress("measuring the claims again") as on_progress:
            outcome = inspect_certificate(
                folder,
                key=keys,
                level=level,
                allow_unsigned=allow_unsigned,
                not_before=not_before,
                min_version=min_version,
                draws=draws,
                beside=beside,
                redraw=redraw,
                standard_input=sys.stdin.buffer if "-" in draws else None,
                on_progress=on_progress,
            )
    except FluxtticeError as error:
        if not as_json:
            raise
        outcome = Verification(folder, level, error=str(error))
    if as_json:
        say_json(outcome.as_dict())
    else:
        say(outcome.as_text())
    if not outcome.holds:
        raise SystemExit(outcome.exit_code)


__all__ = ["verify"]
