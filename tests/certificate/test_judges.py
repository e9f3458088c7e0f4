"""Outside judges: programs and libraries that know nothing of this package."""

import base64
import hashlib
import importlib
import json
import subprocess
import sys

import jsonschema
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from fluxttice_core.certificate.network.kind import NETWORK, predicate_schema
from fluxttice_core.seal import schema_faults
from fluxttice_core.seal.envelope import pae
from fluxttice_core.seal.schema import KEYWORDS
from tests.certificates import copy_of, public, statement_of

ENVELOPES = ("certificate.json", "provenance.json")


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, **options)


@pytest.mark.parametrize("name", ENVELOPES)
def test_openssl_verifies_the_envelope(issued, key, name, tmp_path):
    record = json.loads((issued / name).read_bytes())
    message = pae(record["payloadType"], base64.b64decode(record["payload"]))
    (tmp_path / "signature").write_bytes(base64.b64decode(record["signatures"][0]["sig"]))
    command = ("dgst", "-sha256", "-verify", public(key), "-signature", tmp_path / "signature")
    done = openssl(*command, input=message)
    assert done.stdout == b"Verified OK\n"
    assert openssl(*command, input=message + b" ").returncode == 1


def test_openssl_gives_a_key_the_same_name(issued, key):
    der = openssl("pkey", "-pubin", "-in", public(key), "-outform", "DER").stdout
    assert statement_of(issued)["predicate"]["signers"] == [hashlib.sha256(der).hexdigest()]


def model_signing(folder, key):
    return subprocess.run(
        [
            *(sys.executable, "-m", "model_signing", "verify", "key", str(folder)),
            *("--signature", str(folder / "model.sig"), "--public_key", str(public(key))),
        ],
        capture_output=True,
        text=True,
    )


def test_the_official_tool_accepts_the_files(issued, key):
    done = model_signing(issued, key)
    assert (done.returncode, "succeeded" in done.stdout + done.stderr) == (0, True), done.stderr


def test_the_official_tool_rejects_another_key(issued, keys):
    assert model_signing(issued, keys[1]).returncode != 0


def test_the_official_library_rejects_any_change(issued, key, tmp_path):
    verifying = importlib.import_module("model_signing.verifying")

    def accepted(folder):
        config = verifying.Config().use_elliptic_key_verifier(public_key=public(key))
        try:
            config.verify(folder, folder / "model.sig")
        except ValueError:
            return False
        return True

    assert accepted(issued)
    names = sorted(path.name for path in issued.iterdir() if path.name != "model.sig")
    for name in names:
        changed = copy_of(issued, tmp_path / f"changed-{name}")
        data = bytearray((changed / name).read_bytes())
        data[len(data) // 2] ^= 1
        (changed / name).write_bytes(data)
        assert not accepted(changed), name
        missing = copy_of(issued, tmp_path / f"missing-{name}")
        (missing / name).unlink()
        assert not accepted(missing), name
    added = copy_of(issued, tmp_path / "added")
    (added / "extra").write_bytes(b"")
    assert not accepted(added)


@pytest.mark.parametrize("name", ENVELOPES)
def test_securesystemslib_verifies_the_envelope(issued, keys, name):
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    first, second = (
        SSlibKey.from_crypto(load_pem_public_key(public(key).read_bytes())) for key in keys
    )
    record = json.loads((issued / name).read_bytes())
    first.keyid = record["signatures"][0]["keyid"]
    envelope = Envelope.from_dict(record)
    assert list(envelope.verify([first], 1)) == [first.keyid]
    second.keyid = first.keyid
    with pytest.raises(VerificationError):
        envelope.verify([second], 1)


def test_the_predicate_validates_against_the_published_schema(issued, untrained):
    schema = predicate_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for folder in (issued, untrained):
        predicate = statement_of(folder)["predicate"]
        assert list(validator.iter_errors(predicate)) == []
        assert schema_faults(predicate, NETWORK.schema) == []


CHANGES = {
    "missing": lambda p: p.pop("limits"),
    "wrong type": lambda p: p["checkpoint"].update(latent_dim="16"),
    "a truth for a number": lambda p: p["checkpoint"].update(latent_dim=True),
    "fraction": lambda p: p["measurements"][0].update(value=0.5),
    "exponent": lambda p: p["measurements"][0].update(min_gap="1e-3"),
    "negative": lambda p: p["space"].update(size=-1),
    "unknown inside": lambda p: p["space"].update(colour="red"),
    "no digest": lambda p: p["split"].update(sha256="A" * 64),
    "digest and a line feed": lambda p: p["split"].update(sha256="a" * 64 + "\n"),
    "too many": lambda p: p.update(signers=["a" * 64] * 17),
    "none": lambda p: p.update(measurements=[]),
    "level": lambda p: p["measurements"][0].update(level=4),
    "a list for an object": lambda p: p.update(validity=[]),
    "long": lambda p: p["limits"].append("x" * 401),
    "unknown at the top": lambda p: p.update(later=1),
    "nothing": lambda p: None,
}


@pytest.mark.parametrize("change", CHANGES)
def test_our_small_validator_agrees_with_a_full_one(issued, change):
    predicate = statement_of(issued)["predicate"]
    CHANGES[change](predicate)
    valid = jsonschema.Draft202012Validator(predicate_schema()).is_valid(predicate)
    if "line feed" in change:
        assert valid, "the library follows Python here; the standard and we do not"
        valid = False
    assert (schema_faults(predicate, NETWORK.schema) == []) is valid
    assert valid is (change in ("unknown at the top", "nothing"))


def test_the_schema_uses_known_keywords_only():
    def keywords(schema):
        found = set(schema)
        for key in ("properties", "$defs"):
            for inner in schema.get(key, {}).values():
                found |= keywords(inner)
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                found |= keywords(schema[key])
        return found

    assert keywords(predicate_schema()) <= KEYWORDS
    with pytest.raises(ValueError, match="oneOf"):
        schema_faults({}, {"oneOf": []})


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_huggingface_reads_the_card_offline(issued, untrained, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from huggingface_hub import ModelCard

    for folder in (issued, untrained):
        card = ModelCard((folder / "README.md").read_text())
        assert card.data.license == "apache-2.0"
        assert card.data.library_name == "fluxttice_core"
        results = card.data.eval_results
        assert len(results) == 6
        claims = {
            item["name"]: item["value"]
            for item in statement_of(folder)["predicate"]["measurements"]
        }
        by_name = {result.metric_name: result.metric_value for result in results}
        for pathway in "AB":
            stated = by_name[f"I(x; z) of the prior, pathway {pathway}"]
            assert stated == float(claims[f"model/{pathway}/information"])
        assert "[More Information Needed]" not in card.text


def test_a_cyclonedx_validator_accepts_the_bill_of_materials(issued, untrained):
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for folder in (issued, untrained):
        text = (folder / "bom.cdx.json").read_text()
        assert validator.validate_str(text) is None
        record = json.loads(text)
        model = record["metadata"]["component"]
        digest = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
        assert model["hashes"] == [{"alg": "SHA-256", "content": digest}]
        assert model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert validator.validate_str(text.replace('"data"', '"dragon"')) is not None
