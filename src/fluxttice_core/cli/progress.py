"""What a command is at, told to whoever waits: a bar on a terminal, lines now and then on a pipe.

A thread tells it, so that what takes long between two calls of a callback is not silent either.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import click

# What takes less says nothing on a pipe, and what has no name nothing on a terminal.
FIRST_SIGN_SECONDS = 2.0
# A bar is drawn so often, and from so early on.
FRAME_SECONDS = 0.2
FIRST_BAR_SECONDS = 0.5
_KEY = f"{__name__}.SignOfLife"


@dataclass
class _Activity:
    what: str
    unit: str = ""
    since: float = field(default_factory=lambda: time.monotonic())
    done: int | None = None
    total: int | None = None
    figures: Mapping[str, object] = field(default_factory=dict)


class _Display(Protocol):
    def show(self, activity: _Activity, seconds: float) -> None: ...

    def clear(self) -> None: ...


class _Lines:
    """Lines on standard error: none before two seconds, then ever more seldom."""

    def __init__(self) -> None:
        self._next = FIRST_SIGN_SECONDS

    def show(self, activity: _Activity, seconds: float) -> None:
        if seconds < self._next:
            return
        # A log of hours is to be read too.
        self._next = seconds + max(FIRST_SIGN_SECONDS, seconds / 2)
        count = ""
        if activity.done is not None:
            out_of = "" if activity.total is None else f" of {activity.total:,}"
            count = f" {activity.done:,}{out_of} {activity.unit}s,"
        click.echo(f"{activity.what}:{count} {seconds:.0f} s", err=True)

    def clear(self) -> None:
        """Lines stay."""


class _Bar:
    """One line of a terminal, drawn over itself."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._of: _Activity | None = None

    def show(self, activity: _Activity, seconds: float) -> None:
        if seconds < (FIRST_BAR_SECONDS if activity.unit else FIRST_SIGN_SECONDS):
            return
        if self._of is not activity:
            self.clear()
            from tqdm import tqdm

            self._bar = tqdm(
                desc=activity.what,
                unit=activity.unit,
                unit_scale=True,
                leave=False,
                bar_format=None if activity.unit else "{desc}: {elapsed}",
            )
            self._bar.start_t -= time.monotonic() - activity.since
            self._of = activity
        self._bar.n, self._bar.total = activity.done or 0, activity.total
        self._bar.set_postfix(activity.figures, refresh=False)
        self._bar.refresh()

    def clear(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar, self._of = None, None


class SignOfLife:
    """What is told while a command runs.

    Parameters
    ----------
    display : lines or a bar.
    """

    def __init__(self, display: _Display) -> None:
        self._display = display
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._command = self._shown = _Activity("at work")

    def show(self) -> None:
        """Tell what is being done, if it is time."""
        with self._lock:
            self._display.show(self._shown, time.monotonic() - self._began)

    def clear(self) -> None:
        """Give way to what is written on the terminal."""
        with self._lock:
            self._display.clear()

    @contextmanager
    def during(self, what: str, unit: str) -> Iterator[Callable[..., None]]:
        """Tell of this; of two at once, of the one that was heard of last."""
        activity = _Activity(what, unit)

        def update(
            done: int, total: int | None = None, figures: Mapping[str, object] | None = None
        ) -> None:
            activity.done, activity.total = int(done), None if total is None else int(total)
            activity.figures = figures or {}
            self._shown = activity
            if isinstance(self._display, _Lines):
                self.show()

        if self._shown is self._command:
            self._shown = activity
        try:
            yield update
        finally:
            if self._shown is activity:
                self._shown = self._command
                self.clear()


@contextmanager
def signs_of_life() -> Iterator[SignOfLife]:
    """Tell on standard error, until the end of the block, that something is being done."""
    life = SignOfLife(_Bar() if sys.stderr.isatty() else _Lines())
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(FRAME_SECONDS):
            life.show()

    teller = threading.Thread(target=tell, name="signs of life", daemon=True)
    teller.start()
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta[_KEY] = life
    try:
        yield life
    finally:
        ended.set()
        teller.join()
        life.clear()
        if context is not None:
            context.meta.pop(_KEY, None)


def current() -> SignOfLife | None:
    """What tells of the command that runs, if one does."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(_KEY)


@contextmanager
def progress(what: str, unit: str = "part") -> Iterator[Callable[..., None]]:
    """Tell that this is being done.

    Yields a function of what is done so far and, where they are known, of how much there is and of
    figures to show.
    """
    life = current()
    if life is not None:
        with life.during(what, unit) as update:
            yield update
        return
    with signs_of_life() as alone, alone.during(what, unit) as update:
        yield update
