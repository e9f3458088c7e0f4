"""Lies of an issuer who holds the key: what passes lies in what is merely stated."""

import json
import re
from decimal import Decimal

import pytest

from tests.certificate.network.lies import Liar, measured_once
from tests.certificates import change_and_sign, check

METADATA = "weights.safetensors: metadata"
# What the issuer, or the file itself, merely states. Of containers: keys that no reader knows.
STATED = {
    "certificate.json": re.compile(
        r"(|predicate|subject\[\](\.digest)?"
        r"|predicate\.environment(\..+)?"
        r"|predicate\.tool\.(name|version)"
        r"|predicate\.validity(\..+)?"
        r"|predicate\.training\.(cpu|history(\..+)?))"
    ),
    METADATA: re.compile(
        r"(|best(\..+)?|best_.+|epoch|phase|seed|num_threads|format_version|code_version"
        r"|torch_version|selection_score|source_sha256|compiled|device|config_hash)"
    ),
    # Open: the verifier names these signatures as not checked; whoever has the keys could.
    "provenance.json": re.compile(r"envelope: signatures\[\](\.sig)?"),
    "weights.safetensors: header": re.compile(
        r"padding|__metadata__\.(endorsed_by|format)|fluxttice|order"
    ),
}
# What rests on recorded draws: level 2 says that it did not look.
DRAWN = re.compile(r"predicate\.(measurements\[\].*|protocol\.(num_draws.*|noise_sha256))")
# Open: decimal claims may be off by their last digits, and the documents print them as claimed.
LAST_DIGITS = re.compile(r"predicate\.measurements\[\]\.(value|min_gap|interval\[\])")


@pytest.fixture(scope="module")
def attacked(issued, key, tmp_path_factory):
    """A sample of all lies: how many were told, what passed, what an honest folder is told."""
    liar = Liar(issued, tmp_path_factory.mktemp("lies") / "c", key, share=0.0012)
    with measured_once():
        honest = {level: liar.verify(None, level) for level in (2, 3)}
        assert all(outcome.holds for outcome in honest.values())
        told, passed = 0, []
        for lie in liar.lies():
            told += 1
            outcome = liar.verify(lie, 2)
            if outcome is not None and outcome.holds:
                passed.append((lie, outcome, liar.verify(lie, 3)))
    return told, passed, honest, liar.predicate


def test_a_lie_that_passes_is_about_what_is_merely_stated(attacked):
    told, passed, _, _ = attacked
    assert told > 25
    assert len(passed) >= 2, "the probe sees lies that pass: else it could not tell"
    for lie, _, whole in passed:
        stated = STATED.get(lie.file)
        is_stated = stated is not None and stated.fullmatch(lie.place)
        assert is_stated or DRAWN.fullmatch(lie.place), (lie.file, lie.place, lie.words)
        if not is_stated and whole is not None and whole.holds:
            assert LAST_DIGITS.fullmatch(lie.place), (lie.place, lie.words)
            assert lie.size <= (2, Decimal("0.000001")), lie.words


def test_no_lie_that_passes_moves_verdict_or_headline(attacked):
    _, passed, honest, predicate = attacked
    for lie, *outcomes in passed:
        for level, outcome in zip((2, 3), outcomes, strict=True):
            if outcome is None or not outcome.holds:
                continue
            assert outcome.verdict == honest[level].verdict
            assert outcome.summary.sentence == honest[level].summary.sentence
            about = dict(outcome.about)
            assert about.keys() == honest[level].about.keys()
            for name in ("separated_from_controls", "verdict_on_the_network"):
                assert about[name] == honest[level].about[name]
            if level == 3:
                said = lie.statement["predicate"]
                assert said["separation"]["separated"] == predicate["separation"]["separated"]
                assert said["separation"]["verdict"] == predicate["separation"]["verdict"]
                met, before = (
                    [item["met"] for item in each["checklist"]] for each in (said, predicate)
                )
                assert met == before, lie.place


def test_of_items_only_the_history_is_said_by_the_issuer(folder, key):
    """Known and open: the second item is met by a history that nobody checks."""
    before = json.loads(json.dumps(check(folder, key, level=2).as_dict()))

    def change(predicate):
        predicate["training"]["history"] = {"sha256": "0" * 64, "epochs": 10**6}
        predicate["checklist"][1]["detail"] = f"{10**6} epochs recorded"

    change_and_sign(folder, key, change)
    outcome = check(folder, key, level=3)
    assert outcome.holds
    assert any("history" in text for text in outcome.not_checked)
    assert check(folder, key, level=2).as_dict()["verdict"] == before["verdict"]
