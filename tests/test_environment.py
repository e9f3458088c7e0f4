"""What the machine is asked for, and what is given back."""

import numpy as np
import pytest

from fluxttice_core import environment
from fluxttice_core.environment import one_blas_thread
from fluxttice_core.evidence.marginal import estimate_marginal


@pytest.fixture
def calls():
    libraries = environment._openblas().lib_controllers
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
    nothing = environment._openblas().select(internal_api="no such")
    monkeypatch.setattr(environment, "_openblas", lambda: nothing)
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
