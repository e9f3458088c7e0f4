"""The seal needs nothing of what is sealed, and what it makes public is written down."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from fluxttice_core import seal

FLOOR = {
    *("canonical", "environment", "errors", "files", "rng", "seal", "strict_json", "threads"),
}
PUBLIC = [
    "CERTIFICATE",
    "MODEL_SIGNATURE",
    "PASSWORD_VARIABLE",
    "Findings",
    "Kind",
    "Level",
    "Mismatch",
    "Policy",
    "Predicate",
    "Progress",
    "Record",
    "Summary",
    "Tool",
    "Validity",
    "Verification",
    "key_id",
    "load_private_key",
    "load_public_key",
    "new_folder",
    "schema_faults",
    "seal_folder",
    "signed_statement",
    "signer_ids",
    "valid_from_now",
    "validity_faults",
    "verify_folder",
    "write_key_pair",
]


def loaded_by(statement):
    """Modules that a fresh interpreter holds after a statement."""
    program = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def rooms_of(modules):
    return {name.split(".")[1] for name in modules if name.startswith("fluxttice_core.")}


def test_importing_the_seal_loads_the_floor_alone():
    loaded = loaded_by("import fluxttice_core.seal")
    assert rooms_of(loaded) <= FLOOR
    assert not loaded & {"torch", "cryptography", "safetensors", "pydantic", "yaml", "click"}


# What level 1 of a network's certificate may load beside the floor: the words of its verdict.
LIGHT = FLOOR | {"certificate", "citing", "evidence", "gates", "measure", "model", "tables"}
GOLDEN = Path(__file__).parents[1] / "golden/v0.1"


def test_checking_a_signature_loads_no_network():
    loaded = loaded_by(
        "from fluxttice_core.certificate import KINDS\n"
        "from fluxttice_core.seal import load_public_key, verify_folder\n"
        f"key = load_public_key({str(GOLDEN / 'fluxttice.pub')!r})\n"
        f"assert verify_folder({str(GOLDEN / 'v5_5')!r}, KINDS, [key], level=1).holds"
    )
    assert rooms_of(loaded) <= LIGHT
    heavy = ("model.controls", "model.reference", "model.dual_vae", "evidence.marginal")
    assert not {f"fluxttice_core.{name}" for name in heavy} & loaded
    assert not loaded & {"torch", "safetensors"}


def test_the_probe_sees_what_is_loaded():
    loaded = loaded_by("import fluxttice_core.seal, fluxttice_core.certificate.network.issue")
    assert {"artifacts", "gates", "model"} <= rooms_of(loaded)


def test_the_list_is_frozen():
    assert seal.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_each_name_is_documented(name):
    value = getattr(seal, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert len((inspect.getdoc(value) or "").split()) >= 4


def test_only_the_floor_is_imported():
    """From the source too, so that an import in a function counts."""
    import ast

    for path in Path(seal.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                assert node.level == 2
                assert node.module in FLOOR, f"{path.name} imports {node.module}"
