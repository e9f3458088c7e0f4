"""Help in sections: long lists of options are read by what they are for."""

from __future__ import annotations

import click

from .command import Command


class SectionedCommand(Command):
    """A command whose options stand under the word before the colon of their help.

    ``help="Draws: the column of draws"`` puts an option under *Draws*; an option without such a
    word stands under *Options*, behind those. How files are read, under *Files*, comes last. Ranges
    are left to the errors that name them.
    """

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, a section after the other."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None or not isinstance(parameter, click.Option):
                continue
            word, colon, told = (parameter.help or "").partition(": ")
            if not colon or not word.isalpha():
                word, told = "Options", parameter.help or ""
            if parameter.show_default:
                told += f"  [{parameter.get_default(ctx, call=False)}]"
            sections.setdefault(word, []).append((record[0], told))
        for word in ("Options", "Files"):
            if word in sections:
                sections[word] = sections.pop(word)
        # One width for all sections, so that the eye finds one column.
        widest = max(len(name) for rows in sections.values() for name, _ in rows)
        for word, rows in sections.items():
            with formatter.section(word):
                padded = [(name.ljust(widest), told) for name, told in rows]
                formatter.write_dl(padded, col_max=widest + 2, col_spacing=1)
