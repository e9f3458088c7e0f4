"""Options and fixtures shared by every test."""

import json
import os
from pathlib import Path

import pytest

# Before NumPy and PyTorch are imported: test processes share the cores, and threads waiting for
# each other take several times as long as one that computes. Commands that tests start inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from fluxttice_core.environment import describe_environment

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "sandbox-training/checkpoints/v5_5/latest.pt"


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
            (Path(folder) / f"{name}.json").write_text(text)

    return write


def pytest_collection_modifyitems(items):
    """Skip what needs an accelerator where there is none."""
    if any(item.get_closest_marker("gpu") for item in items):
        import torch

        if not torch.cuda.is_available():
            for item in items:
                if item.get_closest_marker("gpu"):
                    item.add_marker(pytest.mark.skip(reason="no accelerator here"))
