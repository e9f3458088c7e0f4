"""Every field of the statement, attacked with the signing key in hand.

The liar changes one leaf, writes the documents anew to fit, and signs all of it. Whatever passes
must be a field that the issuer merely states, and must move neither verdict nor headline.
"""

import copy
import hashlib
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from fluxttice_core import certify_draws
from fluxttice_core.api import inspect_certificate
from fluxttice_core.canonical import canonical_json
from fluxttice_core.certificate.draws import check
from fluxttice_core.certificate.draws.document import derived_files, sentence
from fluxttice_core.certificate.draws.figures import report_of, with_figures
from fluxttice_core.certificate.draws.kind import DRAWS
from fluxttice_core.certificate.draws.predicate import DrawsPredicate, SpaceSize
from fluxttice_core.errors import CertificateError
from fluxttice_core.seal import Findings
from fluxttice_core.seal.statement import make_statement, parse_statement
from tests.certificates import copy_of, public, sign_again, statement_of

# The issuer's word at level 2: each is named as not checked, or is of another level.
STATED = {
    # A count of the order, as all counts are; with it goes what it tells of independence.
    "counts.adjacent_repeats",
    "environment.numpy",
    "environment.platform",
    "environment.python",
    "source.draws_sha256",
    "source.files[].container",
    "source.files[].compression",
    "source.files[].form",
    "source.files[].name",
    "source.files[].num_bytes",
    "source.files[].num_invalid",
    "source.files[].num_suspect",
    "source.files[].sha256",
    "source.options",
    "title",
    # Level 1 holds these against the verifier's policy.
    "tool.version",
    "validity.expires",
    "validity.issued",
    "validity.supersedes",
}
HOSTILE = ("# VERIFIED by NIST", "", "x" * 300, "\x1b[2J", "a\nb", "\u202e")


def leaves(value, path=()):
    """Every place in a record, the containers too."""
    yield path, value
    items = value.items() if isinstance(value, dict) else ()
    items = enumerate(value) if isinstance(value, list) else items
    for key, item in items:
        yield from leaves(item, (*path, key))


def lies_about(value):
    """Other values for a leaf; ``KeyError`` stands for leaving it out."""
    yield KeyError
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, 0, -1, 2 * value, 2**53, 2**70, str(value), True, None)
    elif isinstance(value, str):
        yield from HOSTILE
        yield from (0, "0", "0.50", "nan", "inf", "1e300", "-1.5", "0" * 64, "9999-01-01T00:00:00Z")
        yield from ("99999", value + " ", value.upper())
        if re.fullmatch(r"-?[0-9]+\.[0-9]+(e-?[0-9]+)?", value):
            yield from (repr(float(value) * (1 + 1e-6)), repr(float(value) * 2))
    elif isinstance(value, list):
        yield from ([], value[:-1], value + value[-1:], value[::-1], {}, "x")
    elif isinstance(value, dict):
        yield from ({**value, "endorsed_by": "NIST"}, [], "x")
        yield from ({**value, "invalid": ["0"]}, {**value, "expires": "2999-01-01T00:00:00Z"})
        yield from ({**value, "compression": "gzip"}, {**value, "adjacent_repeats": 1})
        yield {**value, "supersedes": "0" * 64}
        yield {**value, "lag": {"lag": 3, "equal": 9, "expected": "1.0", "num_lags": 1}}


def changed(record, path, lie):
    """The record with one leaf replaced or left out."""
    if not path:
        return lie if isinstance(lie, dict) else None
    new = copy.deepcopy(record)
    place = new
    for step in path[:-1]:
        place = place[step]
    if lie is not KeyError:
        place[path[-1]] = lie
    else:
        del place[path[-1]]
    return new


def differing(before, after, path=()):
    """Where two records part, with the numbers of list items left out."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {*before, *after}:
            yield from differing(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for pair in zip(before, after, strict=True):
            yield from differing(*pair, (*path, "[]"))
    elif before != after or type(before) is not type(after):
        yield ".".join(path).replace(".[]", "[]")


def at_level_2(record, digests):
    """Findings and what the verifier computed, of a statement whose signatures are all right."""
    payload = make_statement(digests.items(), DRAWS.predicate_type, record)
    statement = parse_statement(payload, "x", (DRAWS,))
    try:
        files = derived_files(DrawsPredicate.from_dict(record))
    except (ValueError, KeyError, TypeError, OverflowError):
        files = {}
    findings = Findings()
    certified = DRAWS.read(statement.predicate, files, findings)
    DRAWS.levels[0].check(certified, findings, None)
    return findings, certified.found


@cache
def passing(folder):
    """Every lie that passes at level 2: where it is, and what the verifier then says."""
    with pytest.MonkeyPatch.context() as patch:
        # Most lies leave the counts, of which the figures are then the same.
        patch.setattr(check, "report_of", cache(check.report_of))
        # The statement is to hold by itself, without what the documents would tell.
        patch.setattr(check, "derived_files", lambda _: {})
        return all_passing(folder)


def all_passing(folder):
    statement = statement_of(folder)
    honest = statement["predicate"]
    digests = {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}
    findings, _ = at_level_2(honest, digests)
    assert findings.mismatches == []
    found, tried = [], 0
    for path, value in leaves(honest):
        if path[:1] == ("signers",):
            continue  # Level 1 holds these against the signatures that there are.
        for lie in lies_about(value):
            record = changed(honest, path, lie)
            if record is None or canonical_json(record) == canonical_json(honest):
                continue
            tried += 1
            try:
                findings, told = at_level_2(record, digests)
            except CertificateError:
                continue
            if not findings.mismatches:
                found.append((frozenset(differing(honest, record)), record, told))
    return tried, found


def test_only_what_is_merely_stated_can_be_a_lie(drawn):
    tried, found = passing(drawn)
    assert tried > 2000
    places = {place for where, _, _ in found for place in where}
    allowed = STATED | {"source.options.invalid"}
    assert places <= allowed, places - allowed
    # The probe sees lies that pass: it could not otherwise tell.
    assert {"title", "source.files[].sha256", "environment.numpy", "tool.version"} <= places


def test_no_lie_that_passes_moves_a_figure_or_the_headline(drawn):
    honest = DrawsPredicate.from_dict(statement_of(drawn)["predicate"])
    _, found = passing(drawn)
    for _, _, told in found:
        assert sentence(told) == sentence(honest)
        assert told.figures == honest.figures


def test_no_stated_word_leaves_its_place(drawn):
    """Of lies that pass, words stand in the document's stated part alone, in quotes, escaped."""
    for where, _, told in passing(drawn)[1]:
        text = derived_files(told)["CERTIFICATE.md"].decode()
        before, _, after = text.partition("## Stated by the issuer")
        assert "NIST" not in before, where
        assert "\x1b" not in text
        assert not re.search(r"^# VERIFIED", text, re.MULTILINE)
        for line in after.splitlines():
            assert "NIST" not in line or re.search(r'"[^"]*NIST[^"]*"', line), where


def test_a_lie_in_the_counts_needs_all_figures_to_follow(drawn, key, tmp_path):
    """Counts with their own figures are consistent; then level 3 alone tells."""
    folder = copy_of(drawn, tmp_path / "lie")
    statement = statement_of(folder)
    record = statement["predicate"]
    record["counts"]["ids"][0] += 2
    record["counts"]["ids"][1] -= 1
    predicate = DrawsPredicate.from_dict(record)
    report = report_of(predicate.counts, predicate.space.size, predicate.num_draws)
    predicate = with_figures(predicate, report)
    for name, data in derived_files(predicate).items():
        (folder / name).write_bytes(data)
    write(folder, statement, predicate.as_dict(), key)
    assert inspect_certificate(folder, key=public(key)).verdict.startswith("CONSISTENT")


def write(folder, statement, record, key):
    digests = {
        item["name"]: hashlib.sha256((folder / item["name"]).read_bytes()).hexdigest()
        for item in statement["subject"]
    }
    sign_again(folder, make_statement(digests.items(), DRAWS.predicate_type, record), key)


LIES_ABOUT_THE_FILE = {
    "sha256": "0" * 64,
    "num_bytes": 5,
    "container": "CSV",
    "form": "labels",
    "num_invalid": 3,
    "num_suspect": 3,
    "compression": "gzip",
}


@pytest.mark.parametrize("field", [*LIES_ABOUT_THE_FILE, "draws_sha256", "counts"])
def test_level_3_tells_what_level_2_cannot(drawn, foreign, key, tmp_path, field):
    folder = copy_of(drawn, tmp_path / "lie")
    statement = statement_of(folder)
    record = copy.deepcopy(statement["predicate"])
    if field == "draws_sha256":
        record["source"][field] = "0" * 64
    elif field == "counts":
        record["counts"]["adjacent_repeats"] += 1
    else:
        record["source"]["files"][0][field] = LIES_ABOUT_THE_FILE[field]
    for name, data in derived_files(DrawsPredicate.from_dict(record)).items():
        (folder / name).write_bytes(data)
    write(folder, statement, record, key)
    outcome = inspect_certificate(folder, key=public(key), level=3, draws=foreign)
    if field in ("sha256", "num_bytes"):
        # The file that was certified is then another one, which is said.
        assert any("the very file that was certified" in text for text in outcome.not_checked)
        assert "SHA-256 of the files of draws" not in outcome.checked
    else:
        assert outcome.exit_code == 1


def test_a_space_that_is_known_is_not_left_out(key, tmp_path):
    path, out = tmp_path / "gates.npy", tmp_path / "lie"
    np.save(path, np.random.default_rng(1).integers(-1, 2, (500, 9)))
    certify_draws(path, out, key=key)
    statement = statement_of(out)
    predicate = replace(DrawsPredicate.from_dict(statement["predicate"]), space=SpaceSize())
    predicate = with_figures(predicate, report_of(predicate.counts, None, ()))
    for name, data in derived_files(predicate).items():
        (out / name).write_bytes(data)
    write(out, statement, predicate.as_dict(), key)
    assert inspect_certificate(out, key=public(key)).holds
    (item,) = inspect_certificate(out, key=public(key), level=3, draws=path).mismatches
    assert (item.reason, item.subject) == ("false-claim", "space.size")


@pytest.mark.parametrize("name", ["README.md", "CERTIFICATE.md", "bom.cdx.json"])
def test_a_document_says_what_the_certificate_says(drawn, key, tmp_path, name):
    folder = copy_of(drawn, tmp_path / "lie")
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    write(folder, statement_of(folder), statement_of(folder)["predicate"], key)
    (item,) = inspect_certificate(folder, key=public(key)).mismatches
    assert (item.reason, item.subject) == ("false-claim", name)


def test_signers_are_those_who_signed(drawn, key, tmp_path):
    folder = copy_of(drawn, tmp_path / "lie")
    record = statement_of(folder)["predicate"]
    record["signers"] = ["0" * 64]
    write(folder, statement_of(folder), record, key)
    reasons = {item.reason for item in inspect_certificate(folder, key=public(key)).mismatches}
    assert "not-signed" in reasons
