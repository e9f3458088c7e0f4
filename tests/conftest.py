"""Options and fixtures shared by every test."""

from pathlib import Path

import pytest

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
