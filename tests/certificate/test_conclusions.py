"""The checklist follows from the claims: for each item, what makes it met and what unmet."""

import copy
import dataclasses

import pytest

from fluxttice_core.certificate.network import conclusions
from fluxttice_core.certificate.network.conclusions import (
    benchmark_record,
    conclude_checklist,
    conclude_separation,
    share,
)
from fluxttice_core.certificate.network.predicate import NetworkPredicate
from tests.certificates import claim, statement_of


@pytest.fixture(autouse=True)
def _a_hundred_draws_decide(monkeypatch):
    """The certificate at hand has no more, so that it is made soon."""
    monkeypatch.setattr(conclusions, "LEAST_DRAWS", 20)


@pytest.fixture(scope="module")
def predicate(issued):
    """Every item that can be met is met, whatever network was certified."""
    found = statement_of(issued)["predicate"]
    for item in found["measurements"]:
        if item["name"].startswith("model/"):
            if "/reconstruction/" in item["name"]:
                item["value"] = item["denominator"]
            if item["name"].endswith("/information"):
                item["value"] = item["limit"]
            if "/distinct/" in item["name"]:
                item["value"] = 19683
        elif item["name"].endswith("/information") or "/reconstruction/" in item["name"]:
            item["value"] = 0 if isinstance(item["value"], int) else "0.000000"
    return found


def concluded(predicate):
    record = NetworkPredicate.from_dict(predicate)
    separated = dataclasses.replace(record, separation=conclude_separation(record))
    return {each.item: each.met for each in conclude_checklist(separated)}


def test_all_but_the_retraining_can_be_met(predicate):
    unmet = [item for item, met in concluded(predicate).items() if not met]
    assert unmet == ["Retrained from configuration and seed with the same result (level 4)"]


def set_value(name, value):
    return lambda p: claim(p, name).update(value=value)


CHANGES = {
    "no configuration": (lambda p: p.pop("config"), "The configuration"),
    "a configuration given": (lambda p: p["config"].update(origin="given"), "The configuration"),
    "no history": (lambda p: p["training"].pop("history"), "The history"),
    "held-out operations lost": (
        set_value("model/A/reconstruction/alone/test", 1949),
        "Held-out operations",
    ),
    "held-out not recorded": (lambda p: p["split"].update(is_recorded=False), "Held-out"),
    "coupled operations lost": (
        set_value("model/B/reconstruction/rho=0.7/test", 1949),
        "The same with the pathways coupled at rho_max 0.7",
    ),
    "an untrained control that knows": (
        set_value("untrained/A/information", "9.500000"),
        "Separated from the untrained control",
    ),
    "a collapsed control that knows": (
        set_value("collapsed/B/reconstruction/alone/all", 19000),
        "Separated from the collapsed control",
    ),
    "few sampled": (set_value("model/A/distinct/sampled/n=20", 19), "Coverage by 20 sampled"),
    "few by mode": (set_value("model/B/distinct/mode/n=20", 19), "Coverage by 20 mode"),
    "little information": (set_value("model/B/information", "8.898000"), "A prior code"),
    "a narrow margin": (
        lambda p: claim(p, "model/A/reconstruction/alone/all").update(ambiguous=1),
        "No reconstruction stands",
    ),
    "no signature": (lambda p: p.update(signers=[]), "The certificate is signed"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_change_leaves_one_item_unmet(predicate, change):
    make, words = CHANGES[change]
    changed = copy.deepcopy(predicate)
    make(changed)
    before, after = concluded(predicate), concluded(changed)
    lost = [item for item in before if before[item] and not after[item]]
    assert len(lost) == 1
    assert lost[0].startswith(words)


def test_just_enough_is_met(predicate):
    changed = copy.deepcopy(predicate)
    claim(changed, "model/A/reconstruction/alone/test")["value"] = 1950
    claim(changed, "model/A/information")["value"] = "8.898760"
    assert list(concluded(changed).values()).count(False) == 1


def test_few_draws_decide_nothing(predicate, monkeypatch):
    """Of twenty draws a lucky run is soon found."""
    monkeypatch.undo()
    unmet = [item for item, met in concluded(predicate).items() if not met]
    assert [item.split(" is")[0] for item in unmet[:-1]] == [
        "Coverage by 20 sampled draws",
        "Coverage by 20 mode draws",
    ]


def test_a_split_of_a_few_decides_nothing(predicate):
    changed = copy.deepcopy(predicate)
    for pathway in "AB":
        for code in ("alone", "rho=0.7"):
            item = claim(changed, f"model/{pathway}/reconstruction/{code}/test")
            item.update(value=983, denominator=983)
    unmet = [item for item, met in concluded(changed).items() if not met]
    assert [item.split()[0] for item in unmet] == ["Held-out", "The", "Retrained"]


def test_shares_never_round_up_to_all():
    assert share(19682, 19683) == "99.99 %"
    assert share(99999, 100000) == "99.99 %"
    assert share(19683, 19683) == "100.00 %"
    assert share(1, 3, 1) == "33.3 %"
    assert share(0, 5) == "0.00 %"


def test_the_benchmark_keeps_the_keys_of_v5_5(predicate):
    record = benchmark_record(NetworkPredicate.from_dict(predicate))
    coverage = record["results"]["coverage"]
    assert (coverage["num_samples"], coverage["num_trials"]) == (100, 1)
    assert coverage["vae_a_unique"] == 19683
    assert coverage["vae_a_coverage"] == "100.000000"
    assert record["metadata"]["config_hash"] == predicate["config"]["sha256"]
