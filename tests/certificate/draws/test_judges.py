"""Outside judges of a certificate of draws: programs that know nothing of this package."""

import base64
import json
import subprocess
import sys

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from fluxttice_core.artifacts.draws.formats import COMPRESSIONS, FORMATS
from fluxttice_core.certificate.draws.format import INCLUDED
from fluxttice_core.certificate.draws.kind import predicate_schema
from fluxttice_core.seal import schema_faults
from fluxttice_core.seal.envelope import pae
from tests.certificates import public, statement_of


def test_openssl_verifies_the_envelope(drawn, key, tmp_path):
    record = json.loads((drawn / "certificate.json").read_bytes())
    message = pae(record["payloadType"], base64.b64decode(record["payload"]))
    (tmp_path / "signature").write_bytes(base64.b64decode(record["signatures"][0]["sig"]))
    command = ["openssl", "dgst", "-sha256", "-verify", str(public(key)), "-signature"]
    command.append(str(tmp_path / "signature"))
    done = subprocess.run(command, capture_output=True, input=message)
    assert done.stdout == b"Verified OK\n"
    assert subprocess.run(command, capture_output=True, input=message + b" ").returncode == 1


def test_the_openssf_tool_accepts_the_files(drawn, key):
    command = [sys.executable, "-m", "model_signing", "verify", "key", str(drawn)]
    command += ["--signature", str(drawn / "model.sig"), "--public_key", str(public(key))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_schema_agrees_with_a_full_validator(drawn):
    schema, predicate = predicate_schema(), statement_of(drawn)["predicate"]
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    assert list(validator.iter_errors(predicate)) == []
    for key in predicate:
        for lie in (None, {}, "x" * 999, -1):
            changed = {**predicate, key: lie}
            refused = any(validator.iter_errors(changed))
            # An unknown space is an empty record.
            assert refused or (key, lie) == ("space", {})
            assert bool(schema_faults(changed, schema)) == refused


@pytest.mark.parametrize("part", [(), ("source",), ("source", "files", 0), ("counts",), ("tool",)])
def test_unknown_keys_are_refused(drawn, part):
    predicate = statement_of(drawn)["predicate"]
    place = predicate
    for step in part:
        place = place[step]
    place["endorsed_by"] = "NIST"
    assert any("unknown" in fault for fault in schema_faults(predicate, predicate_schema()))
    assert any(jsonschema.Draft202012Validator(predicate_schema()).iter_errors(predicate))


def test_the_bill_of_materials_is_one(drawn):
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str((drawn / "bom.cdx.json").read_text()) is None


def test_included_draws_may_end_as_files_of_draws_do():
    ends = {
        f"draws{suffix}{packed}"
        for form in FORMATS.values()
        for suffix in form.suffixes
        for packed in ("", *(COMPRESSIONS if form.streams else ()))
    }
    assert set(INCLUDED) == ends
