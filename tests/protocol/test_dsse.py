"""DSSE envelopes: exact bytes in, exact bytes out, one accepted encoding."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.protocol.dsse import MAX_ENVELOPE_BYTES, MAX_SIGNATURES, Envelope, EnvelopeSignature, pae
from bus.protocol.errors import EnvelopeError
from schemas.reasons import ReasonCode

KEYID = "0123456789abcdef0123456789abcdef"
TYPE = "application/vnd.entente.root.v1+json"
PAYLOAD = base64.b64encode(b'{"v":1}').decode()

payload_types = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=127)
signatures = st.builds(
    EnvelopeSignature,
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.binary(min_size=1, max_size=200),
)
envelopes = st.builds(
    Envelope,
    st.binary(max_size=500),
    payload_types,
    st.lists(signatures, min_size=1, max_size=4).map(tuple),
)


@given(envelopes)
def test_decode_undoes_encode(envelope: Envelope) -> None:
    assert Envelope.decode(envelope.encode()) == envelope


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_in_our_own_words(data: bytes) -> None:
    with pytest.raises(EnvelopeError):
        Envelope.decode(data)


@given(st.binary(max_size=60), payload_types, st.binary(max_size=60), payload_types)
def test_what_is_signed_is_unambiguous(one: bytes, one_type: str, other: bytes, other_type: str) -> None:
    assert (pae(one_type, one) == pae(other_type, other)) == ((one_type, one) == (other_type, other))


def test_lengths_count_bytes_not_characters() -> None:
    assert pae("tüp", "é".encode()) == b"DSSEv1 4 t\xc3\xbcp 2 \xc3\xa9"


def test_whitespace_outside_the_payload_changes_nothing_that_is_signed() -> None:
    envelope = Envelope(b' {"v" : 1}\n', TYPE, (EnvelopeSignature(KEYID, b"s"),))
    spaced = json.dumps(json.loads(envelope.encode()), indent=3).encode()
    assert Envelope.decode(spaced).signed_bytes == envelope.signed_bytes


def test_signatures_are_found_by_key_in_their_order() -> None:
    other = "f" * 32
    envelope = Envelope(
        b"p",
        TYPE,
        (EnvelopeSignature(KEYID, b"1"), EnvelopeSignature(other, b"2"), EnvelopeSignature(KEYID, b"3")),
    )
    assert envelope.keyids == (KEYID, other)
    assert envelope.signatures_by(KEYID) == (b"1", b"3")
    assert envelope.signatures_by("0" * 32) == ()


def document(**changes: Any) -> bytes:
    members: dict[str, Any] = {
        "payload": PAYLOAD,
        "payloadType": TYPE,
        "signatures": [{"keyid": KEYID, "sig": "c2ln"}],
    }
    members.update(changes)
    return json.dumps({name: value for name, value in members.items() if value is not ...}).encode()


def test_the_document_the_attacks_start_from_is_accepted() -> None:
    assert Envelope.decode(document()) == Envelope(b'{"v":1}', TYPE, (EnvelopeSignature(KEYID, b"sig"),))


MALFORMED: dict[str, bytes] = {
    "not JSON": b"DSSEv1",
    "not UTF-8": document().replace(b"payloadType", b"payload\xff"),
    "a byte order mark": b"\xef\xbb\xbf" + document(),
    "bytes after the document": document() + b"{}",
    "a list": b"[" + document() + b"]",
    "the payload twice": document().replace(b"{", b'{"payload": "AAAA", ', 1),
    "a signature's sig twice": document().replace(b'"sig"', b'"sig": "AAAA", "sig"'),
    "an unknown member": document(extra=1),
    "the payload missing": document(payload=...),
    "the payload type missing": document(payloadType=...),
    "the signatures missing": document(signatures=...),
    "the payload null": document(payload=None),
    "the payload an object, not its bytes": document(payload={"v": 1}),
    "the payload type a number": document(payloadType=1),
    "the payload type empty": document(payloadType=""),
    "the payload type with a space": document(payloadType="a b"),
    "the payload type not ASCII": document(payloadType="tüp"),
    "the payload type too long": document(payloadType="t" * 128),
    "the payload in URL-safe base64": document(payload="-_-_"),
    "the payload without padding": document(payload="YQ"),
    "the payload with too much padding": document(payload="YWI=="),
    "the payload padded in the middle": document(payload="YQ==YQ=="),
    "the payload with trailing bits set": document(payload="YR=="),
    "the payload with a line break": document(payload="YWJj\nYWJj"),
    "the payload with a space at its end": document(payload="YWJj "),
    "the payload not ASCII": document(payload="YWJÿ"),
    "the signatures an object": document(signatures={"keyid": KEYID, "sig": "c2ln"}),
    "a signature a string": document(signatures=["c2ln"]),
    "a signature without keyid": document(signatures=[{"sig": "c2ln"}]),
    "a signature without sig": document(signatures=[{"keyid": KEYID}]),
    "a signature with an unknown member": document(signatures=[{"keyid": KEYID, "sig": "c2ln", "cert": ""}]),
    "a signature that is empty": document(signatures=[{"keyid": KEYID, "sig": ""}]),
    "a signature that is too long": document(signatures=[{"keyid": KEYID, "sig": "AAAA" * 3000}]),
    "a keyid in upper case": document(signatures=[{"keyid": KEYID.upper(), "sig": "c2ln"}]),
    "a keyid too short": document(signatures=[{"keyid": KEYID[:-1], "sig": "c2ln"}]),
    "a keyid with a line break at its end": document(signatures=[{"keyid": KEYID + "\n", "sig": "c2ln"}]),
    "a keyid null": document(signatures=[{"keyid": None, "sig": "c2ln"}]),
    "more signatures than anyone needs": document(
        signatures=[{"keyid": KEYID, "sig": "c2ln"}] * (MAX_SIGNATURES + 1)
    ),
    "nested too deeply": document(payload=None).replace(b"null", b"[" * 5000 + b"]" * 5000),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_envelope_is_refused(data: bytes) -> None:
    with pytest.raises(EnvelopeError) as refused:
        Envelope.decode(data)
    assert refused.value.code is ReasonCode.ENVELOPE_MALFORMED


def test_no_signature_at_all_is_refused_as_unsigned() -> None:
    with pytest.raises(EnvelopeError) as refused:
        Envelope.decode(document(signatures=[]))
    assert refused.value.code is ReasonCode.SIGNATURE_MISSING
    with pytest.raises(EnvelopeError) as refused:
        Envelope(b"p", TYPE, ()).encode()
    assert refused.value.code is ReasonCode.SIGNATURE_MISSING


def test_an_envelope_over_the_limit_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(EnvelopeError) as refused:
        Envelope.decode(b"[" * (MAX_ENVELOPE_BYTES + 1))
    assert refused.value.code is ReasonCode.OVERSIZED
    with pytest.raises(EnvelopeError) as refused:
        Envelope.decode(document(), max_bytes=len(document()) - 1)
    assert refused.value.code is ReasonCode.OVERSIZED
    Envelope.decode(document(), max_bytes=len(document()))


UNENCODABLE = {
    "a keyid that is not hex": Envelope(b"p", TYPE, (EnvelopeSignature("me", b"s"),)),
    "an empty signature": Envelope(b"p", TYPE, (EnvelopeSignature(KEYID, b""),)),
    "a payload type with a space": Envelope(b"p", "a b", (EnvelopeSignature(KEYID, b"s"),)),
}


@pytest.mark.parametrize("envelope", UNENCODABLE.values(), ids=UNENCODABLE.keys())
def test_what_would_be_refused_is_not_encoded(envelope: Envelope) -> None:
    with pytest.raises(EnvelopeError):
        envelope.encode()


def test_refusals_do_not_quote_the_document() -> None:
    for data in MALFORMED.values():
        with pytest.raises(EnvelopeError) as refused:
            Envelope.decode(data)
        assert "YW" not in str(refused.value)
        assert KEYID not in str(refused.value)
