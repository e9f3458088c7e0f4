"""``compare``: do the draws of two generators tell them apart, and where do they differ."""

from __future__ import annotations

import sys
from typing import Any

import click

from .. import measure
from ..artifacts.draws import ReadOptions, describe_names, expand_names, holds_draws, read_draws
from ..errors import ConfigError
from ..gates.operations import GATES
from ..measure.forms import TableForm
from ..measure.pairs.permutation import NUM_PERMUTATIONS
from ..show.two_samples_text import two_samples_text
from .command import command
from .console import json_option, note, one_form, say, say_json, table_option
from .progress import progress
from .reading import read_lines, reading_options, with_read
from .sections import SectionedCommand


@command(
    cls=SectionedCommand,
    epilog="\b\nExamples:\n"
    "  fluxttice compare before.npy after.npy\n"
    "  fluxttice compare 'old-*.npy' 'new-*.npy' --space 8192\n"
    "  my_sampler | fluxttice compare - training.txt --json",
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "--space",
    type=click.IntRange(1, 2**62),
    metavar="N",
    help="Ids are 0 .. N-1. Rows of nine trits need none.",
)
@click.option(
    "--permutations",
    type=click.IntRange(19, 10**6),
    default=NUM_PERMUTATIONS,
    show_default=True,
    help="Of the labels, behind the p-value; small samples need none.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="Of the permutations.",
)
@reading_options
@table_option
@json_option
def compare(
    a: str,
    b: str,
    space: int | None,
    permutations: int,
    seed: int,
    table: TableForm | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Compare the draws of two generators, and say whether they tell the two apart.

    A and B are files of draws of the same things (.npy, .csv, .txt, .jsonl, .parquet, a pattern in
    quotes, or - for standard input). More draws meet more ids, so the larger sample is cut to the
    size of the smaller, and once more to the mass that the poorer has seen. The test exchanges the
    labels of the draws: it needs no model of either.

    Exit code 0: compared, told apart or not (in --json: told_apart). 1: draws that are not
    independent, so nothing is compared. 2: unusable input.
    """
    one_form(table, as_json=as_json)
    for name in (a, b):
        if not holds_draws(name):
            raise ConfigError(
                f"expected two files of draws, got {name}; draws end in .npy, .csv, .txt, .jsonl "
                "or .parquet, or are -; draw from a model with: fluxttice sample"
            )
    names = (expand_names([a]), expand_names([b]))
    if a == b == "-":
        raise ConfigError("standard input cannot hold both samples; give one of them as a file")
    stdin = sys.stdin.buffer if "-" in (a, b) else None
    options = ReadOptions(**reading)
    if options.counts or options.histogram:
        raise ConfigError("compare needs the draws themselves, got their counts")
    one, other = (read_draws(sample, options, stdin) for sample in names)
    with progress("counting", "draw") as on_count, progress("permuting", "time") as on_permutation:
        report = measure.compare_samples(
            one,
            other,
            space=space,
            known_spaces=(GATES,),
            num_permutations=permutations,
            seed=seed,
            names=(describe_names(names[0]), describe_names(names[1])),
            on_chunk=on_count,
            on_permutation=on_permutation,
        )
    if report.interrupted:
        note("interrupted: B holds the draws read so far")
    read = read_lines([one], [other])
    if as_json:
        say_json(with_read(report.as_dict(), read))
    elif table is not None:
        note(read.rstrip())
        say(report.to_table(table))
    else:
        say(read + two_samples_text(report))
    if not report.independent:
        raise SystemExit(1)
