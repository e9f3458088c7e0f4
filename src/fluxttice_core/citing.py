"""How to cite this library: one line, from what the installed package says of itself."""

from __future__ import annotations

from importlib.metadata import metadata


def citation() -> str:
    """Return the line by which to cite this version; the same as ``CITATION.cff`` says.

    There is no paper and no DOI yet, so the line names none.

    Examples
    --------
    >>> import fluxttice_core as fx
    >>> fx.citation()
    'The fluxttice_core authors. fluxttice_core, version 0.1.0. Software, Apache-2.0.'
    """
    said = metadata("fluxttice_core")
    return (
        f"{said['Author']}. {said['Name']}, version {said['Version']}. "
        f"Software, {said['License-Expression']}."
    )
