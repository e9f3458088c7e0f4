"""Jobs: done once, after what they need, counted beforehand; the first error ends all."""

import threading
from functools import partial

import pytest

from fluxttice_core.evidence.jobs import JobList


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_values_flow_to_what_needs_them(threads):
    jobs = JobList()
    parts = [jobs.add(partial(pow, n, 2)) for n in range(20)]
    sums = [jobs.add(lambda *of: sum(of), *parts[k::4]) for k in range(4)]
    whole = jobs.add(lambda *of: sum(of), *sums, keep=True)
    jobs.run(threads)
    assert whole.value == sum(n**2 for n in range(20))


def test_jobs_begin_in_their_order_as_soon_as_they_can():
    """With one thread: what a job made possible goes before jobs that were added later."""
    order, jobs = [], JobList()
    first = jobs.add(lambda: order.append("first"))
    jobs.add(lambda _: order.append("needs first"), first)
    jobs.add(lambda: order.append("after first"), after=[first])
    for n in range(4):
        jobs.add(partial(order.append, n))
    jobs.run(1)
    # One that could begin at once may already have been handed over.
    assert order[0] == "first"
    assert order.index("needs first") <= 2
    assert order.index("after first") <= 3
    assert [item for item in order if isinstance(item, int)] == [0, 1, 2, 3]


def test_progress_counts_every_job_from_none_to_all():
    told, jobs = [], JobList()
    for _ in range(7):
        jobs.add(int)
    jobs.run(3, lambda done, total: told.append((done, total, threading.current_thread())))
    assert told == [(n, 7, threading.current_thread()) for n in range(8)]


def test_values_that_nobody_waits_for_are_let_go():
    jobs = JobList()
    first, kept = jobs.add(list), jobs.add(list, keep=True)
    jobs.add(lambda *of: len(of), first, kept)
    jobs.run(2)
    assert kept.value == []
    with pytest.raises(RuntimeError, match="keep=True"):
        _ = first.value


def test_the_first_error_ends_all():
    done, jobs = [], JobList()

    def fail():
        raise ZeroDivisionError

    failing = jobs.add(fail)
    jobs.add(lambda _: done.append("needs it"), failing)
    for n in range(100):
        jobs.add(partial(done.append, n))
    with pytest.raises(ZeroDivisionError):
        jobs.run(1)
    assert len(done) < 5
    assert "needs it" not in done


def test_an_interrupt_ends_all():
    done, jobs = [], JobList()
    for n in range(100):
        jobs.add(partial(done.append, n))

    def interrupt(count, _):
        if count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.run(2, interrupt)
    assert len(done) < 10


def test_nothing_to_do_is_done():
    told = []
    JobList().run(2, lambda *counts: told.append(counts))
    assert told == [(0, 0)]
