"""``certify``: measure a checkpoint and write what anyone can check."""

from __future__ import annotations

import click

from ..api import certify as certify_checkpoint
from ..certificate.network.drawn_claims import NUM_DRAWS
from ..seal import PASSWORD_VARIABLE
from .console import (
    json_option,
    load_model,
    progress,
    say,
    say_json,
    sha256_option,
)


def _numbers(_: click.Context, __: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part.replace("_", "")) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"expected whole numbers with commas between, got {text!r}"
        ) from None


@click.command(
    epilog="Example: fluxttice certify latest.pt --out certificate --history metrics.jsonl "
    "--key release-key"
)
@click.argument("checkpoint")
@click.option("--out", "-o", required=True, metavar="DIR", help="A new or empty folder.")
@click.option(
    "--key",
    "-k",
    "keys",
    multiple=True,
    metavar="FILE",
    help=f"Private key that signs; may be repeated. Its password: {PASSWORD_VARIABLE}.",
)
@click.option("--config", metavar="FILE", help="Configuration of a file that carries none.")
@click.option("--history", metavar="FILE", help="The run's metrics.jsonl, bound by its hash.")
@click.option("--expires", metavar="TIME", help="Such as 2027-01-31T00:00:00Z.")
@click.option("--supersedes", metavar="HEX", help="SHA-256 of the statement that this replaces.")
@click.option("--trained-here", is_flag=True, help="State that this processor trained the weights.")
@click.option(
    "--num-draws",
    callback=_numbers,
    default=",".join(map(str, NUM_DRAWS)),
    show_default=True,
    help="The n at which distinct operations are counted, increasing.",
)
@sha256_option
@json_option
def certify(
    checkpoint: str,
    out: str,
    keys: tuple[str, ...],
    config: str | None,
    history: str | None,
    expires: str | None,
    supersedes: str | None,
    trained_here: bool,
    num_draws: tuple[int, ...],
    sha256: str | None,
    as_json: bool,
) -> None:
    """Measure CHECKPOINT beside its limits and controls, and write its certificate.

    It certifies measurements, not wishes: a network that knows nothing gets a certificate that says
    so. Without --key the certificate is unsigned, and verifying it says that too.
    """
    source = load_model(checkpoint, sha256)
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


__all__ = ["certify"]
