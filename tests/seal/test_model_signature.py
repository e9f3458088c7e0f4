"""``model.sig``: one form, every file, in both directions."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fluxttice_core.canonical import canonical_json
from fluxttice_core.errors import CertificateError
from fluxttice_core.seal.model_signature import files_statement, parse_file_signature, sign_files

DIGESTS = {"b": "1" * 64, "a": "0" * 64}


@pytest.fixture(scope="module")
def key():
    return ec.generate_private_key(ec.SECP256R1())


def test_round_trip(key):
    signature = parse_file_signature(sign_files(DIGESTS, key), "s")
    assert signature.signer([key.public_key()]) is not None
    assert signature.is_valid(key.public_key())
    assert signature.differences(DIGESTS) == []
    assert sign_files(DIGESTS, key) == sign_files(dict(reversed(DIGESTS.items())), key)


def test_another_key(key):
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    signature = parse_file_signature(sign_files(DIGESTS, key), "s")
    assert signature.signer([other]) is None
    assert not signature.is_valid(other)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"a": "0" * 64}, ["b"]),
        ({**DIGESTS, "c": "2" * 64}, ["c"]),
        ({"a": "1" * 64, "b": "0" * 64}, ["a", "b"]),
        ({"a": "0" * 64, "c": "1" * 64}, ["b", "c"]),
    ],
)
def test_each_difference_is_named(key, files, names):
    assert parse_file_signature(sign_files(DIGESTS, key), "s").differences(files) == names


def test_a_list_in_another_form_is_a_difference(key):
    from fluxttice_core.seal.model_signature import FileSignature

    record = json.loads(files_statement(DIGESTS))
    record["predicate"]["serialization"]["ignore_paths"].append("a")
    odd = FileSignature(canonical_json(record), b"", "0" * 64)
    assert odd.differences(DIGESTS) == ["the list of files is not in the form this version writes"]
    assert FileSignature(b"[]", b"", "").differences(DIGESTS) == [
        "the signed list of files cannot be read"
    ]


def test_other_forms_are_refused(key):
    data = sign_files(DIGESTS, key)
    record = json.loads(data)
    record["verificationMaterial"]["tlogEntries"] = [{}]
    for other in (data + b"\n", canonical_json(record), canonical_json({**record, "x": 1})):
        with pytest.raises(CertificateError, match="not in canonical form"):
            parse_file_signature(other, "s")
    for other in (b"", b"[]", b"{}", b'{"dsseEnvelope": 5}', data[:-1]):
        with pytest.raises(CertificateError, match=r"not an OMS v1\.0 bundle"):
            parse_file_signature(other, "s")
