"""Groups, a target, another sample: stated at level 2, and measured again at level 3."""

import copy

import numpy as np
import pytest

from fluxttice_core import certify_draws
from fluxttice_core.api import inspect_certificate
from fluxttice_core.artifacts.draws import ReadOptions
from fluxttice_core.certificate.draws.document import derived_files
from fluxttice_core.certificate.draws.predicate import DrawsPredicate
from fluxttice_core.errors import CertificateError
from tests.certificate.draws.test_attacks import write
from tests.certificates import copy_of, public, reasons, statement_of

KINDS = ("groups", "target", "comparison")


@pytest.fixture(scope="module")
def place(tmp_path_factory, key):
    """Draws in twelve groups, masses, another sample, and a certificate of each kind."""
    folder = tmp_path_factory.mktemp("beyond")
    rng = np.random.default_rng(5)
    masses = rng.dirichlet(np.ones(40))
    masses[-1] = 1.0 - masses[:-1].sum()
    np.save(folder / "masses.npy", masses)
    drawn = rng.choice(40, 600, p=masses)
    rows = [f"{each},g{number % 12}" for number, each in enumerate(drawn.tolist())]
    (folder / "draws.csv").write_text("id,group\n" + "\n".join(rows) + "\n")
    np.savetxt(folder / "plain.txt", drawn, fmt="%d")
    np.savetxt(folder / "other.txt", rng.integers(0, 40, 600), fmt="%d")
    certify_draws(
        folder / "draws.csv",
        folder / "groups",
        key=key,
        space=40,
        reading=ReadOptions(column="id", groups="group"),
    )
    plain = folder / "plain.txt"
    certify_draws(plain, folder / "target", key=key, space=40, target=folder / "masses.npy")
    certify_draws(plain, folder / "comparison", key=key, space=40, other=folder / "other.txt")
    return folder


def files_of(place, kind):
    draws = place / ("draws.csv" if kind == "groups" else "plain.txt")
    beside = {"target": "masses.npy", "comparison": "other.txt"}.get(kind)
    return {"draws": draws, "beside": None if beside is None else place / beside}


@pytest.mark.parametrize("kind", KINDS)
def test_level_2_says_that_it_was_not_checked(place, key, kind):
    outcome = inspect_certificate(place / kind, key=public(key))
    assert outcome.holds, outcome.as_text()
    assert outcome.verdict.startswith("CONSISTENT")
    assert any(f"need more than counts ({kind}): at level 3" in t for t in outcome.not_checked)
    text = (place / kind / "CERTIFICATE.md").read_text()
    assert "**not checked below level 3**" in text.partition("## Stated by the issuer")[2]


@pytest.mark.parametrize("kind", KINDS)
def test_level_3_measures_it_again(place, key, kind):
    outcome = inspect_certificate(place / kind, key=public(key), level=3, **files_of(place, kind))
    assert outcome.holds, outcome.as_text()
    assert any(f"figures ({kind}), measured again" in text for text in outcome.checked)
    assert not any("need more than counts" in text for text in outcome.not_checked)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_level_3_without_the_file_beside_says_so(place, key, kind):
    draws = files_of(place, kind)["draws"]
    outcome = inspect_certificate(place / kind, key=public(key), level=3, draws=draws)
    assert outcome.holds
    assert any("give the file that they need with --beside" in t for t in outcome.not_checked)
    assert not any("measured again" in text for text in outcome.checked)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["value", "low", "high", "limit"])
def test_a_lie_is_found_at_level_3(place, key, kind, part, tmp_path):
    folder = copy_of(place / kind, tmp_path / "lie")
    statement = statement_of(folder)
    record = copy.deepcopy(statement["predicate"])
    having = [each for each in record["beyond"]["figures"] if part in each]
    if kind == "comparison" and part == "limit":
        # A difference has none: to state one is a lie.
        having = [record["beyond"]["figures"][0] | {"limit": "1.0"}]
        record["beyond"]["figures"][0] = having[0]
    figure = having[0]
    figure[part] = repr(float(figure[part]) * 1.001 + 1e-6)
    for name, data in derived_files(DrawsPredicate.from_dict(record)).items():
        (folder / name).write_bytes(data)
    write(folder, statement, record, key)
    assert inspect_certificate(folder, key=public(key)).holds
    outcome = inspect_certificate(folder, key=public(key), level=3, **files_of(place, kind))
    assert {reason for reason, _ in reasons(outcome)} == {"false-claim"}
    assert all(subject.startswith("beyond.figures") for _, subject in reasons(outcome))


def changes(record):
    figures = record["beyond"]["figures"]
    yield "a name of the issuer's", lambda: figures[0].update(name="verified_by_nist")
    yield "twice", lambda: figures.append(dict(figures[0]))
    yield "another order", lambda: figures.reverse()
    yield (
        "another kind",
        lambda: record["beyond"].update(
            kind="groups" if record["beyond"]["kind"] != "groups" else "target"
        ),
    )
    yield (
        "modes",
        lambda: record["beyond"].update(num_modes=None if "num_modes" in record["beyond"] else 3),
    )
    yield (
        "beside",
        lambda: record["beyond"].update(
            beside=None
            if "beside" in record["beyond"]
            else {"name": "x", "sha256": "0" * 64, "num_bytes": 1}
        ),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(6))
def test_what_is_no_figure_is_refused_at_level_2(place, key, kind, number, tmp_path):
    folder = copy_of(place / kind, tmp_path / "lie")
    statement = statement_of(folder)
    record = copy.deepcopy(statement["predicate"])
    list(changes(record))[number][1]()
    for name in ("num_modes", "beside"):
        if record["beyond"].get(name, 0) is None:
            del record["beyond"][name]
    predicate = DrawsPredicate.from_dict(record)
    for name, data in derived_files(predicate).items():
        (folder / name).write_bytes(data)
    write(folder, statement, record, key)
    assert not inspect_certificate(folder, key=public(key)).holds


def test_groups_estimate_nothing_from_counts_alone(place, key):
    record = statement_of(place / "groups")["predicate"]
    values = {figure["name"]: figure.get("value") for figure in record["figures"]}
    assert values["unseen_mass"] is None
    assert values["observed_richness"] is not None
    assert all("low" not in figure for figure in record["figures"])
    assert record["curve"] == []


def test_another_target_is_told(place, key, tmp_path):
    masses = np.load(place / "masses.npy")
    np.savetxt(tmp_path / "same.txt", masses)
    files = files_of(place, "target") | {"beside": tmp_path / "same.txt"}
    outcome = inspect_certificate(place / "target", key=public(key), level=3, **files)
    assert outcome.holds
    assert "the very file beside: this is another" in outcome.not_checked
    np.save(tmp_path / "other.npy", masses[::-1])
    files["beside"] = tmp_path / "other.npy"
    outcome = inspect_certificate(place / "target", key=public(key), level=3, **files)
    assert outcome.exit_code == 1


def test_one_of_them_a_certificate(place, tmp_path):
    with pytest.raises(CertificateError, match="expected one of them a certificate"):
        certify_draws(
            place / "plain.txt",
            tmp_path / "c",
            target=place / "masses.npy",
            other=place / "other.txt",
        )


@pytest.mark.parametrize("form", ["rows", "files"])
def test_rows_and_files_may_be_groups(form, key, tmp_path):
    rng = np.random.default_rng(6)
    np.save(tmp_path / "a.npy", rng.integers(0, 50, (20, 8) if form == "rows" else 80))
    np.save(tmp_path / "b.npy", rng.integers(0, 50, (20, 8) if form == "rows" else 80))
    files = [tmp_path / "a.npy", tmp_path / "b.npy"]
    record = certify_draws(files, tmp_path / "c", key=key, reading=ReadOptions(groups=form))
    assert record["beyond"]["kind"] == "groups"
    outcome = inspect_certificate(tmp_path / "c", key=public(key), level=3, draws=files)
    assert outcome.holds, outcome.as_text()
    outcome = inspect_certificate(tmp_path / "c", key=public(key), level=3, draws=files[::-1])
    assert reasons(outcome) == {("other-draws", "draws")}


@pytest.mark.parametrize("kind", ["groups", "target"])
def test_figures_by_groups_are_of_draws_in_groups(place, key, kind, tmp_path):
    folder = copy_of(place / kind, tmp_path / "lie")
    statement = statement_of(folder)
    record = copy.deepcopy(statement["predicate"])
    if kind == "groups":
        del record["beyond"]
    else:
        record["beyond"] = {"kind": "groups", "figures": [{"name": "ratio", "value": "1.0"}]}
    for name, data in derived_files(DrawsPredicate.from_dict(record)).items():
        (folder / name).write_bytes(data)
    write(folder, statement, record, key)
    outcome = inspect_certificate(folder, key=public(key))
    assert reasons(outcome) == {("false-claim", "beyond")}
