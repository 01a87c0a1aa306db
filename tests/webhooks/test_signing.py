"""Standard Webhooks signatures: the public vectors, and the properties that receivers rely on."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.webhooks import signing

VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
VECTOR_AT = datetime.fromtimestamp(1614265330, UTC)
VECTOR_BODY = b'{"test": 2432232314}'
VECTOR_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""The one vector that the specification's reference libraries share, in every language."""

secrets = st.binary(min_size=24, max_size=64)


def test_the_reference_libraries_vector() -> None:
    secret = signing.read_secret(VECTOR_SECRET)
    assert len(secret) == 24
    assert signing.headers([secret], VECTOR_ID, VECTOR_AT, VECTOR_BODY) == {
        "webhook-id": VECTOR_ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": VECTOR_SIGNATURE,
    }


def test_a_secret_is_read_with_and_without_its_prefix() -> None:
    bare = VECTOR_SECRET.removeprefix("whsec_")
    assert signing.read_secret(bare) == signing.read_secret(VECTOR_SECRET)
    assert signing.secret_text(signing.read_secret(bare)) == VECTOR_SECRET


@pytest.mark.parametrize("text", ["whsec_", "whsec_MfKQ9r8G*", "whsec_MfKQ9r8GKYqrT"])
def test_what_is_no_secret_is_not_read_as_one(text: str) -> None:
    if text == "whsec_":
        assert signing.read_secret(text) == b""
        return
    with pytest.raises(ValueError, match="secret"):
        signing.read_secret(text)


@given(secrets, secrets, st.binary(max_size=200), st.integers(0, 2**33))
def test_while_a_secret_is_replaced_both_verify_and_no_third(
    new: bytes, former: bytes, body: bytes, seconds: int
) -> None:
    """Verified as a receiver would, by the words of the specification, not by our own function."""
    given_headers = signing.headers([new, former], "7-1", datetime.fromtimestamp(seconds, UTC), body)
    signed = b".".join((b"7-1", given_headers["webhook-timestamp"].encode(), body))
    listed = given_headers["webhook-signature"].split(" ")
    assert len(listed) == 2
    for secret in (new, former):
        expected = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
        assert f"v1,{expected}" in listed
    other = hashlib.sha256(new + former).digest()
    assert signing.signature(other, "7-1", seconds, body) not in listed


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_another_body_id_or_time_has_another_signature(body: bytes, other: bytes) -> None:
    secret = bytes(32)
    mine = signing.signature(secret, "7-1", 5, body)
    assert mine != signing.signature(secret, "7-2", 5, body)
    assert mine != signing.signature(secret, "7-1", 6, body)
    assert (mine == signing.signature(secret, "7-1", 5, other)) == (body == other)
