"""The example of draws in README prints what stands there."""

import doctest
import re
import shlex

import pytest

from fluxttice_core.cli.main import main
from tests.support import ROOT

EXAMPLE = re.compile(r"```console\n\$ python -c (.*)\n\$ fluxttice (.*)\n((?:.*\n)*?)```")


def test_the_example_prints_what_stands_there(monkeypatch, tmp_path, capsys):
    found = EXAMPLE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(found) == 1
    ((code, command, shown),) = found
    monkeypatch.chdir(tmp_path)
    exec(shlex.split(code)[0], {})
    with pytest.raises(SystemExit) as stop:
        main(shlex.split(command))
    printed = capsys.readouterr().out
    assert stop.value.code == 0
    assert doctest.OutputChecker().check_output(shown, printed, doctest.NORMALIZE_WHITESPACE)
