"""The tables of docs/measurement.md on other people's generators, from their records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def gflownet(record: Any) -> str:
    """What torchgfn's own distance and our report say of the same draws, and what is true."""
    exact, training = record["exact"], record["training"]
    lines = [
        *_table(
            "n",
            "torchgfn's L1",
            "of a perfect sampler",
            "above it, deviations",
            "`ratio`, exact",
            "`mass_of_modes`, exact",
            "`chi_square`, exact",
        )
    ]
    for n, each in record["num_draws"].items():
        run = each["one_run_of_torchgfn"]
        floor, ours, true = run["floor_of_l1"], run["ours"], each["exact"]
        lines.append(
            _row(
                f"{int(n):,}",
                f"{run['torchgfn']['l1_dist']:.4f}",
                f"{floor['mean']:.4f} ± {floor['standard_deviation']:.4f}",
                f"{run['l1_above_its_floor_in_deviations']:.1f}",
                _beside(ours["ratio"], true["ratio"]),
                _beside(ours["mass_of_modes"], true["mass_of_modes"]),
                _beside(ours["chi_square"], true["chi_square"]),
            )
        )
    lines += [
        "",
        f"{training['trajectories'] / 1e6:.1f} million trajectories. Exactly, the model's L1 is "
        f"{exact['l1']:.4f}, and the {exact['num_modes']} modes have {exact['mass_of_modes']:.4f} "
        f"of its mass, {exact['mass_of_modes_of_the_target']:.4f} of the target's. How often the "
        "intervals held, in per cent:",
        "",
        *_table(
            "samples of",
            "n",
            "samples",
            "`ratio`",
            "`mass_of_modes`",
            "`chi_square`",
            "told from a perfect sampler",
        ),
    ]
    for way, name in (
        ("exact_model", "the exact distribution"),
        ("torchgfn_sampler", "torchgfn's sampler"),
        ("perfect_sampler", "a perfect sampler"),
    ):
        for n, each in record["num_draws"].items():
            held = each[way]["share_of_intervals_that_hold"]
            lines.append(
                _row(
                    name,
                    f"{int(n):,}",
                    str(each[way]["num_samples"]),
                    *(_share(held[one]) for one in ("ratio", "mass_of_modes", "chi_square")),
                    _share(each[way]["told_apart_from_a_perfect_sampler"]),
                )
            )
    return "\n".join(lines)


def codebook(record: Any) -> str:
    """Plug-in perplexity, the corrected one and usage beside what is exactly true."""
    lines = [
        *_table(
            "quantiser",
            "n",
            "plug-in",
            "corrected",
            "exact",
            "interval of the meter holds",
            "of `draws`: order 1, 2, unseen mass, distinct ids",
            "usage",
            "fair dice",
        )
    ]
    for name, book in record["quantizers"].items():
        for n, each in book["num_draws"].items():
            held, mean = each["share_that_hold"], each["mean"]
            alone = ("hill_number_1", "hill_number_2", "unseen_mass", "observed_richness")
            lines.append(
                _row(
                    name,
                    f"{int(n):,}",
                    f"{mean['plug_in_perplexity']:,.0f}",
                    f"{mean['perplexity_corrected']:,.0f}",
                    f"{book['exact_perplexity']:,.0f}",
                    _share(held["meter_perplexity_corrected"]),
                    ", ".join(_share(held[f"draws_{one}"]) for one in alone),
                    f"{mean['usage']:.2%}".replace("%", " %"),
                    f"{each['usage_of_fair_dice']:.2%}".replace("%", " %"),
                )
            )
    return "\n".join(lines)


def dependent(record: Any) -> str:
    """How often the intervals of dependent tokens hold, with groups and without."""
    lines = [
        *_table(
            "quantiser",
            "images",
            "by rows: order 1, 2, unseen mass, distinct ids",
            "meter: order 1",
            "noticed without groups",
            "without groups, if not noticed",
        )
    ]
    figures = ("hill_number_1", "hill_number_2", "unseen_mass", "observed_richness")
    for name, kinds in record["quantizers"].items():
        for kind, by_num in kinds.items():
            for num, each in by_num.items():
                held = each["share_that_hold"]
                alone = held["without_groups"]
                lines.append(
                    _row(
                        name,
                        f"{num} of {kind}",
                        ", ".join(_share(held["rows_as_groups"][one]) for one in figures),
                        _share(held["meter"]["hill_number_1"]),
                        _share(each["noticed_without_groups"]),
                        "-"
                        if alone["hill_number_1"] is None
                        else ", ".join(_share(alone[one]) for one in figures),
                    )
                )
    return "\n".join(lines)


def _beside(estimate: Any, exact: float) -> str:
    if estimate["interval"] is None:
        return f"no interval, {exact:.4f}"
    low, high = ("" if end is None else f"{end:.4f}" for end in estimate["interval"])
    return f"{low} .. {high}, {exact:.4f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _table(*heads: str) -> Sequence[str]:
    return (_row(*heads), "| --- " * len(heads) + "|")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
