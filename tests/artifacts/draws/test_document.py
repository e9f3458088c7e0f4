"""What docs/draws.md shows is what happens."""

import doctest

from fluxttice_core.artifacts.draws.formats import FORMATS
from tests.support import ROOT

PAGE = ROOT / "docs/draws.md"


def test_every_example_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    ran = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags, encoding="utf-8")
    assert ran.failed == 0
    assert ran.attempted > 25


def test_the_page_names_every_format_and_ending():
    page = PAGE.read_text(encoding="utf-8")
    for key, form in FORMATS.items():
        assert f"{key}," in page or f"{key}." in page
        assert any(f"`{suffix}`" in page for suffix in form.suffixes)
