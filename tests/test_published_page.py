"""What docs/published.md shows is what happens: its Python, and its command lines."""

import doctest
import os
import re
import shlex

import pytest

from fluxttice_core.artifacts.draws import ReadOptions, read_draws
from fluxttice_core.cli.main import main
from tests.support import ROOT

PAGE = ROOT / "docs/published.md"
FLAGS = doctest.NORMALIZE_WHITESPACE
CONSOLE = re.compile(r"```console\n\$ fluxttice (.*)\n((?:.*\n)*?)```")


def test_every_python_line_of_the_page(monkeypatch):
    monkeypatch.chdir(ROOT)
    ran = doctest.testfile(str(PAGE), module_relative=False, optionflags=FLAGS, encoding="utf-8")
    assert ran.failed == 0
    assert ran.attempted > 25


COMMANDS = CONSOLE.findall(PAGE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[each[0] for each in COMMANDS])
def test_every_command_line_of_the_page(command, shown, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(command))
    printed = capsys.readouterr().out
    assert stop.value.code == 0
    assert doctest.OutputChecker().check_output(shown, printed, FLAGS), printed


def test_the_page_has_command_lines_and_its_tables_are_read(monkeypatch):
    assert COMMANDS
    monkeypatch.chdir(ROOT)
    options = {"girdled.csv": {"counts": "spiders"}}
    for name in sorted(os.listdir("docs/data")):
        draws = read_draws(
            f"docs/data/{name}", ReadOptions(**options.get(name, {"histogram": True}))
        )
        assert sum(chunk.counts.sum() for chunk in draws) > 100
        assert f"docs/data/{name}" in PAGE.read_text(encoding="utf-8")
