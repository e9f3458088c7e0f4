"""Training tests look at what an epoch does, not at how finely it is measured."""

import pytest
import torch

from tests.support import evaluate_cheaply


@pytest.fixture(autouse=True)
def cheap_evaluation(monkeypatch):
    evaluate_cheaply(monkeypatch)


@pytest.fixture(autouse=True)
def one_thread():
    """Small products gain nothing from a second thread, and test processes share the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
