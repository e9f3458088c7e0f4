"""An import goes down, or stays in its room. Read from the source, nothing is run."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

PACKAGE = "fluxttice_core"
SOURCE = ROOT / "src" / PACKAGE


def floors_of(text):
    """The rows of the table in CONTRIBUTING, lowest first; each the rooms that stand in it."""
    table = text.split("## Rooms and the import rule")[1].split("```")[1].strip("\n")
    return [
        re.split(r"\s+\|\s+", re.split(r"\s{2,}", row)[0]) for row in reversed(table.splitlines())
    ]


FLOORS = floors_of((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# The package itself stands where the api does, and hands its names on.
FLOOR_OF["__init__"] = FLOOR_OF["api"] + 0.5
# Rooms that a plain install without PyTorch must be able to import.
NEEDS_TORCH = {
    "model.dual_vae",
    "model.encoder",
    "model.decoder",
    "model.state_net",
    "objective",
    "training",
    "benchmark",
}


def module_name(path, root=SOURCE):
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def is_typing_guard(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) in (
        "TYPE_CHECKING",
        "typing.TYPE_CHECKING",
    )


def imports_of(path, root=SOURCE, *, at_load=False):
    """Modules of the package and foreign packages that one file imports, as dotted names.

    With ``at_load``, only what importing the file imports: not those in functions.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = [*path.relative_to(root).parent.parts]
    found = set()

    def visit(node):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module.split(".") if node.module else []
            if node.level:
                base = [PACKAGE, *package[: len(package) + 1 - node.level], *base]
            for alias in node.names:
                target = [*base, alias.name]
                below = root.joinpath(*target[1:])
                is_module = target[0] == PACKAGE and (
                    below.with_suffix(".py").exists() or (below / "__init__.py").exists()
                )
                found.add(".".join(target if is_module else base))
        if at_load and (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            or is_typing_guard(node)
        ):
            return
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def inner(names):
    """Drop foreign packages and the package's own name."""
    return {name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}.")}


def graph(root=SOURCE, *, at_load=False):
    return {
        module_name(path, root): inner(imports_of(path, root, at_load=at_load))
        for path in sorted(root.rglob("*.py"))
    }


def upward(edges):
    """Every import that does not go down, as (from, to)."""
    wrong = []
    for module, targets in edges.items():
        room = module.split(".")[0]
        for target in sorted(targets):
            other = target.split(".")[0]
            if room == other or FLOOR_OF[other] < FLOOR_OF[room]:
                continue
            wrong.append((module, target))
    return wrong


def cycle(edges):
    """A list of modules that import each other in a ring, or nothing."""
    done, trail = set(), []

    def walk(module):
        if module in trail:
            return [*trail[trail.index(module) :], module]
        if module in done or module not in edges:
            return []
        trail.append(module)
        for target in sorted(edges[module]):
            if found := walk(target):
                return found
        trail.pop()
        done.add(module)
        return []

    for module in edges:
        if found := walk(module):
            return found
    return []


def test_every_room_has_its_floor():
    rooms = {module.split(".")[0] for module in graph()}
    assert rooms - set(FLOOR_OF) == set(), "give a new room its floor in FLOORS"


def test_imports_go_down():
    assert upward(graph()) == []


def test_there_is_no_cycle():
    assert cycle(graph()) == []


def test_the_reader_sees_the_imports_that_are_there():
    """Guards the checker: were it blind, every test above would pass."""
    edges = graph()
    assert len(edges) > 100
    assert {"evidence.report", "loading", "gates.operations"} <= edges["api.report"]
    assert "training.run" in edges["api.training"], "an import inside a function counts"
    assert "evidence.report" in edges["show.pictures"], "an import for type checkers counts"
    assert "model.layout" in edges["artifacts.checkpoint"]
    assert "objective.schedules" in edges["training.controller"]
    assert "training.run" not in graph(at_load=True)["api.training"]


def test_the_table_names_every_room_and_no_other():
    named = {room for rooms in FLOORS for room in rooms}
    assert named == {module.split(".")[0] for module in graph()} - {"__init__"}


GROUND = {
    "errors",
    "canonical",
    "strict_json",
    "files",
    "rng",
    "threads",
    "environment",
    "tables",
    "citing",
}


@pytest.mark.parametrize("room", ["measure", "seal"])
def test_what_stands_alone_imports_the_floor_only(room):
    targets = {
        target.split(".")[0]
        for module, names in graph().items()
        if module.split(".")[0] == room
        for target in names
    }
    assert targets - {room} <= GROUND
    assert room in targets


ALONE = """
import json, sys
import fluxttice_core.{room}
inner = [name for name in sys.modules if name.startswith("fluxttice_core.")]
print(json.dumps([inner, [n for n in ("torch", "pydantic", "yaml", "click") if n in sys.modules]]))
"""


@pytest.mark.parametrize("room", ["measure", "seal"])
def test_what_stands_alone_loads_nothing_else(room):
    done = subprocess.run(
        [sys.executable, "-c", ALONE.format(room=room)], capture_output=True, text=True, check=True
    )
    inner, foreign = json.loads(done.stdout)
    rooms = {name.split(".")[1] for name in inner}
    assert rooms - {room} <= GROUND
    assert room in rooms
    assert foreign == []


def test_errors_use_the_standard_library_only():
    assert imports_of(SOURCE / "errors.py") == {"__future__"}


def test_config_knows_no_model():
    found = [names for module, names in graph().items() if module.split(".")[0] == "config"]
    rooms = {name.split(".")[0] for names in found for name in names}
    assert rooms - {"config"} <= {"errors", "canonical", "files", "gates"}


def test_artifacts_know_the_layout_of_a_model_and_no_network():
    rooms = {
        target
        for module, targets in graph().items()
        if module.split(".")[0] == "artifacts"
        for target in targets
    }
    assert not {room for room in rooms if room.startswith(("model.", "training"))} - {
        "model.layout",
        "model.reference",
    }


def loaded_by(module, edges):
    """Everything of the package that importing a module imports."""
    seen, todo = set(), [module]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(edges.get(name, ()))
    return seen


def test_a_plain_install_never_loads_torch():
    edges = graph(at_load=True)
    free = [
        module
        for module in edges
        if module not in NEEDS_TORCH and module.split(".")[0] not in NEEDS_TORCH
    ]
    assert "api.report" in free
    assert "cli.train" in free
    assert "evidence.report" in free
    for module in free:
        for other in loaded_by(module, edges):
            path = SOURCE.joinpath(*other.split("."))
            path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            foreign = {name.split(".")[0] for name in imports_of(path, at_load=True)}
            assert not foreign & {"torch", "matplotlib", "tensorboard"}, f"{module} via {other}"


PLANTED = {
    "model/layout.py": (
        "from ..training.loop import TrainState",
        ("model.layout", "training.loop"),
    ),
    "errors.py": ("import fluxttice_core.api", ("errors", "api")),
    "measure/coverage.py": (
        "from ..gates import operations",
        ("measure.coverage", "gates.operations"),
    ),
    "measure/counting/tally.py": (
        "from ...seal.folder import Folder",
        ("measure.counting.tally", "seal.folder"),
    ),
    "seal/folder.py": (
        "def late():\n    from ..certificate import network",
        ("seal.folder", "certificate.network"),
    ),
    "evidence/marginal.py": (
        "from ..model.reference import ReferenceVAE",
        ("evidence.marginal", "model.reference"),
    ),
    "artifacts/history.py": ("from ..training import step", ("artifacts.history", "training.step")),
    "objective/elbo.py": ("import fluxttice_core.cli.main", ("objective.elbo", "cli.main")),
    "gates/operations.py": (
        "if TYPE_CHECKING:\n    from ..model.layout import Pathway",
        ("gates.operations", "model.layout"),
    ),
}


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_upward_import_is_caught(tmp_path, place):
    for path in SOURCE.rglob("*.py"):
        copy = tmp_path / PACKAGE / path.relative_to(SOURCE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    assert upward(graph(tmp_path / PACKAGE)) == []
    line, edge = PLANTED[place]
    victim = tmp_path / PACKAGE / place
    victim.write_text(f"{victim.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    assert upward(graph(tmp_path / PACKAGE)) == [edge]


def test_a_planted_cycle_is_caught():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c", "a"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    assert cycle({"a": {"a"}}) == ["a", "a"]
    edges = graph()
    edges["canonical"] = edges["canonical"] | {"config.schema"}
    assert set(cycle(edges)) == {"canonical", "config.schema"}


def test_the_original_import_path_is_a_re_export_and_nothing_else():
    tree = ast.parse(Path(ROOT / "src/models/ternary_vae_v5_5.py").read_text(encoding="utf-8"))
    kinds = [type(node).__name__ for node in tree.body]
    assert kinds == ["Expr", "ImportFrom", "Assign"]
