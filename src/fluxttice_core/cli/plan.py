"""``plan``: how many draws are enough, from a pilot; and when to stop, while drawing."""

from __future__ import annotations

import math
import sys
from typing import Any

import click

from .. import measure
from ..artifacts.draws import (
    Draws,
    ReadOptions,
    describe_names,
    expand_names,
    frequencies_of,
    holds_draws,
    read_draws,
)
from ..errors import ConfigError
from ..gates.operations import GATES
from ..measure.planning.widths import FIGURES
from ..show.plan_text import plan_text, stopping_text
from .command import command
from .console import json_option, note, say, say_json
from .progress import progress
from .reading import read_lines, reading_options, with_read
from .sections import SectionedCommand

_SHARE = click.FloatRange(0.0, 1.0, min_open=True, max_open=True)
# What is asked for, and the options that say more of it.
_ASKED = {
    "stop_below": ("level",),
    "reach": (),
    "width": ("figure", "seed"),
    "pilot_b": ("power", "level", "seed"),
}
_NAMES = {"pilot_b": "PILOT_B", "figure": "--of"}


def _width(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, bool] | None:
    """A width, and whether it is a share of the figure."""
    if text is None:
        return None
    number = text.strip().removesuffix("%")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not 0.0 < value < math.inf:
        raise click.BadParameter(f"expected a number above 0, or such as 10%, got {text!r}")
    is_share = number != text.strip()
    return (value / 100.0 if is_share else value), is_share


@command(
    cls=SectionedCommand,
    epilog="\b\nExamples:\n"
    "  my_sampler | fluxttice plan - --stop-below 0.01\n"
    "  fluxttice plan pilot.npy --reach 0.99\n"
    "  fluxttice plan pilot.npy --width 10% --of hill_number_2\n"
    "  fluxttice plan before.npy after.npy --power 0.9",
)
@click.argument("pilot", metavar="PILOT")
@click.argument("pilot_b", metavar="[PILOT_B]", required=False)
@click.option("--stop-below", type=_SHARE, metavar="SHARE", help="Of the mass, surely unseen.")
@click.option("--reach", type=_SHARE, metavar="SHARE", help="Of the mass, to be seen.")
@click.option("--width", callback=_width, metavar="W", help="Of an interval; 10% of its figure.")
@click.option(
    "--of",
    "figure",
    type=click.Choice(FIGURES),
    metavar="FIGURE",
    default="unseen_mass",
    show_default=True,
    help=f"Whose interval: {', '.join(FIGURES)}.",
)
@click.option("--power", type=_SHARE, default=0.8, show_default=True, help="To tell B from A.")
@click.option("--level", type=_SHARE, default=0.05, show_default=True, help="Chance to be wrong.")
@click.option("--space", type=click.IntRange(1, 2**62), metavar="N", help="Ids are 0 .. N-1.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="Of simulated samples.",
)
@reading_options
@json_option
@click.pass_context
def plan(
    context: click.Context,
    /,
    pilot: str,
    pilot_b: str | None,
    stop_below: float | None,
    reach: float | None,
    width: tuple[float, bool] | None,
    figure: str,
    power: float,
    level: float,
    space: int | None,
    seed: int,
    as_json: bool,
    **reading: Any,
) -> None:
    """Say how many draws are enough, from a pilot, or when to stop while they come.

    PILOT is a file of draws (.npy, .csv, .txt, .jsonl, .parquet, a pattern in quotes, or - for
    standard input). --stop-below reads until the ids never drawn surely have less than SHARE of
    the mass: that holds however often it is looked at, which no interval for one n does.

    Exit code 0: answered, or surely below. 1: not yet, the pilot tells too little, or draws that
    are not independent. 2: unusable input.
    """
    asked = _asked(context)
    options = ReadOptions(**reading)
    names = [pilot] if pilot_b is None else [pilot, pilot_b]
    sources = [_opened(name, options) for name in names]
    if len(names) == 2 and pilot == pilot_b == "-":
        raise ConfigError("standard input cannot hold both pilots; give one of them as a file")
    report: measure.StoppingReport | measure.PlanReport
    if asked == "stop_below":
        assert stop_below is not None
        report = _watched(sources[0], stop_below, level, space)
        text, answered = stopping_text(report), report.holds
    else:
        report = _planned(
            sources,
            reach=reach,
            figure=figure if width is not None else None,
            width=None if width is None else width[0],
            relative=width is not None and width[1],
            power=power,
            level=level,
            space=space,
            seed=seed,
        )
        text, answered = plan_text(report), report.needed.value is not None
    lines = read_lines(*([source] for source in sources))
    if as_json:
        say_json(with_read(report.as_dict(), lines))
    else:
        say(lines + text)
    if not answered:
        raise SystemExit(1)


def _asked(context: click.Context) -> str:
    """The one thing that is asked for; refuses options that say nothing of it."""
    asked = [name for name in _ASKED if context.params[name] is not None]
    if len(asked) != 1:
        got = " and ".join(map(_option, asked)) or "none of them"
        raise ConfigError(
            f"expected one of {', '.join(map(_option, _ASKED))}; got {got}: ask for one at a time"
        )
    others = {option for options in _ASKED.values() for option in options} - {*_ASKED[asked[0]]}
    wrong = [
        _option(name)
        for name in sorted(others)
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if wrong:
        raise ConfigError(f"{', '.join(wrong)} has no meaning with {_option(asked[0])}")
    return asked[0]


def _option(name: str) -> str:
    return _NAMES.get(name, f"--{name.replace('_', '-')}")


def _opened(name: str, options: ReadOptions) -> Draws:
    if not holds_draws(name):
        raise ConfigError(
            f"expected a file of draws, got {name}; draws end in .npy, .csv, .txt, .jsonl or "
            ".parquet, or are -; draw from a model with: fluxttice sample"
        )
    return read_draws(expand_names([name]), options, sys.stdin.buffer if name == "-" else None)


def _watched(draws: Draws, below: float, level: float, space: int | None) -> measure.StoppingReport:
    """Read until the rule holds; an interruption ends the reading too."""
    if draws.options.counts or draws.options.histogram:
        raise ConfigError(
            "--stop-below needs the draws themselves, in their order, got their counts: from these "
            "nothing holds that is looked at more than once"
        )
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
    return rule.report(name=describe_names(draws.names), interrupted=interrupted)


def _planned(sources: list[Draws], **asked: Any) -> measure.PlanReport:
    options, pilots = sources[0].options, list[Any](sources)
    is_counted = bool(options.counts or options.histogram)
    if is_counted:
        if len(sources) == 2:
            raise ConfigError("two pilots are compared draw by draw, got their counts")
        pilots = [frequencies_of(sources[0], histogram=options.histogram)]
    with progress("counting", "draw") as on_count, progress("planning", "part") as on_step:
        report = measure.plan_draws(
            *pilots,
            **asked,
            kind="counts" if is_counted else "draws",
            known_spaces=(GATES,),
            names=[describe_names(source.names) for source in sources],
            on_chunk=on_count,
            on_step=on_step,
        )
    if report.interrupted:
        note("interrupted: the plan is from the draws read so far")
    return report
