"""Mutation testing: break one place at a time, and see whether a test notices.

    python scripts/assurance/mutate.py MODULE TESTS... [--sample N] [--seed S] [--json FILE]

MODULE is a path below ``src/``. Comparisons are turned, numbers moved, ``and`` and ``or`` swapped,
conditions negated, statements left out. Each mutant lives in a copy of the repository. Survivors
are printed with their place: each is a missing test, or a change without a difference.
"""

from __future__ import annotations

import ast
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from fluxttice_core.cli.console import note, say

ROOT = Path(__file__).parents[2]
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


def edits(node: ast.AST) -> Iterator[str]:
    """Names of the edits that one node allows."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield "compare"
    elif isinstance(node, ast.BoolOp | ast.BinOp) and type(node.op) in SWAPS:
        yield "operator"
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield "negate"
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield "number"
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield "truth"
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "leave out"
    elif isinstance(node, ast.Raise):
        yield "do not raise"


def apply(node: ast.AST, edit: str) -> None:
    """Change a node of a copied tree in place."""
    if edit == "compare":
        node.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[attr-defined]
    elif edit == "operator":
        node.op = SWAPS[type(node.op)]()  # type: ignore[attr-defined]
    elif edit == "negate":
        node.test = ast.UnaryOp(ast.Not(), node.test)  # type: ignore[attr-defined]
    elif edit == "number":
        node.value = node.value + 1  # type: ignore[attr-defined]
    elif edit == "truth":
        node.value = not node.value  # type: ignore[attr-defined]


def mutants(source: str) -> list[tuple[int, str, str]]:
    """Every mutant of a module: (line, edit, whole text)."""
    tree = ast.parse(source)
    # Types, decorators and the words of messages are not what a program computes.
    passed_over: set[int] = set()
    for node in ast.walk(tree):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        parts += getattr(node, "decorator_list", [])
        if isinstance(node, ast.JoinedStr):
            parts.append(node)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            passed_over.add(id(node))
        passed_over |= {id(inner) for part in parts if part for inner in ast.walk(part)}
    found = []
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in passed_over:
            continue
        for edit in edits(node):
            changed = copy.deepcopy(tree)
            twin = next(each for place, each in enumerate(ast.walk(changed)) if place == number)
            if edit in ("leave out", "do not raise"):
                for parent in ast.walk(changed):
                    for body in ("body", "orelse", "finalbody"):
                        lines = getattr(parent, body, None)
                        if isinstance(lines, list) and twin in lines:
                            lines[lines.index(twin)] = ast.Pass()
            else:
                apply(twin, edit)
            text = ast.unparse(ast.fix_missing_locations(changed))
            found.append((getattr(node, "lineno", 0), edit, text))
    return found


def copy_repository(target: Path) -> None:
    """Copy the tracked and new files of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


@click.command()
@click.argument("module")
@click.argument("tests", nargs=-1, required=True)
@click.option("--sample", type=int, default=60, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "record", metavar="FILE", help="Add the outcome to this file.")
def main(module: str, tests: tuple[str, ...], sample: int, seed: int, record: str | None) -> None:
    """Break MODULE in a sample of places and run TESTS against each."""
    source = (ROOT / "src" / module).read_text(encoding="utf-8")
    everything = mutants(source)
    chosen = random.Random(seed).sample(everything, min(sample, len(everything)))
    survivors = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        place = Path(folder)
        copy_repository(place)

        def is_killed() -> bool:
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not assurance", *tests]
            done = subprocess.run(
                [*command, "-p", "no:cacheprovider", "--timeout", "120"],
                cwd=place,
                capture_output=True,
                env={**os.environ, "PYTHONPATH": str(place / "src"), "PYTHONHASHSEED": "0"},
            )
            return done.returncode != 0

        if is_killed():
            sys.exit("the tests fail without a mutant")
        for line, edit, text in chosen:
            (place / "src" / module).write_text(text, encoding="utf-8")
            if not is_killed():
                survivors.append(f"line {line}: {edit}: {source.splitlines()[line - 1].strip()}")
                note(survivors[-1])
    killed = len(chosen) - len(survivors)
    say(f"{module}: {killed} of {len(chosen)} killed ({len(everything)} possible)")
    if record:
        path = Path(record)
        contents = json.loads(path.read_text()) if path.exists() else {}
        contents[module] = {
            "possible": len(everything),
            "tried": len(chosen),
            "killed": killed,
            "survivors": survivors,
        }
        path.write_text(json.dumps(contents, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
