"""What the pages share: one HTML file that needs no network, its style, pictures and tables."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from .pictures import INK

STYLE = """
:root { color-scheme: light dark; --ground: #fdfdfc; --ink: #1c1e21; --soft: #5c6066;
  --line: #d9dbde; --card: #ffffff; --good: #00694e; --bad: #a63d00; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #15171a; --ink: #e6e7e9; --soft: #a4a9b0; --line: #34383e; --card: #1c1f23;
    --good: #4fd0a5; --bad: #ffa36b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem 1.2rem 4rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 1rem 0 .3rem; } h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; }
p { max-width: 46rem; margin: .4rem 0 .8rem; } .soft { color: var(--soft); }
.verdict { border-left: .3rem solid var(--good); padding: .2rem 0 .2rem .9rem; font-weight: 600; }
.verdict.bad { border-color: var(--bad); }
code { overflow-wrap: anywhere; font-size: .88em; }
.grid { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.grid.small { grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); }
figure { margin: 0; padding: .7rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; max-width: 46rem; }
figure svg { width: 100%; height: auto; display: block; color: var(--ink); }
figcaption { color: var(--soft); font-size: .9rem; margin-top: .4rem; }
.scroll { overflow-x: auto; } pre { font-size: .85rem; } caption { padding: .3rem 0; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th { white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
@media (max-width: 40rem) { th, td { white-space: normal; padding-right: .5rem; } }
ul.words { padding-left: 1.1rem; max-width: 50rem; } .yes { color: var(--good); }
.no { color: var(--bad); }
"""


def whole_page(title: str, body: Sequence[str]) -> bytes:
    """Return the file; its bytes depend on the arguments alone."""
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )
    # A file's name need not be text.
    return page.encode(errors="backslashreplace")


def escaped(value: object) -> str:
    """Return a value as text that no markup can come out of."""
    return html.escape(str(value))


def figure_of(svg: bytes, caption: str) -> str:
    """Return a picture in the page's own ink, with its caption."""
    drawing = svg.decode()
    drawing = drawing[drawing.index("<svg") :]
    # The page's own ink, light or dark; names that only tools use, and that figures would share.
    drawing = drawing.replace(INK, "currentColor")
    drawing = re.sub(r' id="[A-Za-z0-9.]+_\d+"', "", drawing)
    drawing = re.sub(r"<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    label = escaped(caption.split(".")[0] or "history")
    drawing = drawing.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    words = f"<figcaption>{escaped(caption)}</figcaption>" if caption else ""
    return f"<figure>{drawing}{words}</figure>"


def table_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells that are markup already; it scrolls by itself where it is wide."""
    head = "".join(f"<th>{cell}</th>" for cell in header)
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    top = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    return f'<div class="scroll"><table>{top}<tbody>{lines}</tbody></table></div>'
