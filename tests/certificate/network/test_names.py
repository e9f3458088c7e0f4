"""Names of claims: printed and parsed in one place."""

import pytest

from fluxttice_core.certificate.network import names
from fluxttice_core.certificate.network.names import ClaimName, distinct, mixed, reconstruction
from tests.certificates import statement_of
from tests.support import ROOT


def test_every_claim_of_a_certificate_is_one_of_these_names():
    found = statement_of(ROOT / "tests/golden/v0.1/v5_5")["predicate"]
    rhos = {found["checkpoint"][key] for key in ("rho", "rho_max")}
    codes = {names.ALONE, *map(mixed, rhos)}
    parts = (names.ALL, "train", "validation", "test")
    quantities = {
        names.DISTINCT_DECODES,
        names.POSTERIOR_KL,
        names.ACTIVE_DIMENSIONS,
        names.INFORMATION,
        names.CHI_SQUARE,
        *(reconstruction(part, code) for part in parts for code in codes),
        *(
            distinct(reading, n)
            for reading in names.READINGS
            for n in found["protocol"]["num_draws"]
        ),
    }
    met = set()
    for item in found["measurements"]:
        name = ClaimName.parse(item["name"])
        assert str(name) == item["name"]
        assert name.role in (names.MODEL, *names.CONTROLS)
        met.add(name.quantity)
    assert met == quantities


@pytest.mark.parametrize(
    ("text", "reconstructed"),
    [
        ("model/A/reconstruction/alone/test", ("alone", "test")),
        ("model/A/reconstruction/rho=0.7/all", ("rho=0.7", "all")),
        ("model/A/reconstruction/alone", None),
        ("model/A/reconstruction/alone/test/more", None),
        ("model/A/reconstruction", None),
        ("model/A/information", None),
    ],
)
def test_reconstructions_are_taken_apart(text, reconstructed):
    assert ClaimName.parse(text).reconstructed == reconstructed


@pytest.mark.parametrize("text", ["", "model", "model/A"])
def test_what_is_no_name(text):
    with pytest.raises(ValueError, match="role/pathway/quantity"):
        ClaimName.parse(text)


def test_no_other_file_puts_names_together():
    """Guards the one place: a format string with a slash between two values is a name."""
    import ast
    from pathlib import Path

    room = Path(names.__file__).parent
    for path in room.glob("*.py"):
        if path.name == "names.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                text = ast.unparse(node)
                assert not text.startswith(("f'model/", "f'{role}/", "f'untrained/")), text
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("reconstruction/", "distinct/", "model/")), path
