"""The instrument loads nothing of this project's gates, models and files."""

import subprocess
import sys

ABOVE = (
    "api",
    "artifacts",
    "certificate",
    "cli",
    "config",
    "evidence",
    "gates",
    "loading",
    "model",
    "objective",
    "seal",
    "show",
    "training",
)
PROGRAM = """
import sys
{statement}
print(*sorted(name for name in sys.modules if name.split(".")[0] in ("fluxttice_core", "torch")))
"""


def loaded_by(statement):
    """Modules of the package, and torch, that a fresh interpreter holds after a statement."""
    program = PROGRAM.format(statement=statement)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def rooms_of(modules):
    return {name.split(".")[1] for name in modules if name.startswith("fluxttice_core.")}


def test_measuring_loads_no_gate_no_model_and_no_torch():
    for statement in (
        "import fluxttice_core.measure",
        "from fluxttice_core import measure",
        "import fluxttice_core; fluxttice_core.measure",
    ):
        loaded = loaded_by(statement)
        assert "fluxttice_core.measure" in loaded
        assert not rooms_of(loaded) & set(ABOVE)
        assert "torch" not in loaded


def test_the_probe_sees_what_is_loaded():
    loaded = loaded_by("import fluxttice_core; fluxttice_core.gate; fluxttice_core.coverage_report")
    assert {"gates", "api", "evidence"} <= rooms_of(loaded)


def test_the_package_alone_loads_no_room():
    assert loaded_by("import fluxttice_core") == {"fluxttice_core"}
