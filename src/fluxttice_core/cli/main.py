"""The command group, and the one place where errors become words and an exit code."""

from __future__ import annotations

import difflib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from ..errors import FluxtticeError, TrainingError, VerificationError

# command -> (module, help line); the modules are imported when their command runs.
COMMANDS = {
    "certify": ("certify", "Measure a checkpoint or draws and write a signed certificate."),
    "compare": ("compare", "Compare the draws of two generators: are they told apart?"),
    "coverage": ("coverage", "Measure a model or draws: coverage, information, controls."),
    "decode": ("codec", "Map latent codes to operations."),
    "encode": ("codec", "Map operations to latent codes."),
    "info": ("info", "Say what a checkpoint is: identity, hashes, config, origin."),
    "keygen": ("keygen", "Make a key pair to sign certificates with."),
    "operations": ("operations", "Look a gate up by name, index or table."),
    "plan": ("plan", "Say how many draws are enough, and when to stop."),
    "report": ("report", "Write a page of figures about a checkpoint or draws."),
    "sample": ("codec", "Draw operations from the model."),
    "train": ("train", "Train from a configuration file; resumable bit for bit."),
    "verify": ("verify", "Check a certificate: signature, files, and every claim anew."),
}


_ESCAPED = {"errors": "backslashreplace"}


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
    prepare_streams()
    run_command(cli, "fluxttice", arguments)


def run_command(
    command: click.Command, name: str, arguments: Sequence[str] | None = None
) -> NoReturn:
    """Run a command and leave with its exit code; no input leaves a traceback."""
    try:
        with _ended_by_signals():
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
    except (MemoryError, RuntimeError, ImportError) as error:
        if not _is_out_of_memory(error):
            raise
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


def prepare_streams() -> None:
    """Give closed standard streams an empty file, and let no character end the command.

    A closed stream's number would be the next file's, and a terminal of another encoding than
    UTF-8 cannot show every name.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            # What comes in is UTF-8, as in every file; what goes out is what the terminal can show.
            stream.reconfigure(**({"encoding": "utf-8"} if mode == "r" else _ESCAPED))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """End by an exception at SIGTERM and SIGHUP, so that unfinished files are removed."""
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # What is ignored stays so: nohup asks for it.
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _is_out_of_memory(error: Exception) -> bool:
    """Whether PyTorch, a thread or a library could not have the memory that it asked for."""
    words = ("enough memory", "out of memory", "allocate memory", "bad_alloc")
    others = ("start new thread", "failed to map")
    return isinstance(error, MemoryError) or any(each in str(error) for each in words + others)


def _drop_output() -> None:
    """Leave nothing for the interpreter to flush, and fail at, on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
