"""``certify``: measure a checkpoint, or count draws, and write what anyone can check."""

from __future__ import annotations

from typing import Any

import click

from ..api import certify as certify_checkpoint
from ..api.report import KINDS, Kind
from ..artifacts.draws import holds_draws, names_draws
from ..certificate.network.format import NUM_DRAWS
from ..errors import ConfigError
from ..seal import PASSWORD_VARIABLE
from .certify_draws import certify_drawn, certify_known
from .command import command
from .console import (
    json_option,
    load_model,
    say,
    say_json,
    sha256_option,
)
from .coverage import kind_of
from .progress import progress
from .reading import READING, reading_options
from .sections import SectionedCommand

OF_DRAWS = ("space", "include_draws", "groups", "target", "other", "modes", *READING)
FOR_DRAWS = (*OF_DRAWS, "title")
_DEFAULT = click.core.ParameterSource.DEFAULT
FOR_MODELS = ("config", "history", "trained_here", "sha256")


def _numbers(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part.replace("_", "")) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"expected whole numbers with commas between, got {text!r}"
        ) from None


@command(
    cls=SectionedCommand,
    epilog="\b\nExamples:\n"
    "  fluxttice certify latest.pt --out certificate --key release-key\n"
    "  fluxttice certify draws.npy --space 8192 --out certificate --key release-key",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@click.option("--out", "-o", required=True, metavar="DIR", help="A new or empty folder.")
@click.option(
    "--key",
    "-k",
    "keys",
    multiple=True,
    metavar="FILE",
    help=f"Private key that signs; may be repeated. Its password: {PASSWORD_VARIABLE}.",
)
@click.option("--config", metavar="FILE", help="Models: configuration of a file that carries none.")
@click.option(
    "--history", metavar="FILE", help="Models: the run's metrics.jsonl, bound by its hash."
)
@click.option("--expires", metavar="TIME", help="Such as 2027-01-31T00:00:00Z.")
@click.option("--supersedes", metavar="HEX", help="SHA-256 of the statement that this replaces.")
@click.option(
    "--trained-here", is_flag=True, help="Models: state that this processor trained the weights."
)
@click.option(
    "--num-draws",
    callback=_numbers,
    default=",".join(map(str, NUM_DRAWS)),
    show_default=True,
    help="The n at which distinct operations are counted, increasing; of draws, n of the curve.",
)
@click.option(
    "--space",
    type=click.IntRange(1, 2**62),
    metavar="N",
    help="Draws: ids are 0 .. N-1. Rows of nine trits need none.",
)
@click.option(
    "--groups",
    metavar="NAME",
    help="Draws: the column that names each draw's group; or rows, or files.",
)
@click.option("--target", metavar="FILE", help="Draws: the masses to be drawn with.")
@click.option("--other", metavar="FILE", help="Draws: another generator's, to compare with.")
@click.option(
    "--modes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Draws: how many of a target's largest masses are modes.",
)
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="What SOURCE holds, where its name does not say it.",
)
@click.option("--title", metavar="TEXT", help="Draws: your words, shown as yours.")
@click.option("--include-draws", is_flag=True, help="Draws: put their file into the folder.")
@reading_options
@sha256_option
@json_option
@click.pass_context
def certify(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    out: str,
    keys: tuple[str, ...],
    config: str | None,
    history: str | None,
    expires: str | None,
    supersedes: str | None,
    trained_here: bool,
    num_draws: tuple[int, ...],
    space: int | None,
    groups: str | None,
    target: str | None,
    other: str | None,
    modes: int,
    kind: Kind | None,
    title: str | None,
    include_draws: bool,
    sha256: str | None,
    as_json: bool,
    **reading: Any,
) -> None:
    """Measure SOURCE, and write a certificate of what was found.

    SOURCE is a checkpoint, measured beside its limits and controls; draws of any generator, as
    fluxttice coverage takes them, whose counts go into the certificate and which stay private; or,
    with --kind masses, known masses, which go into it. It certifies measurements, not wishes: a
    network that knows nothing gets a certificate that says so. Without --key the certificate is
    unsigned, and verifying it says that too.
    """
    kind = kind or kind_of(sources, holds_draws if sha256 is None else names_draws)
    _refuse_options(context, kind)
    told = context.get_parameter_source("num_draws") is click.core.ParameterSource.COMMANDLINE
    if kind == "masses":
        certify_known(
            sources,
            out,
            keys=keys,
            num_draws=num_draws if told else (),
            title=title,
            expires=expires,
            supersedes=supersedes,
            as_json=as_json,
        )
        return
    if kind == "draws":
        if target is None and context.get_parameter_source("modes") is not _DEFAULT:
            raise ConfigError("--modes are those of a --target; give one, or leave it out")
        certify_drawn(
            sources,
            out,
            keys=keys,
            reading={**reading, "groups": groups},
            target=target,
            other=other,
            num_modes=modes,
            num_draws=num_draws if told else (),
            space=space,
            title=title,
            include=include_draws,
            expires=expires,
            supersedes=supersedes,
            as_json=as_json,
        )
        return
    source = load_model(sources[0], sha256)
    with progress("measuring the model and two controls") as on_progress:
        predicate = certify_checkpoint(
            source,
            out,
            key=keys,
            config=config,
            history=history,
            expires=expires,
            supersedes=supersedes,
            trained_here=trained_here,
            num_draws=num_draws,
            on_progress=on_progress,
        )
    if as_json:
        say_json(predicate)
        return
    met = sum(item["met"] for item in predicate["checklist"])
    signed = ", ".join(name[:16] for name in predicate["signers"])
    say(predicate["separation"]["verdict"])
    say(f"{met} of {len(predicate['checklist'])} items of the checklist are met")
    for item in predicate["checklist"]:
        if not item["met"]:
            say(f"  unmet: {item['item']} ({item['detail']})")
    say(f"written to {out}, {f'signed by {signed}' if signed else 'NOT SIGNED (no --key)'}")


def _refuse_options(context: click.Context, kind: Kind) -> None:
    wrong = {"model": FOR_DRAWS, "draws": FOR_MODELS, "masses": (*OF_DRAWS, *FOR_MODELS)}[kind]
    given = [
        f"--{name.replace('_', '-')}"
        for name in wrong
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        what = {"model": "a checkpoint", "draws": "draws", "masses": "masses"}[kind]
        raise ConfigError(
            f"{', '.join(given)} has no meaning for {what}; SOURCE is read as {what} because of "
            "its name (draws end in .npy, .csv, .txt, .jsonl or .parquet, or are -) or of --kind"
        )


__all__ = ["certify"]
