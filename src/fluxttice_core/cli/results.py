"""The files that a report leaves in a folder: text, JSON, and a page or a picture to look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import MissingExtraError
from ..evidence.report import CoverageReport
from ..files import write_atomically
from .console import note
from .reading import with_read


def write_results(folder: Path, report: Any, text: str, read: str, command: str) -> list[str]:
    """Write the report's files and return their names; without matplotlib, all but the pictures."""
    record = with_read(report.as_dict(), read)
    encoded = json.dumps(record, indent=2, sort_keys=True, allow_nan=False)
    files = {"report.txt": text.encode() + b"\n", "report.json": encoded.encode() + b"\n"}
    if isinstance(report, CoverageReport):
        from ..show.pictures import coverage_svg

        try:
            files["coverage.svg"] = coverage_svg(report)
        except MissingExtraError as error:
            note(f"no picture: {error}")
    else:
        from ..show.measured_page import measured_page

        try:
            files["report.html"] = measured_page(report, text, read, command)
        except MissingExtraError as error:
            note(f"no page: {error}")
    for name, data in files.items():
        write_atomically(folder / name, data)
    return list(files)
