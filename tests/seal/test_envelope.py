"""Envelopes: one byte string for one signed statement, and no other."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from fluxttice_core.canonical import canonical_json
from fluxttice_core.errors import CertificateError
from fluxttice_core.seal.envelope import (
    _ORDER,
    MAX_ENVELOPE_BYTES,
    PAYLOAD_TYPE,
    Envelope,
    decode_base64,
    is_signed_by,
    pae,
    parse_envelope,
    sign,
    sign_payload,
)
from fluxttice_core.seal.keys import key_id
from fluxttice_core.seal.statement import make_statement

PAYLOAD = make_statement([("a", "0" * 64)], "urn:x:v1", {"value": 1})


@pytest.fixture(scope="module")
def keys():
    return [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]


def test_pae_is_as_the_standard_shows_it():
    example = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == example
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_the_same_message_gets_the_same_signature(keys):
    assert {sign(keys[0], b"message") for _ in range(5)} == {sign(keys[0], b"message")}
    assert sign(keys[0], b"message") != sign(keys[0], b"massage")
    assert sign(keys[0], b"message") != sign(keys[1], b"message")


# Of RFC 6979, appendix A.2.5: a key that everyone knows.
KNOWN = ec.derive_private_key(
    0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721, ec.SECP256R1()
)


def test_rfc_6979_example():
    """P-256 with SHA-256, message "sample"; the s there is the larger one."""
    r, s = utils.decode_dss_signature(sign(KNOWN, b"sample"))
    assert r == 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
    assert _ORDER - s == 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8


def test_the_mirror_of_a_signature_is_refused():
    """Anyone can compute it from a valid one, and plain ECDSA accepts both."""
    public = KNOWN.public_key()
    for number in range(32):
        message = b"%d" % number
        signature = sign(KNOWN, message)
        r, s = utils.decode_dss_signature(signature)
        mirror = utils.encode_dss_signature(r, _ORDER - s)
        public.verify(mirror, message, ec.ECDSA(SHA256()))
        assert is_signed_by(public, signature, message)
        assert not is_signed_by(public, mirror, message)


@pytest.mark.parametrize("junk", [b"", b"\x30", b"x" * 70, b"\x30\x06\x02\x01\x01\x02\x01\x01"])
def test_junk_is_no_signature(keys, junk):
    assert not is_signed_by(keys[0].public_key(), junk, b"message")
    assert not is_signed_by(keys[0].public_key(), sign(keys[0], b"message") + junk, b"message\0")


def test_round_trip_and_order(keys):
    envelope = sign_payload(PAYLOAD, keys)
    assert envelope == sign_payload(PAYLOAD, reversed(keys))
    assert parse_envelope(envelope.to_bytes(), "e") == envelope
    assert [name for name, _ in envelope.signatures] == sorted(
        key_id(key.public_key()) for key in keys
    )
    assert parse_envelope(sign_payload(PAYLOAD).to_bytes(), "e").signatures == ()


def test_the_bound_is_that_of_the_document():
    assert MAX_ENVELOPE_BYTES == 4 * 1024 * 1024


def test_sixteen_signatures_and_no_more(keys):
    signature = sign(keys[0], b"")
    many = tuple((f"{number:064x}", signature) for number in range(17))
    assert len(parse_envelope(Envelope(PAYLOAD, many[:16]).to_bytes(), "e").signatures) == 16
    with pytest.raises(CertificateError, match="at most 16"):
        parse_envelope(Envelope(PAYLOAD, many).to_bytes(), "e")


def with_changes(keys, **changes):
    record = json.loads(sign_payload(PAYLOAD, keys).to_bytes())
    return canonical_json({**record, **changes})


def refused(data):
    with pytest.raises(CertificateError) as caught:
        parse_envelope(data, "the envelope")
    assert str(caught.value).startswith("the envelope: ")
    return str(caught.value)


def test_other_forms_of_the_same_envelope_are_refused(keys):
    data = sign_payload(PAYLOAD, keys).to_bytes()
    record = json.loads(data)
    backwards = dict(reversed(record.items()))
    for other in (
        data + b"\n",
        b" " + data,
        json.dumps(record).encode(),
        json.dumps(backwards, separators=(",", ":")).encode(),
        data.replace(b"payloadType", b"\\u0070ayloadType"),
    ):
        assert json.loads(other) == record
        assert "not in canonical form" in refused(other)


def test_what_is_no_envelope(keys):
    good = json.loads(sign_payload(PAYLOAD, keys[:1]).to_bytes())
    (signature,) = good["signatures"]
    other = {**signature, "keyid": "f" * 64}
    assert "missing or unknown keys: more" in refused(with_changes(keys, more=1))
    assert "expected payloadType" in refused(with_changes(keys, payloadType="text/plain"))
    assert "expected a list" in refused(with_changes(keys, signatures={}))
    assert "expected a list of at most 16" in refused(with_changes(keys, signatures=[other] * 17))
    assert "a keyid and a sig" in refused(with_changes(keys, signatures=[{"sig": "YQ=="}]))
    for name in ("", "F" * 64, None, 5):
        assert "64 lower-case" in refused(
            with_changes(keys, signatures=[{**signature, "keyid": name}])
        )
    twice = with_changes(keys, signatures=[signature, signature])
    assert "one signature a key" in refused(twice)
    disorder = with_changes(keys, signatures=[other, signature])
    assert "in the order of the key ids" in refused(disorder)
    for data in (b"", b"[]", b"null", b"{", b'"x"', b"\xff", b"[" * 100):
        assert "not a DSSE envelope" in refused(data)
    assert "bytes, at most" in refused(b" " * (MAX_ENVELOPE_BYTES + 1))
    assert "nested more than 6 deep" in refused(b'{"a":' * 9 + b"1" + b"}" * 9)


def test_base64_has_one_form():
    for data in (b"", b"a", b"ab", b"abc", bytes(range(256))):
        text = base64.b64encode(data).decode()
        assert decode_base64(text) == data
    for text in ("YR==", "YQ=", "YQ", "YQ==\n", " YQ==", "Y Q==", "YQ==YQ==", "-_-_", "YQ=é", 5):
        with pytest.raises(ValueError, match="standard form"):
            decode_base64(text)


def test_a_changed_payload_does_not_fit(keys):
    envelope = sign_payload(PAYLOAD, keys[:1])
    ((_, signature),) = envelope.signatures
    public = keys[0].public_key()
    assert is_signed_by(public, signature, envelope.signed_bytes)
    changed = Envelope(PAYLOAD.replace(b'"value":1', b'"value":2'), envelope.signatures)
    assert not is_signed_by(public, signature, changed.signed_bytes)
    other_type = Envelope(PAYLOAD, envelope.signatures, "text/plain")
    assert PAYLOAD_TYPE != "text/plain"
    assert not is_signed_by(public, signature, other_type.signed_bytes)
