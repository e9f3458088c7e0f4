"""Certificates of version 0.1 as they were shipped: still read, still verified, measured alike."""

import json

import pytest

from fluxttice_core import load
from fluxttice_core.certificate import KINDS, NETWORK
from fluxttice_core.certificate.network.predicate import NetworkPredicate
from fluxttice_core.seal import load_public_key, verify_folder
from tests.certificates import statement_of
from tests.support import ROOT
from tests.toy_kind import LINES

GOLDEN = ROOT / "tests/golden/v0.1"
NAMES = ("codebook", "v5_5")
SIGNER = "630ae0da39382dd4dd771058fc68a20522cca546187276b193f53b349bcf063a"


def verified(name, level, kinds=KINDS):
    return verify_folder(
        GOLDEN / name, kinds, [load_public_key(GOLDEN / "fluxttice.pub")], level=level
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_the_old_signatures_and_claims_hold(name, level):
    outcome = verified(name, level)
    assert outcome.mismatches == ()
    assert outcome.verdict.startswith(f"VERIFIED at level {level} ")
    assert outcome.signed_by == (SIGNER,)
    assert outcome.about["separated_from_controls"] is (True if level == 3 else None)
    words = "verdict, checklist, limits and documents follow from the claims"
    assert (words in outcome.checked) is (level > 1), "the words are those of today, byte for byte"


@pytest.mark.parametrize("name", NAMES)
def test_the_predicate_is_read_and_written_to_the_last_byte(name):
    predicate = statement_of(GOLDEN / name)["predicate"]
    assert NetworkPredicate.from_dict(predicate).as_dict() == predicate
    assert predicate["schema"] == "fluxttice_core/coverage-certificate/v1"
    assert predicate["tool"]["text_revision"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_the_same_weights_give_the_same_measurements(name, tmp_path):
    """And the same of all that follows from the weights; time, machine and signers are others."""
    from fluxttice_core import api

    golden = statement_of(GOLDEN / name)["predicate"]
    again = api.certify(
        load(GOLDEN / name / "weights.safetensors"),
        tmp_path / "c",
        num_draws=golden["protocol"]["num_draws"],
    )
    assert again["measurements"] == golden["measurements"]
    same = ("schema", "checkpoint", "config", "protocol", "separation", "space", "split", "limits")
    assert {key: again[key] for key in same} == {key: golden[key] for key in same}
    for file in ("weights.safetensors", "config.json"):
        assert (tmp_path / "c" / file).read_bytes() == (GOLDEN / name / file).read_bytes()
    records = [
        json.loads((folder / "benchmark.json").read_bytes())
        for folder in (GOLDEN / name, tmp_path / "c")
    ]
    assert records[0]["results"] == records[1]["results"]


def test_beside_another_kind():
    """The statement's type selects the kind, whichever stands first."""
    for kinds in ((LINES, NETWORK), (NETWORK, LINES)):
        assert verified("v5_5", 1, kinds).holds
