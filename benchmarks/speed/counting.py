"""Counting operation indices that lie in memory, and rows of trits.

python -m benchmarks.speed.counting
"""

from __future__ import annotations

from .harness import Comparison, command, compare

NUM_IDS, REFERENCE_IDS = 10**8, 2 * 10**6
NUM_ROWS, REFERENCE_ROWS = 4 * 10**6, 10**5


def measure(threads: int, repeats: int) -> list[Comparison]:
    import numpy as np

    from benchmarks.reference.counting import count_ids, count_tuples
    from fluxttice_core import coverage_report, generate_all_operations
    from fluxttice_core.gates.operations import NUM_OPERATIONS

    generator = np.random.default_rng(0)
    ids = generator.integers(0, NUM_OPERATIONS, NUM_IDS, dtype=np.int16)
    copied = np.empty_like(ids)
    rows = generate_all_operations()[generator.integers(0, NUM_OPERATIONS, NUM_ROWS)]
    copied_rows = np.empty_like(rows)
    return [
        compare(
            "coverage_report of ids",
            NUM_IDS,
            "ids",
            ours=lambda: coverage_report(ids, space=NUM_OPERATIONS),
            reference=lambda: count_ids(ids[:REFERENCE_IDS].tolist()),
            ceiling=lambda: np.copyto(copied, ids),
            repeats=repeats,
            parts={"reference": NUM_IDS / REFERENCE_IDS},
        ),
        compare(
            "coverage_report of rows of trits",
            NUM_ROWS,
            "rows",
            ours=lambda: coverage_report(rows),
            reference=lambda: count_tuples(rows[:REFERENCE_ROWS]),
            ceiling=lambda: np.copyto(copied_rows, rows),
            repeats=repeats,
            parts={"reference": NUM_ROWS / REFERENCE_ROWS},
        ),
    ]


main = command("counting", measure)

if __name__ == "__main__":
    main()
