"""Which estimates a report holds, in which order, and how it is read as attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DrawsError
from . import arguments as checks
from .arguments import text
from .estimate import Estimate, Interval
from .space import Space, as_space
from .values import shown


@dataclass(frozen=True, slots=True)
class Estimator:
    """A row of a report: a function of what is measured, with its name there.

    Calling it calls the function, with the space as a size, a :class:`Space` or None.

    Parameters
    ----------
    name : key of the figure in the report and its JSON.
    title : what the figure is called in a table.
    function : of counts or masses and the space.
    needs_space : left out of the report where the size of the space is not known.
    is_shown : has a row in the tables for people; every estimate is in the mapping and the JSON.
    is_count : the value says what was drawn and no more, so it stays where draws are not
        independent; its interval does not.

    Examples
    --------
    >>> from fluxttice_core import measure
    >>> float(measure.OF_DRAWS["chao1"]([4, 2, 1, 1]))
    4.5
    """

    name: str
    title: str
    function: Callable[[Any, Space], Estimate]
    needs_space: bool = False
    is_count: bool = False
    is_shown: bool = True

    def __call__(self, source: Any, space: Space | int | None = None) -> Estimate:
        """Estimate from counts, or from masses."""
        return self.function(source, as_space(space))


class Registry(Mapping[str, Estimator]):
    """The estimators of a report by name, in the order of their registration.

    A new one is in every report from then on: its mapping, its JSON and its table.

    Examples
    --------
    >>> from fluxttice_core import measure
    >>> def commonest(counts, space):
    ...     return measure.Estimate(counts.times[-1], unit="draws", method="exact count")
    >>> measure.OF_DRAWS.add("commonest", "draws of the commonest id", commonest, is_count=True)
    >>> measure.counts([4, 2, 1]).estimates["commonest"]
    Estimate(4 draws)
    >>> measure.OF_DRAWS.remove("commonest")
    """

    def __init__(self) -> None:
        self._estimators: dict[str, Estimator] = {}

    def add(
        self,
        name: str,
        title: str,
        function: Callable[[Any, Space], Estimate],
        *,
        needs_space: bool = False,
        is_count: bool = False,
        is_shown: bool = True,
    ) -> None:
        """Register an estimator; see :class:`Estimator` for the arguments.

        Raises
        ------
        DrawsError
            The name is taken.
        """
        if text(name, "name") in self._estimators:
            raise DrawsError(f"expected a new name, got {name!r}, which is taken; remove it first")
        text(title, "title")
        checks.function(function, "function")
        self._estimators[name] = Estimator(name, title, function, needs_space, is_count, is_shown)

    def remove(self, name: str) -> None:
        """Take an estimator out of the reports.

        Raises
        ------
        DrawsError
            There is none of this name.
        """
        if text(name, "name") not in self._estimators:
            known = ", ".join(self._estimators)
            raise DrawsError(f"expected one of the names {known}; got {shown(name)}")
        del self._estimators[name]

    def estimates(self, source: Any, space: Space) -> dict[str, Estimate]:
        """Estimate all that can be, from counts or from masses, knowing what is known of the space.

        Raises
        ------
        DrawsError
            What one of the estimators raises.
        """
        return {
            item.name: item(source, space)
            for item in self.values()
            if space.size is not None or not item.needs_space
        }

    def is_shown(self, name: str) -> bool:
        """Whether an estimate has a row in the tables for people."""
        return name not in self or self[name].is_shown

    def title(self, name: str) -> str:
        """Return what a figure is called in a table; its name where it is no longer registered."""
        return self[name].title if name in self else name

    def __getitem__(self, name: str) -> Estimator:
        return self._estimators[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._estimators)

    def __len__(self) -> int:
        return len(self._estimators)


class ValueOf:
    """Attribute of a report: the value of its estimate of that name; None if there is none."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, report: Any, owner: type | None = None) -> float | None:
        estimate = report.estimates.get(self._name)
        return None if estimate is None else estimate.value


class IntervalOf:
    """Attribute of a report: the interval of its estimate of that name, less ``_ci``."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name.removesuffix("_ci")

    def __get__(self, report: Any, owner: type | None = None) -> Interval | None:
        estimate = report.estimates.get(self._name)
        return None if estimate is None else estimate.interval


def flat_figures(report: Any) -> dict[str, Any]:
    """Every attribute of a report that reads an estimate, for its JSON."""
    return {
        name: getattr(report, name)
        for name, item in vars(type(report)).items()
        if isinstance(item, ValueOf | IntervalOf)
    }
