"""Write the figures of README.md and docs/ from the records that measured them.

    python scripts/release/write_figures.py [--check]

Text between ``<!-- figures: NAME -->`` and ``<!-- end -->`` is replaced. ``--check`` writes nothing
and leaves with 1 if a page does not say what the records say.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click

from fluxttice_core.artifacts.files import write_atomically
from fluxttice_core.cli.console import percent, say
from fluxttice_core.cli.main import run_command

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/model.md", "docs/configuration.md")
MARKER = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def record(name: str) -> Any:
    """Read one record of ``benchmarks/``."""
    return json.loads((ROOT / "benchmarks" / name).read_text())


def summary() -> str:
    """The README's table, from ``coverage_vs_entropy.json``."""
    report = record("coverage_vs_entropy.json")["results"]["report"]
    model, controls = report["pathways"], report["controls"]
    untrained = [controls["untrained"], *controls["untrained"]["replicates"]]
    blind = [network["pathways"][name] for network in untrained for name in "AB"]
    perfect = controls["perfect"]["pathways"]["A"]
    codebook = record("codebook.json")["pathways"]

    def exact(pathway: Any) -> str:
        counts = pathway["reconstruction"]["by_rho"]["0"]
        seen = f"{counts['test']['num_exact']:,} of {counts['test']['num_operations']:,}"
        return f"{percent(counts['all']['exact_rate'])} ({seen})"

    def row(name: str, values: list[str], limit: str) -> str:
        return f"| {name} | {' | '.join(values)} | {limit} |"

    shown = [*(model[name] for name in "AB"), *(codebook[name] for name in "AB")]
    lines = [
        "| measured over all 19,683 gates | v5.5 A | v5.5 B | codebook A | codebook B "
        "| random weights | by hand | limit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        row(
            "exact reconstruction, own code (of those never seen)",
            [*map(exact, shown), max(map(exact, blind)), exact(perfect)],
            "100 %",
        ),
    ]
    for reading in ("sampled", "mode"):
        best = max(blind, key=lambda pathway: float(pathway[reading]["50000"]["ratio"]))
        ratios = [item[reading]["50000"]["ratio"] for item in (*shown, best, perfect)]
        name = f"coverage / limit at 50,000 draws, {reading}"
        lines.append(row(name, [f"{ratio:.4f}" for ratio in ratios], "1"))
    for key, name, digits, limit, best_of in (
        ("mutual_information_nats", "information I(x; z), nats", 2, "9.89", max),
        ("chi_square", "chi-square from uniform", 4, "0", min),
    ):
        values = [*(item[key] for item in shown), best_of(p[key] for p in blind), perfect[key]]
        lines.append(row(name, [f"{value:z.{digits}f}" for value in values], limit))
    return "\n".join(lines)


def speed() -> str:
    """The README's sentence on training, from ``training_speed.json``."""
    measured = record("training_speed.json")
    return (
        f"An epoch takes {measured['seconds_per_epoch']['median']:.1f} s on two cores, evaluation "
        "and coverage count included, at a peak of "
        f"{measured['peak_process_bytes'] / 2**20:.0f} MiB (`python benchmarks/training_speed.py`)."
    )


def ablation() -> str:
    """The table of mechanisms, from ``ablation.json``."""
    lines = [
        "| variant | score | C/U sampled A, B | C/U mode A, B | I(x; z) A, B | own code A, B "
        "| coupled A, B |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in record("ablation.json").items():

        def pair(key: str, digits: int, row: Any = row) -> str:
            return ", ".join(f"{row[pathway][key]:.{digits}f}" for pathway in ("A", "B"))

        alone, coupled = (
            ", ".join(percent(row[pathway][key]) for pathway in ("A", "B"))
            for key in ("exact_alone", "exact_coupled")
        )
        lines.append(
            f"| {name} | {row['selection_score']:.4f} | {pair('sampled_ratio', 4)} "
            f"| {pair('mode_ratio', 4)} | {pair('mutual_information_nats', 2)} | {alone} "
            f"| {coupled} |"
        )
    return "\n".join(lines)


def identity() -> str:
    """The README's sentence on the weights' hash, from the benchmark record."""
    digest = record("coverage_vs_entropy.json")["metadata"]["weights_hash"]
    return f"The weights' SHA-256 is `{digest}`."


FIGURES = {"summary": summary, "speed": speed, "ablation": ablation, "identity": identity}


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; leave with 1 if a page differs.")
def write(check: bool) -> None:
    """Fill the figures into the pages."""
    stale = []
    for page in PAGES:
        path = ROOT / page
        old = path.read_text(encoding="utf-8")
        new = MARKER.sub(
            lambda found: f"{found[1]}{FIGURES[found[2]]()}\n{found[3]}",
            old,
        )
        if new != old:
            stale.append(page)
            if not check:
                write_atomically(path, new.encode())
    if check and stale:
        say(f"not what the records say: {', '.join(stale)}; run without --check")
        raise SystemExit(1)
    say("every figure is as recorded" if not stale else f"written: {', '.join(stale)}")


if __name__ == "__main__":
    run_command(write, "write_figures.py")
