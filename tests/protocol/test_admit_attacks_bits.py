"""Every single bit of a sealed bundle, flipped one at a time: nothing altered is ever admitted."""

import pytest

from bus.protocol.errors import BundleRefused
from bus.protocol.frame import MIN_FRAME_BYTES
from bus.protocol.opening import open_bundle
from bus.protocol.seal_header import HEADER_LENGTH
from bus.protocol.suites import seal_suite_named
from schemas.reasons import ReasonCode
from schemas.trust import SealSuite
from tests.protocol.crafted_bundles import prepared
from tests.protocol.messages import encoded, message, outgoing
from tests.realm_fixtures import NOW, make_realm

R = ReasonCode
SEAL_KID = range(47 * 8, 63 * 8)
HEADER_FIELDS = {
    "magic": (range(4), {R.MALFORMED_SEALED}),
    "header length": (range(4, 6), {R.MALFORMED_SEALED}),
    "seal suite": (range(6, 7), {R.SUITE_UNKNOWN, R.SUITE_MISMATCH}),
    "mode": (range(7, 8), {R.MALFORMED_SEALED, R.SUBJECT_MISMATCH}),
    "lane": (range(8, 9), {R.MALFORMED_SEALED, R.SUBJECT_MISMATCH}),
    "realm": (range(9, 41), {R.WRONG_REALM}),
    "originator": (range(41, 44), {R.MALFORMED_SEALED, R.SUBJECT_MISMATCH}),
    "recipient": (range(44, 47), {R.MALFORMED_SEALED, R.SUBJECT_MISMATCH}),
    "seal key id": (range(47, 63), {R.SEAL_KEY_UNKNOWN}),
    "bundle id": (range(63, 79), {R.OPEN_FAILED}),
    "epoch": (range(79, 83), {R.MALFORMED_SEALED}),
    "key commitment": (range(83, 115), {R.MALFORMED_SEALED}),
}


@pytest.mark.parametrize(
    ("suite", "step"),
    [
        pytest.param(SealSuite.SEAL_1, 1, id="seal-1, every bit"),
        pytest.param(SealSuite.SEAL_2, 5, id="seal-2, every fifth bit and so some bit of every byte"),
    ],
)
def test_every_bit_matters(suite: SealSuite, step: int) -> None:
    realm = make_realm(seal_suite=suite)
    trust, keyring = realm.trust, realm.keyring("XBB")
    (bundle,) = prepared(realm, [outgoing(realm)])
    expected_length = HEADER_LENGTH + seal_suite_named(suite.value).overhead + MIN_FRAME_BYTES
    assert len(bundle.sealed) == expected_length, "the smallest bundle there is"

    def attempt(sealed: bytes) -> tuple[bool, ReasonCode]:
        try:
            open_bundle(sealed, bundle.subject, me="XBB", trust=trust, keyring=keyring, now=NOW)
        except BundleRefused as refused:
            return refused.held, refused.code
        raise AssertionError("an altered bundle opened")

    opened = open_bundle(bundle.sealed, bundle.subject, me="XBB", trust=trust, keyring=keyring, now=NOW)
    assert opened.deliveries[0].content == encoded(message(1)), "unaltered it opens"

    altered = bytearray(bundle.sealed)
    seen: dict[int, set[tuple[bool, ReasonCode]]] = {}
    for bit in range(0, 8 * len(altered), step):
        altered[bit // 8] ^= 0x80 >> bit % 8
        answer = attempt(bytes(altered))
        altered[bit // 8] ^= 0x80 >> bit % 8
        seen.setdefault(bit // 8, set()).add(answer)
        assert answer[0] == (bit in SEAL_KID), f"bit {bit}: {answer}"
    assert bytes(altered) == bundle.sealed
    assert len(seen) == expected_length
    for name, (offsets, codes) in HEADER_FIELDS.items():
        found = {code for offset in offsets for _, code in seen[offset]}
        assert found <= codes, name
    behind = {code for offset in range(HEADER_LENGTH, expected_length) for _, code in seen[offset]}
    assert behind == {R.OPEN_FAILED}


def test_every_shorter_or_longer_form_is_refused() -> None:
    realm = make_realm()
    trust, keyring = realm.trust, realm.keyring("XBB")
    (bundle,) = prepared(realm, [outgoing(realm)])
    sealed = bundle.sealed
    cuts = [*range(300), *range(300, len(sealed), 97), len(sealed) - 1]
    for form in (*[sealed[:length] for length in cuts], sealed + b"\x00", sealed * 2):
        with pytest.raises(BundleRefused) as refused:
            open_bundle(form, bundle.subject, me="XBB", trust=trust, keyring=keyring, now=NOW)
        assert refused.value.code in {R.MALFORMED_SEALED, R.OPEN_FAILED}
        assert not refused.value.held


def test_more_than_a_mebibyte_is_not_even_looked_at() -> None:
    realm = make_realm()
    with pytest.raises(BundleRefused) as refused:
        open_bundle(
            b"ENT1" + bytes(1024 * 1024),
            "out.XAA.op.normal.XBB",
            me="XBB",
            trust=realm.trust,
            keyring=realm.keyring("XBB"),
            now=NOW,
        )
    assert (refused.value.code, refused.value.header) == (R.OVERSIZED, None)
