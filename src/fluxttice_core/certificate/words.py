"""Words of an issuer, made harmless: what a document or a terminal shows in the issuer's name."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+|~!&$-])")
_LONGEST = 80


def stated(text: object, most: int = _LONGEST) -> str:
    r"""Return an issuer's text in quotes, on one line, without markup, and not long.

    >>> print(stated("# VERIFIED\n**by NIST**"))
    "\# VERIFIED\\u000a\*\*by NIST\*\*"
    >>> stated("x" * 100, most=3)
    '"xxx..."'
    """
    whole = str(text)
    shown = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in whole[:most])
    return f'"{_MARKUP.sub(_escaped, shown)}{"..." if len(whole) > most else ""}"'


def _escaped(match: re.Match[str]) -> str:
    return f"\\{match.group()}"
