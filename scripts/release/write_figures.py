"""Write the figures of README.md and docs/ from the records that measured them.

    python scripts/release/write_figures.py [--check]

Text between ``<!-- figures: NAME -->`` and ``<!-- end -->`` is replaced. ``--check`` writes nothing
and leaves with 1 if a page does not say what the records say.
"""

from __future__ import annotations

import json
import math
import re
import statistics
from pathlib import Path
from typing import Any

import click
import peer_figures

from fluxttice_core import load
from fluxttice_core.cli.console import say
from fluxttice_core.cli.main import run_command
from fluxttice_core.files import write_atomically
from fluxttice_core.show.words import percent

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "docs/assurance.md",
    "docs/configuration.md",
    "docs/measurement.md",
    "docs/model.md",
)
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
    limit_nats = perfect["limit_nats"]

    def exact(pathway: Any, part: str) -> float:
        rate: float = pathway["reconstruction"]["by_rho"]["0"][part]["exact_rate"]
        return rate

    def row(name: str, values: list[str], dice: str, limit: str) -> str:
        *others, by_hand = values
        return f"| {name} | {' | '.join(others)} | {dice} | {by_hand} | {limit} |"

    shown = [*(codebook[name] for name in "AB"), *(model[name] for name in "AB")]
    lines = [
        "| measured over all 19,683 gates | codebook A | codebook B | v5.5 A | v5.5 B "
        "| random weights | fair dice | by hand | limit |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for part, name in (("all", "all gates"), ("test", "the 1,969 of the test split")):
        rates = [exact(item, part) for item in shown]
        rates += [max(exact(item, part) for item in blind), exact(perfect, part)]
        name = f"exact reconstruction, own code, {name}"
        lines.append(row(name, [percent(rate) for rate in rates], percent(1 / 19683), "100 %"))
    for reading in ("sampled", "mode"):
        best = max(blind, key=lambda pathway: float(pathway[reading]["50000"]["ratio"]))
        ratios = [item[reading]["50000"]["ratio"] for item in (*shown, best, perfect)]
        name = f"coverage / limit at 50,000 draws, {reading}"
        lines.append(row(name, [f"{ratio:.4f}" for ratio in ratios], "1", "1"))
    for key, name, digits, limit, best_of in (
        ("mutual_information_nats", "information I(x; z), nats", 2, f"{limit_nats:.2f}", max),
        ("chi_square", "chi-square from uniform", 4, "0", min),
    ):
        values = [*(item[key] for item in shown), best_of(p[key] for p in blind), perfect[key]]
        lines.append(row(name, [f"{value:z.{digits}f}" for value in values], "0", limit))
    return "\n".join(lines)


def speed() -> str:
    """The README's sentence on training, from ``training_speed.json``."""
    measured = record("training_speed.json")
    return (
        f"An epoch of v5.5 takes {measured['seconds_per_epoch']['median']:.1f} s on "
        f"{ {1: 'one thread', 2: 'two threads'}[measured['threads']] }, "
        "evaluation and coverage count included, at a peak of "
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


# key -> (name, digits; with % as a share)
CODEBOOK_ROWS: dict[str, tuple[str, str]] = {
    "exact_all": ("exact reconstruction, own code, all gates", "%"),
    "exact_test": ("the same, gates never seen in training", "%"),
    "exact_coupled_least": ("coupled, the least over rho 0, 0.1, 0.3, 0.5, 0.7", "%"),
    "exact_noisy": ("from one posterior draw", "3%"),
    "kl_nats": ("mean KL, nats", "1"),
    "sampled_ratio_least": ("C/U sampled, the least over the four n", "5"),
    "mode_ratio_least": ("C/U mode, the least over the four n", "5"),
    "chi_square": ("chi-square from uniform, sampled marginal", "5"),
    "mode_chi_square": ("chi-square from uniform, mode cells", "5"),
    "single_trit_chi_square": ("of the sampled one, in the masses of single trits", "5"),
    "minimum_mass": ("smallest N p(x), bracket", "2"),
    "mutual_information_nats": ("I(x; z), nats", "3"),
    "neighbour_hamming_1": ("nearest code differs in one trit", "%"),
    "spearman_l1": ("Spearman of distances of codes and trits", "4"),
    "training_minutes": ("training on two threads, minutes (300 times the median epoch)", "1"),
}


def codebook_seeds() -> str:
    """The goals and three trainings held against them, from ``codebook_seeds.json``."""
    found = record("codebook_seeds.json")
    heads = [f"seed {item['seed']}, A / B" for item in found["trainings"]]
    lines = [f"| figure | goal | {' | '.join(heads)} |", "| --- " * (2 + len(heads)) + "|"]

    def text(value: float, form: str) -> str:
        return f"{100 * value:.{form[:-1] or 0}f} %" if form[-1] == "%" else f"{value:.{form}f}"

    for key, (name, form) in CODEBOOK_ROWS.items():
        goal = found["goals"].get(key)
        cells = []
        for item in found["trainings"]:
            pair = []
            for pathway in item["pathways"].values():
                shown = text(pathway[key], form)
                if key == "minimum_mass":
                    shown += f" to {text(pathway['minimum_mass_high'], form)}"
                value = pathway[key]
                is_missed = goal and (
                    value < goal["goal"] if goal["more"] else value > goal["goal"]
                )
                pair.append(f"**{shown}**" if is_missed else shown)
            # Both pathways are trained at once.
            cells.append(" / ".join(pair[:1] if key == "training_minutes" else pair))
        bound = "-"
        if goal:
            number = f"{100 * goal['goal']:g} %" if form[-1] == "%" else f"{goal['goal']:g}"
            bound = f"{'at least' if goal['more'] else 'at most'} {number}"
        lines.append(f"| {name} | {bound} | {' | '.join(cells)} |")
    return "\n".join(lines)


# key -> (name, factor, digits, whether the worse pathway is the lower one)
EFFECTS: dict[str, tuple[str, float, int, bool]] = {
    "exact_alone": ("own code, %", 100, 1, True),
    "exact_coupled": ("coupled at rho 0.7, %", 100, 1, True),
    "exact_noisy": ("noisy, %", 100, 1, True),
    "sampled_ratio": ("C/U at 50,000", 1, 4, True),
    "chi_square": ("chi-square", 1, 4, False),
    "mutual_information_nats": ("I, nats", 1, 2, True),
    "spearman_l1": ("Spearman", 1, 3, True),
    "kl_nats": ("KL, nats", 1, 1, False),
}
# Student's t at 97.5 % for two and three trainings (1 and 2 degrees of freedom).
STUDENT = {2: 12.706, 3: 4.303}


def codebook_ablation() -> str:
    """What each change does to the worse pathway, from ``ablation_codebook.json``."""
    worse: dict[str, dict[str, dict[str, float]]] = {}
    for name, row in record("ablation_codebook.json").items():
        variant, seed = name.rsplit(", seed ", 1)
        worse.setdefault(variant, {})[seed] = {
            key: factor * (min if low else max)(row[pathway][key] for pathway in ("A", "B"))
            for key, (_, factor, _, low) in EFFECTS.items()
        }
    heads = [name for name, *_ in EFFECTS.values()]
    lines = [f"| variant | {' | '.join(heads)} |", "| --- " * (1 + len(heads)) + "|"]
    for variant, runs in worse.items():
        cells = []
        for key, (_, _, digits, _) in EFFECTS.items():
            base = [worse["base"][seed][key] for seed in runs]
            values = [run[key] for run in runs.values()]
            if variant != "base":
                values = [value - start for value, start in zip(values, base, strict=True)]
            mean, count = statistics.fmean(values), len(values)
            half = STUDENT[count] * statistics.stdev(values) / math.sqrt(count) if count > 1 else 0
            sign = "" if variant == "base" else "+"
            shown = f"{mean:{sign}.{digits}f} ± {half:.{digits}f}"
            clear = variant != "base" and abs(mean) > half
            cells.append(f"**{shown}**" if clear else shown)
        lines.append(f"| {variant} | {' | '.join(cells)} |")
    return "\n".join(lines)


def identity() -> str:
    """The README's sentence on the hash of v5.5's weights, from the benchmark record."""
    digest = record("coverage_vs_entropy.json")["metadata"]["weights_hash"]
    return f"The weights' SHA-256 is `{digest}`."


def identity_codebook() -> str:
    """The same of the codebook's; the records must be of the packaged weights."""
    digest = load("codebook").weights_sha256
    for name, found in (
        ("codebook.json", record("codebook.json")["weights_sha256"]),
        ("codebook_seeds.json", record("codebook_seeds.json")["trainings"][0]["weights_sha256"]),
    ):
        if found != digest:
            raise SystemExit(f"{name} is of weights {found}, expected the packaged {digest}")
    return f"The weights' SHA-256 is `{digest}`."


# What is read along a curve, in one row: "richness at 0.6 n" and "richness of 5 draws".
ALONG = re.compile(r"(?: (?:at|to|at the coverage of) [\d.]+ n| of \d+ draws)$")
BY_UNITS = re.compile(r"^\d+ units$")


def intervals() -> str:
    """Of each kind and figure, where its interval held least, from ``assurance/intervals/``."""
    found: dict[tuple[str, str], list[tuple[float, int, str]]] = {}
    for path in sorted((ROOT / "assurance" / "intervals").glob("*.json")):
        law = json.loads(path.read_text())
        for regime, figures in law["held"].items():
            where = law["law"] if regime in law["law"] else f"{law['law']}, {regime}"
            for figure, cell in figures.items():
                name = ALONG.sub(" along the curve", figure)
                name = BY_UNITS.sub("richness along the curve", name)
                row = (cell["held"], cell["given"], where)
                found.setdefault((law["kind"], name), []).append(row)
    lines = [
        "| kind | 95 % interval of | regimes | held at least | of | in |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for (kind, figure), rows in found.items():
        share, given, where = min(rows)
        lines.append(
            f"| {kind} | {figure.replace('_', ' ')} | {len(rows)} | {percent(share)} | {given:,} "
            f"| {where} |"
        )
    return "\n".join(lines)


FIGURES = {
    "intervals": intervals,
    "summary": summary,
    "speed": speed,
    "ablation": ablation,
    "codebook_seeds": codebook_seeds,
    "codebook_ablation": codebook_ablation,
    "identity": identity,
    "identity_codebook": identity_codebook,
    "gflownet_peer": lambda: peer_figures.gflownet(record("gflownet_peer.json")),
    "codebook_peer": lambda: peer_figures.codebook(record("codebook_peer.json")),
    "dependent_tokens": lambda: peer_figures.dependent(record("dependent_tokens.json")),
}


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
