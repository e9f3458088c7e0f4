"""What the machine is asked for, and what is given back."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from fluxttice_core import threads
from fluxttice_core.api import train
from fluxttice_core.config import parse_config
from fluxttice_core.evidence.marginal import estimate_marginal
from fluxttice_core.threads import one_blas_thread
from tests.support import evaluate_cheaply, tiny_mapping


@pytest.fixture
def calls():
    libraries = threads.openblas().lib_controllers
    if not libraries:
        pytest.skip("NumPy has another BLAS than OpenBLAS")
    get, put = libraries[0].get_num_threads, libraries[0].set_num_threads
    before = get()
    put(2)
    yield get, put
    put(before)


def test_products_keep_to_one_thread_inside_the_block(calls):
    get, _ = calls
    with one_blas_thread():
        assert get() == 1
        with one_blas_thread():
            assert get() == 1
        assert get() == 1
    assert get() == 2


def test_blocks_that_overlap_let_go_together(calls):
    get, _ = calls
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert get() == 1
    second.__exit__(None, None, None)
    assert get() == 2


def test_an_error_gives_the_threads_back(calls):
    get, _ = calls
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        raise ZeroDivisionError
    assert get() == 2


def test_another_blas_is_left_alone(monkeypatch):
    nothing = threads.openblas().select(internal_api="no such")
    monkeypatch.setattr(threads, "openblas", lambda: nothing)
    with one_blas_thread():
        assert np.array_equal(np.eye(2) @ np.eye(2), np.eye(2))


def test_a_marginal_does_not_depend_on_the_number_of_cores(calls):
    _, put = calls
    weights = np.random.default_rng(0).normal(size=(16, 27)).astype(np.float32)

    def measured(number):
        put(number)
        return estimate_marginal(
            lambda latents: (latents @ weights).reshape(-1, 9, 3), 16, 10_000, seed=0
        )

    one, two = measured(1), measured(2)
    assert np.array_equal(one.groups, two.groups)
    assert one.conditional_entropy_nats == two.conditional_entropy_nats


def test_a_run_holds_products_to_one_thread_and_lets_go(calls, tmp_path, monkeypatch):
    """Beside its own threads those of NumPy would queue for the cores."""
    evaluate_cheaply(monkeypatch)
    get, _ = calls
    seen = []
    for number in (1, 2):
        train(
            parse_config(tiny_mapping()),
            tmp_path / str(number),
            epochs=1,
            threads=number,
            on_epoch=lambda metrics: seen.append(get()),
        )
    assert seen == [1, 1]
    assert get() == 2


COMMAND = """
import json, os, sys
names = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
policy = lambda: [os.environ.get(name) for name in names]
before = policy()
import fluxttice_core, fluxttice_core.cli, fluxttice_core.training.run
import torch
imported = policy()
fluxttice_core.train(json.loads(sys.argv[1]), sys.argv[2], epochs=1)
called = policy()
try:
    fluxttice_core.cli.main(["--version"])
except SystemExit:
    pass
print(json.dumps([before, imported, called, policy()]))
"""


@pytest.mark.parametrize(("given", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_only_a_command_asks_threads_to_sleep_and_the_users_word_stands(given, found, tmp_path):
    environment = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name}
    environment.pop("OMP_WAIT_POLICY", None)
    if given is not None:
        environment["OMP_WAIT_POLICY"] = given
    path = tmp_path / "mine.yaml"
    path.write_text(json.dumps(tiny_mapping({"total_epochs": 1})))
    arguments = [json.dumps(str(path)), str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    before, imported, called, commanded = json.loads(done.stdout.splitlines()[-1])
    assert before == imported == called == [given, None, None]
    assert commanded == [found, None, None]


def test_the_policy_is_set_before_the_threads_are_loaded():
    """Once OpenMP is loaded, which PyTorch does, it is too late."""
    script = (
        "from fluxttice_core.cli import main; from threadpoolctl import threadpool_info; "
        "print([one['filepath'] for one in threadpool_info() if one['user_api'] == 'openmp'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
