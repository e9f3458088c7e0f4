"""Options and fixtures shared by every test."""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import settings

# Before NumPy and PyTorch are imported: test processes share the cores, and threads waiting for
# each other take several times as long as one that computes. Commands that tests start inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from fluxttice_core.environment import describe_environment

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "sandbox-training/checkpoints/v5_5/latest.pt"

# A change must pass the same tests each time: properties are tried on examples that follow from
# the test alone. `make assurance` explores others, and many more.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2_000, deadline=None, print_blob=True)
settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def no_signs_of_life(monkeypatch):
    """How long a command takes on a busy machine is no part of what it says."""
    monkeypatch.setattr("fluxttice_core.cli.progress.FIRST_SIGN_SECONDS", 3_600.0)


def pytest_addoption(parser):
    parser.addoption(
        "--checkpoint",
        default=str(SHIPPED),
        help="checkpoint measured by tests/test_generalization.py (default: the shipped one)",
    )


@pytest.fixture(scope="session")
def checkpoint_path(request):
    return Path(request.config.getoption("--checkpoint"))


@pytest.fixture
def assurance_record():
    """Write a named record of a heavy check where ``make assurance`` collects them."""
    folder = os.environ.get("FLUXTTICE_ASSURANCE_DIR")

    def write(name, record):
        if folder:
            record = {**record, "environment": describe_environment()}
            text = json.dumps(record, indent=2, sort_keys=True) + "\n"
            path = Path(folder) / f"{name}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    return write


@pytest.fixture
def intervals_record(assurance_record):
    """Write how often intervals held: of a kind, under a law, in every regime.

    ``held`` maps a regime to a figure to the share that held, or to ``(share, number given)``
    where some data sets have no interval. The table of docs/assurance.md is made of these.
    """

    def write(kind, law, num_data_sets, held):
        name = re.sub(r"[^a-z0-9.]+", "-", f"{kind} {law}".lower()).strip("-")
        cells = {
            regime: {
                figure: dict(zip(("held", "given"), found, strict=True))
                if isinstance(found, tuple)
                else {"held": found, "given": num_data_sets}
                for figure, found in each.items()
            }
            for regime, each in held.items()
        }
        record = {"kind": kind, "law": law, "num_data_sets": num_data_sets, "held": cells}
        assurance_record(f"intervals/{name}", record)

    return write


def pytest_collection_modifyitems(items):
    """Skip what needs an accelerator where there is none."""
    if any(item.get_closest_marker("gpu") for item in items):
        import torch

        if not torch.cuda.is_available():
            for item in items:
                if item.get_closest_marker("gpu"):
                    item.add_marker(pytest.mark.skip(reason="no accelerator here"))
