"""Help that is read: it fits a screen, shows an example, and leaves no option out."""

import click
import pytest
from click.testing import CliRunner

from fluxttice_core.cli.main import COMMANDS, cli

LINES_OF_A_SCREEN = 60


def _help(name):
    result = CliRunner().invoke(cli, [name, "--help"], terminal_width=80)
    assert result.exit_code == 0
    return cli.get_command(click.Context(cli), name), result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_screen_and_shows_an_example(name):
    command, text = _help(name)
    lines = text.splitlines()
    assert len(lines) <= LINES_OF_A_SCREEN
    assert max(map(len, lines)) <= 80
    assert "Example" in text
    assert f"fluxttice {name}" in text.split("Example")[1]
    for option in command.params:
        for spelling in (*option.opts, *option.secondary_opts):
            assert (
                not spelling.startswith("--") or f"{spelling} " in text or f"{spelling}\n" in text
            )


def test_sections_part_the_options_by_what_they_are_for():
    _, text = _help("coverage")
    parts = text.split("\n\n")
    heads = [part.splitlines()[0] for part in parts]
    names = [head for head in heads if head.endswith(":") and not head.startswith(" ")]
    assert names == ["Draws:", "Target:", "Models:", "Options:", "Files:"]
    assert "--space N" in parts[heads.index("Draws:")]
    assert "INTEGER RANGE" not in text
    assert "x<=" not in text
