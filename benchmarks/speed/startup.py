"""What a user waits for before anything happens: import, ``--help``, and a signature checked.

python -m benchmarks.speed.startup
"""

from __future__ import annotations

import subprocess
import sys

from .harness import ROOT, Comparison, command, compare

CERTIFICATE, KEY = ROOT / "certificates/v5_5", ROOT / "certificates/fluxttice.pub"
FLUXTTICE = "from fluxttice_core.cli import main; main()"
JOBS = {
    # name: ours; the textbook's, which loads the framework first; the least that must be loaded
    "import": (
        ["-c", "import fluxttice_core"],
        ["-c", "import numpy, torch"],
        ["-c", "import numpy"],
    ),
    "--help": (
        ["-c", FLUXTTICE, "--help"],
        ["-c", "import argparse, numpy, torch; argparse.ArgumentParser().print_help()"],
        ["-c", "import click"],
    ),
    "verify, signature and files": (
        ["-c", FLUXTTICE, "verify", str(CERTIFICATE), "--key", str(KEY), "--level", "1"],
        ["-m", "benchmarks.reference.verify", str(CERTIFICATE), str(KEY)],
        ["-c", "import numpy, cryptography.hazmat.primitives.serialization"],
    ),
}


def measure(threads: int, repeats: int) -> list[Comparison]:
    def process(arguments):
        return lambda: subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )

    return [
        compare(
            name,
            1,
            "runs",
            ours=process(ours),
            reference=process(reference),
            ceiling=process(ceiling),
            repeats=repeats,
        )
        for name, (ours, reference, ceiling) in JOBS.items()
    ]


main = command("startup", measure)

if __name__ == "__main__":
    main()
