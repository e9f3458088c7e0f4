"""Pieces of work that name what they need, shared over the cores by threads of our own.

Each computes with one thread of linear algebra, so nothing spins and no result depends on how many
work at a time. The number of pieces is known before the first begins.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeVar

from ..threads import one_blas_thread

T = TypeVar("T")
Progress = Callable[[int, int], None]


class Job(Generic[T]):
    """A piece of work and, once it is done, its :attr:`value`."""

    def __init__(
        self, number: int, work: Callable[[], T], waits_for: Sequence[Job[Any]], keep: bool
    ) -> None:
        self._number, self._work, self._waits_for = number, work, waits_for
        self._num_missing = len(waits_for)
        self._dependents: list[Job[Any]] = []
        # How many may still ask for the value.
        self._num_uses = int(keep)
        self._result: tuple[T] | None = None

    @property
    def value(self) -> T:
        """What the work returned.

        Raises
        ------
        RuntimeError
            The job has not run, or it was not to be kept and all that wait for it have run.
        """
        if self._result is None:
            raise RuntimeError("expected a job that has run and whose value is kept; keep=True")
        return self._result[0]

    def _run(self) -> None:
        self._result = (self._work(),)


class JobList:
    """Jobs in the order in which they should be begun.

    >>> jobs = JobList()
    >>> halves = [jobs.add(lambda part=part: sum(part)) for part in (range(10), range(10, 20))]
    >>> whole = jobs.add(lambda first, second: first + second, *halves, keep=True)
    >>> jobs.run(threads=2)
    >>> whole.value
    190
    """

    def __init__(self) -> None:
        self._jobs: list[Job[Any]] = []

    def add(
        self,
        work: Callable[..., T],
        *needs: Job[Any],
        after: Sequence[Job[Any]] = (),
        keep: bool = False,
    ) -> Job[T]:
        """Add a job; ``work`` is called with the values of what it needs, jobs added before it.

        Parameters
        ----------
        after : other jobs, added before it, that must be done first.
        keep : hold the value when no other job waits for it any longer.
        """

        def with_values() -> T:
            return work(*(need.value for need in needs))

        job = Job(len(self._jobs), with_values, [*needs, *after], keep)
        for other in job._waits_for:
            other._num_uses += 1
            other._dependents.append(job)
        self._jobs.append(job)
        return job

    def run(self, threads: int, on_progress: Progress | None = None) -> None:
        """Do every job, ``threads`` at a time; the first error ends all.

        A job whose needs are met goes before those added later, so that few values are held.

        Parameters
        ----------
        on_progress : called in this thread with the number of jobs done so far, and of all.
        """
        report = on_progress or (lambda _done, _total: None)
        ready = [job._number for job in self._jobs if not job._waits_for]
        running: dict[Future[None], Job[Any]] = {}
        done = 0
        report(done, len(self._jobs))
        pool = ThreadPoolExecutor(threads)
        try:
            with one_blas_thread():
                while ready or running:
                    # One more than work at a time, so that none waits for this thread.
                    while ready and len(running) <= threads:
                        job = self._jobs[heapq.heappop(ready)]
                        running[pool.submit(job._run)] = job
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        future.result()
                        for number in _finish(running.pop(future)):
                            heapq.heappush(ready, number)
                        done += 1
                        report(done, len(self._jobs))
        finally:
            pool.shutdown(cancel_futures=True)


def _finish(job: Job[Any]) -> list[int]:
    """Let go of what nobody waits for any longer; returns the jobs that can begin now."""
    for other in job._waits_for:
        other._num_uses -= 1
        if other._num_uses == 0:
            other._result = None
    for dependent in job._dependents:
        dependent._num_missing -= 1
    return list({other._number for other in job._dependents if other._num_missing == 0})
