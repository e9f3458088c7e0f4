"""A command that says all that is wrong with its options at once, and that it is at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from .progress import signs_of_life


class Command(click.Command):
    """As click's own, which stops at the first wrong value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the values; if one is wrong, look at all the others too."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as first:
            faults = self._faults(ctx, given)
            if len(faults) < 2:
                raise
            raise click.UsageError("; ".join(faults), ctx) from first

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, and tell whoever waits that it runs."""
        with signs_of_life():
            return super().invoke(ctx)

    def _faults(self, ctx: click.Context, args: list[str]) -> list[str]:
        values, _, order = self.make_parser(ctx).parse_args(args)
        faults = []
        for parameter in click.core.iter_params_for_processing(order, self.get_params(ctx)):
            try:
                parameter.handle_parse_result(ctx, values, [])
            except click.BadParameter as fault:
                faults.append(fault.format_message().rstrip("."))
        return faults


def command(**settings: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function, as :func:`click.command` does."""
    return click.command(**{"cls": Command, **settings})
