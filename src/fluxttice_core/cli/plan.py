"""``plan``: how many draws are enough, from a pilot; and when to stop, while drawing."""

from __future__ import annotations

import sys
from typing import Any

import click

from .. import measure
from ..artifacts.draws import (
    Draws,
    ReadOptions,
    describe_names,
    expand_names,
    holds_draws,
    read_draws,
)
from ..errors import ConfigError
from ..gates.operations import GATES
from ..show.plan_text import stopping_text
from .console import json_option, progress, say, say_json
from .reading import read_lines, reading_options, with_read

_SHARE = click.FloatRange(0.0, 1.0, min_open=True, max_open=True)


@click.command(
    epilog="\b\nExamples:\n"
    "  my_sampler | fluxttice plan - --stop-below 0.01\n"
    "  fluxttice plan 'shard-*.npy' --stop-below 0.001 --json",
)
@click.argument("pilot", metavar="PILOT")
@click.option(
    "--stop-below",
    type=_SHARE,
    metavar="SHARE",
    required=True,
    help="Read until the ids never drawn surely have less than this share of the mass.",
)
@click.option(
    "--level",
    type=_SHARE,
    default=0.05,
    show_default=True,
    help="With --stop-below: the chance of being wrong, however often it is looked at.",
)
@click.option(
    "--space",
    type=click.IntRange(1, 2**62),
    metavar="N",
    help="Ids are 0 .. N-1. Rows of nine trits need none.",
)
@reading_options
@json_option
def plan(
    pilot: str,
    stop_below: float,
    level: float,
    space: int | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Say when draws are enough, while they come.

    PILOT is a file of draws (.npy, .csv, .txt, .jsonl, .parquet, a pattern in quotes, or - for
    standard input). Reading ends as soon as the answer is known.

    Exit code 0: surely below. 1: not yet, or draws that are not independent. 2: unusable input.
    """
    options = ReadOptions(**reading)
    draws = _opened(pilot, options)
    if options.counts or options.histogram:
        raise ConfigError(
            "--stop-below needs the draws themselves, in their order, got their counts: of these "
            "no bound holds that was looked at more than once"
        )
    report, lines = _watched(draws, stop_below, level, space)
    if as_json:
        say_json(with_read(report.as_dict(), lines))
    else:
        say(lines + stopping_text(report))
    if not report.holds:
        raise SystemExit(1)


def _opened(name: str, options: ReadOptions) -> Draws:
    if not holds_draws(name):
        raise ConfigError(
            f"expected a file of draws, got {name}; draws end in .npy, .csv, .txt, .jsonl or "
            ".parquet, or are -; draw from a model with: fluxttice sample"
        )
    return read_draws(expand_names([name]), options, sys.stdin.buffer if name == "-" else None)


def _watched(
    draws: Draws, below: float, level: float, space: int | None
) -> tuple[measure.StoppingReport, str]:
    """Read until the rule holds; an interruption ends the reading too."""
    rule = measure.UnseenMassStop(below, level, space=space, known_spaces=(GATES,))
    interrupted = False
    with progress("counting", "draw") as on_count:
        try:
            for chunk in draws:
                if rule.update(chunk):
                    break
                on_count(rule.num_draws)
        except KeyboardInterrupt:
            interrupted = True
    report = rule.report(name=describe_names(draws.names), interrupted=interrupted)
    return report, read_lines([draws])
