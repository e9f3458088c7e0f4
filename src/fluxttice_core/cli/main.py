"""The command group, and the one place where errors become words and an exit code."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from ..errors import FluxtticeError, TrainingError, VerificationError

# command -> (module, help line); the modules are imported when their command runs.
COMMANDS = {
    "certify": ("certify", "Measure a checkpoint and write a signed certificate."),
    "compare": ("compare", "Compare the draws of two generators: are they told apart?"),
    "coverage": ("coverage", "Measure a model or draws: coverage, information, controls."),
    "decode": ("codec", "Map latent codes to operations."),
    "encode": ("codec", "Map operations to latent codes."),
    "info": ("info", "Say what a checkpoint is: identity, hashes, config, origin."),
    "keygen": ("keygen", "Make a key pair to sign certificates with."),
    "operations": ("operations", "Look a gate up by name, index or table."),
    "plan": ("plan", "Say how many draws are enough, and when to stop."),
    "report": ("report", "Write a page of figures about a checkpoint."),
    "sample": ("codec", "Draw operations from the model."),
    "train": ("train", "Train from a configuration file; resumable bit for bit."),
    "verify": ("verify", "Check a certificate: signature, files, and every claim anew."),
}


class ReaderGoneError(Exception):
    """Whoever read the output has gone (``| head``): nothing to say, and nothing is wrong."""


class LazyGroup(click.Group):
    """Lists commands without importing them, so that ``--help`` answers at once."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click would leave with 1 if its reader has gone."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGoneError from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the command names in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            near = difflib.get_close_matches(cmd_name, COMMANDS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(COMMANDS)}"
            raise click.UsageError(f"no command is called {cmd_name!r}; {hint}", ctx)
        module = importlib.import_module(f"fluxttice_core.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, not from the modules."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(
    cls=LazyGroup,
    epilog=(
        "Exit codes: 0 yes or done, 1 checked and false, 2 unusable input. "
        "Start with: fluxttice coverage"
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="fluxttice_core")
def cli() -> None:
    """Generate all 19,683 two-input ternary gates, and measure how well."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one ``fluxttice`` command and leave with its exit code."""
    # Threads that wait for each other are to sleep: spinning takes the cores that others work on.
    # OpenMP reads this when PyTorch is imported, which only commands do.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    run_command(cli, "fluxttice", arguments)


def run_command(
    command: click.Command, name: str, arguments: Sequence[str] | None = None
) -> NoReturn:
    """Run a command and leave with its exit code; no input leaves a traceback."""
    try:
        code = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = 2
    except click.Abort:
        click.echo("interrupted", err=True)
        code = 130
    except (TrainingError, VerificationError) as error:
        click.echo(f"error: {error}", err=True)
        code = 1
    except (FluxtticeError, ValueError) as error:
        click.echo(f"error: {error}", err=True)
        code = 2
    except MemoryError:
        click.echo("error: not enough memory for this request; ask for less at once", err=True)
        code = 2
    except (ReaderGoneError, BrokenPipeError):
        _drop_output()
        code = 0
    except OSError as error:
        # Files that a command names have messages of their own: this is the terminal or a pipe.
        _drop_output()
        click.echo(f"error: input or output failed: {error.strerror or error}", err=True)
        code = 2
    sys.exit(code if isinstance(code, int) else 0)


def _drop_output() -> None:
    """Leave nothing for the interpreter to flush, and fail at, on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
