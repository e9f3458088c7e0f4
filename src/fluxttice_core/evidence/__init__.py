"""Any generator over a space that can be listed, measured whole. NumPy only.

A model offers what :class:`Generator` asks for; the same calls then measure it and its controls.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .controls import measure_with_controls
    from .figures import CoverageFigure, InformationFigure, PathwayReport
    from .generator import Generator, Parts
    from .marginal import Marginal, estimate_marginal
    from .network import measure_generator
    from .pathway import Settings, measure_pathway
    from .report import CoverageReport, NetworkReport

__all__ = [
    "CoverageFigure",
    "CoverageReport",
    "Generator",
    "InformationFigure",
    "Marginal",
    "NetworkReport",
    "Parts",
    "PathwayReport",
    "Settings",
    "estimate_marginal",
    "measure_generator",
    "measure_pathway",
    "measure_with_controls",
]

# Imported when it is first asked for: who checks a signature needs the words of a verdict from this
# room, and none of its measurements.
_HOMES = {
    "CoverageFigure": ".figures",
    "CoverageReport": ".report",
    "Generator": ".generator",
    "InformationFigure": ".figures",
    "Marginal": ".marginal",
    "NetworkReport": ".report",
    "Parts": ".generator",
    "PathwayReport": ".figures",
    "Settings": ".pathway",
    "estimate_marginal": ".marginal",
    "measure_generator": ".network",
    "measure_pathway": ".pathway",
    "measure_with_controls": ".controls",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(_import_module(_HOMES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
