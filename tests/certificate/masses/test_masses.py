"""A certificate of known masses: exact figures, computed again from the folder."""

import copy
import hashlib
import json
import subprocess
import sys

import jsonschema
import numpy as np
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from fluxttice_core import certify_masses, verify
from fluxttice_core.api import inspect_certificate
from fluxttice_core.canonical import canonical_json
from fluxttice_core.certificate import KINDS
from fluxttice_core.certificate.masses import check
from fluxttice_core.certificate.masses.document import derived_files
from fluxttice_core.certificate.masses.figures import array_bytes, read_array
from fluxttice_core.certificate.masses.kind import MASSES_KIND, predicate_schema
from fluxttice_core.certificate.masses.predicate import MassesPredicate
from fluxttice_core.cli.main import main
from fluxttice_core.errors import ArtifactError, CertificateError, DrawsError
from fluxttice_core.seal import Findings, schema_faults
from fluxttice_core.seal.statement import make_statement, parse_statement
from tests.certificate.draws.test_attacks import changed, differing, leaves, lies_about
from tests.certificate.draws.test_bytes import caught
from tests.certificates import copy_of, public, reasons, sign_again, statement_of

STATED = {
    *("environment.numpy", "environment.platform", "environment.python"),
    *("source.name", "source.num_bytes", "source.sha256"),
    *("title", "tool.version"),
    *("validity.expires", "validity.issued", "validity.supersedes"),
}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("masses") / "masses.txt"
    np.savetxt(path, np.random.default_rng(1).dirichlet(np.ones(50)))
    return path


@pytest.fixture(scope="module")
def certified(source, key, tmp_path_factory):
    out = tmp_path_factory.mktemp("certified") / "certificate"
    certify_masses(source, out, key=key, num_draws=(10, 100), title="a die")
    return out


def test_figures_are_computed_again(certified, key):
    outcome = verify(certified, key=public(key))
    assert outcome.verdict.startswith(
        "VERIFIED at level 2 (exact figures of the masses in the folder), signed by "
    )
    assert outcome.summary.sentence.startswith("50 masses: entropy 3.")


def test_level_1_says_no_figure(certified, key):
    outcome = inspect_certificate(certified, key=public(key), level=1)
    assert outcome.summary.sentence == "Figures that were not computed here."


def test_there_is_no_level_3(certified, key):
    with pytest.raises(CertificateError, match="must be one of 1, 2 for a masses certificate"):
        inspect_certificate(certified, key=public(key), level=3)


def sealed(folder, record, key):
    """Sign another predicate, with documents to fit."""
    data = (folder / "masses.npy").read_bytes()
    predicate = MassesPredicate.from_dict(record)
    for name, text in derived_files(predicate, hashlib.sha256(data).hexdigest()).items():
        (folder / name).write_bytes(text)
    digests = {
        item["name"]: hashlib.sha256((folder / item["name"]).read_bytes()).hexdigest()
        for item in statement_of(folder)["subject"]
    }
    sign_again(folder, make_statement(digests.items(), MASSES_KIND.predicate_type, record), key)


def test_other_masses_have_other_figures(certified, key, tmp_path):
    folder = copy_of(certified, tmp_path / "lie")
    (folder / "masses.npy").write_bytes(array_bytes(np.full(50, 0.02)))
    sealed(folder, statement_of(folder)["predicate"], key)
    outcome = inspect_certificate(folder, key=public(key))
    assert ("false-claim", "figures[0].value") in reasons(outcome)


@pytest.mark.parametrize("name", ["README.md", "CERTIFICATE.md", "bom.cdx.json"])
def test_a_document_says_what_the_certificate_says(certified, key, tmp_path, name):
    folder = copy_of(certified, tmp_path / "lie")
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    digests = {
        item["name"]: hashlib.sha256((folder / item["name"]).read_bytes()).hexdigest()
        for item in statement_of(folder)["subject"]
    }
    record = statement_of(folder)["predicate"]
    sign_again(folder, make_statement(digests.items(), MASSES_KIND.predicate_type, record), key)
    assert reasons(inspect_certificate(folder, key=public(key))) == {("false-claim", name)}


def test_numbers_of_draws_increase(certified, key, tmp_path):
    folder = copy_of(certified, tmp_path / "lie")
    record = statement_of(folder)["predicate"]
    record["num_draws"].reverse()
    record["coverage"].reverse()
    sealed(folder, record, key)
    assert ("false-claim", "masses.npy") in reasons(inspect_certificate(folder, key=public(key)))


def test_only_what_is_merely_stated_can_be_a_lie(certified, monkeypatch):
    # The statement is to hold by itself, without what the documents would tell.
    monkeypatch.setattr(check, "derived_files", lambda *_: {})
    statement = statement_of(certified)
    honest = statement["predicate"]
    digests = {item["name"]: item["digest"]["sha256"] for item in statement["subject"]}
    data = (certified / "masses.npy").read_bytes()
    tried, places = 0, set()

    def holds(record):
        payload = make_statement(digests.items(), MASSES_KIND.predicate_type, record)
        parsed = parse_statement(payload, "x", (MASSES_KIND,)).predicate
        try:
            texts = derived_files(parsed, hashlib.sha256(data).hexdigest())
        except (ValueError, KeyError, OverflowError):
            texts = {}
        findings = Findings()
        evidence = MASSES_KIND.read(parsed, {"masses.npy": data, **texts}, findings)
        MASSES_KIND.levels[0].check(evidence, findings, None)
        return not findings.mismatches

    assert holds(honest)
    for path, value in leaves(honest):
        for lie in lies_about(value) if path[:1] != ("signers",) else ():
            record = changed(honest, path, lie)
            if record is None or canonical_json(record) == canonical_json(honest):
                continue
            tried += 1
            try:
                if holds(record):
                    places |= set(differing(honest, record))
            except CertificateError:
                continue
    assert tried > 700
    assert places == STATED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        array_bytes(np.full(2, 0.5)) + b" ",
        array_bytes(np.full(2, 0.5)).replace(b"<f8", b"<i8"),
        array_bytes(np.full((1, 2), 0.5)),
        array_bytes(np.full(2, 0.5)).replace(b"(2,)", b"(2**70,)"),
    ],
)
def test_what_is_no_array_is_refused(data):
    with pytest.raises(DrawsError, match="expected an array"):
        read_array(data)


@pytest.mark.parametrize("masses", [[0.5, 0.6], [1.5, -0.5], [float("nan"), 1.0], []])
def test_what_are_no_masses_is_a_false_claim(certified, key, tmp_path, masses):
    folder = copy_of(certified, tmp_path / "lie")
    (folder / "masses.npy").write_bytes(array_bytes(np.array(masses)))
    sealed(folder, statement_of(folder)["predicate"], key)
    assert ("false-claim", "masses.npy") in reasons(inspect_certificate(folder, key=public(key)))


def test_a_byte_in_some(certified, key):
    assert caught(certified, key, 23) > 300


@pytest.mark.assurance
def test_every_byte(certified, key):
    assert caught(certified, key, 1) == sum(each.stat().st_size for each in certified.iterdir())


def test_judges(certified):
    schema, predicate = predicate_schema(), statement_of(certified)["predicate"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(predicate, schema)
    other = copy.deepcopy(predicate) | {"endorsed_by": "NIST"}
    assert any("unknown" in fault for fault in schema_faults(other, schema))
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str((certified / "bom.cdx.json").read_text()) is None


def test_neither_torch_nor_a_model_is_loaded(certified, key):
    code = (
        "import sys\n"
        "from fluxttice_core import verify\n"
        f"assert verify({str(certified)!r}, key={str(public(key))!r}).holds\n"
        "assert not [n for n in sys.modules if n.startswith(('torch', 'fluxttice_core.model.r'))]\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_read_must_be_masses(tmp_path):
    (tmp_path / "x.txt").write_text("1\n2\n")
    with pytest.raises(ArtifactError, match="add up to 1"):
        certify_masses(tmp_path / "x.txt", tmp_path / "c")
    with pytest.raises(CertificateError, match="expires"):
        certify_masses(tmp_path / "x.txt", tmp_path / "c", expires="soon")


def test_from_the_terminal(source, tmp_path, capsys):
    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        return stop.value.code, *capsys.readouterr()

    out = tmp_path / "c"
    code, said, _ = run("certify", source, "--kind", "masses", "--out", out, "--json")
    assert (code, json.loads(said)["num_masses"]) == (0, 50)
    code, said, _ = run("verify", out, "--allow-unsigned")
    assert (code, said.split()[0]) == (0, "HOLDS")
    code, _, err = run("certify", source, "--kind", "masses", "--space", "5", "--out", out)
    assert (code, "--space has no meaning for masses" in err) == (2, True)
    code, _, err = run("certify", source, source, "--kind", "masses", "--out", out)
    assert code == 2


def test_it_is_one_of_the_kinds():
    assert MASSES_KIND in KINDS
