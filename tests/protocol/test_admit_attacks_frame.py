"""A malicious originator's gateway on the control lane, and frames that are not laid out as they must be."""

from typing import Any

import pytest

from bus.protocol.errors import BundleRefused
from bus.protocol.frame import MAX_FRAME_BYTES
from bus.protocol.inbound import Outcome
from schemas.base import rfc3339
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.protocol.crafted_bundles import craft, part, reseal
from tests.protocol.messages import encoded, message
from tests.realm_fixtures import NOW, TestRealm, make_realm

R = ReasonCode
REALM = make_realm()
HELD, REJECTED = Outcome.HELD, Outcome.REJECTED
RECEIPT = {
    "mode": "OPERATION",
    "lane": "normal",
    "lane_epoch": 1,
    "serial": 1,
    "content_digest": "sha256:" + "0" * 64,
    "status": "delivered",
    "at": rfc3339(NOW),
}
NAMED = {
    "mode": "EXERCISE",
    "message_id": "01890000-0000-7000-8000-000000000000",
    "digest": "sha256:" + "0" * 64,
    "at": rfc3339(NOW),
}
RANGE = {"mode": "EXERCISE", "lane": "normal", "lane_epoch": 1, "first": 1, "last": 2}


# -- the control lane ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "document", "outcome", "reason"),
    [
        pytest.param("message.v1", message(1), REJECTED, R.CONTENT_WRONG_LANE, id="a message"),
        pytest.param("receipts.v1", {"v": 2, "what": 1}, HELD, R.VERSION_UNKNOWN, id="newer receipts"),
        pytest.param("control.v1", {"v": 2, "what": 1}, HELD, R.VERSION_UNKNOWN, id="newer control"),
        pytest.param(
            "receipts.v1", {"v": 1, "receipts": []}, REJECTED, R.CONTENT_MALFORMED, id="no receipts"
        ),
        pytest.param(
            "receipts.v1",
            {"v": 1, "receipts": [RECEIPT] * 1001},
            REJECTED,
            R.CONTENT_MALFORMED,
            id="more than a thousand receipts",
        ),
        pytest.param(
            "receipts.v1",
            {"v": 1, "receipts": [RECEIPT | {"mode": "EXERCISE"}]},
            REJECTED,
            R.CONTENT_MISMATCH,
            id="receipts for another mode than their own",
        ),
        pytest.param(
            "control.v1",
            {"v": 1, "control": {"type": "void", "ranges": [RANGE]}},
            REJECTED,
            R.CONTENT_MISMATCH,
            id="a void for another mode than its own",
        ),
        pytest.param(
            "control.v1",
            {"v": 1, "control": {"type": "resend_request", "ranges": [RANGE]}},
            REJECTED,
            R.CONTENT_MISMATCH,
            id="a resend request for another mode than its own",
        ),
        *(
            pytest.param(
                "control.v1",
                {"v": 1, "control": NAMED | said},
                REJECTED,
                R.CONTENT_MISMATCH,
                id=f"a {said['type']} of what is of another mode than its own",
            )
            for said in (
                {"type": "recall", "reason": "UNSPECIFIED"},
                {"type": "recalled", "outcome": "WITHDRAWN"},
            )
        ),
        pytest.param(
            "control.v1",
            {
                "v": 1,
                "control": NAMED | {"type": "recall", "reason": "the harbour gates", "mode": "OPERATION"},
            },
            REJECTED,
            R.CONTENT_MALFORMED,
            id="a recall that says why in words",
        ),
        pytest.param(
            "control.v1",
            {"v": 1, "control": {"type": "self_destruct"}},
            REJECTED,
            R.CONTENT_MALFORMED,
            id="a control content nobody knows",
        ),
        pytest.param(
            "control.v1",
            {"v": 1, "control": {"type": "void", "ranges": [RANGE | {"mode": "OPERATION", "last": 0}]}},
            REJECTED,
            R.CONTENT_MALFORMED,
            id="a void of a range that ends before it begins",
        ),
    ],
)
def test_on_the_control_lane(
    content_type: str, document: dict[str, Any], outcome: Outcome, reason: ReasonCode
) -> None:
    stated: dict[str, Any] = {} if content_type == "message.v1" else {"message_id": None, "basis": []}
    bad = part(REALM, 2, content=encoded(document), content_type=content_type, lane="control", **stated)
    good = part(
        REALM,
        1,
        content=encoded({"v": 1, "receipts": [RECEIPT]}),
        content_type="receipts.v1",
        lane="control",
        message_id=None,
        basis=[],
    )
    before, verdict = craft(REALM, [good, bad], lane=Lane.CONTROL).admitted_by(REALM)
    assert (verdict.outcome, verdict.reason, verdict.verified) == (outcome, reason, True)
    assert before.outcome is Outcome.ADMITTED


def test_control_content_with_a_message_id_contradicts_itself() -> None:
    bad = part(
        REALM,
        content=encoded({"v": 1, "receipts": [RECEIPT]}),
        content_type="receipts.v1",
        lane="control",
        basis=[],
    )
    (verdict,) = craft(REALM, [bad], lane=Lane.CONTROL).admitted_by(REALM)
    assert verdict.reason is R.CONTENT_MISMATCH


# -- the frame -----------------------------------------------------------------------------------------


def padded_with(last: bytes) -> Any:
    return lambda frame: frame[: -len(last)] + last


def refusal(realm: TestRealm = REALM, **bends: Any) -> ReasonCode:
    with pytest.raises(BundleRefused) as refused:
        craft(realm, [part(realm)], **bends).admitted_by(realm)
    assert not refused.value.held
    return refused.value.code


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        pytest.param(padded_with(b"\x01"), R.PADDING_NOT_ZERO, id="its last byte of padding is not zero"),
        pytest.param(
            padded_with(b"\x01" + bytes(100)), R.PADDING_NOT_ZERO, id="some byte of padding is not zero"
        ),
        pytest.param(
            lambda frame: frame + bytes(len(frame)), R.FRAME_MALFORMED, id="it has twice the padding"
        ),
        pytest.param(lambda frame: frame + bytes(1), R.FRAME_MALFORMED, id="it is no power of two"),
        pytest.param(lambda frame: b"\x02" + frame[1:], R.FRAME_MALFORMED, id="its version is unknown"),
        pytest.param(
            lambda frame: frame[:1] + b"\xff" * 4 + frame[5:], R.FRAME_MALFORMED, id="its root runs past it"
        ),
        pytest.param(
            lambda frame: frame[:1] + bytes(4) + frame[5:], R.FRAME_MALFORMED, id="its root is empty"
        ),
        pytest.param(lambda frame: bytes(len(frame)), R.FRAME_MALFORMED, id="it is nothing but zeros"),
        pytest.param(lambda frame: bytes(MAX_FRAME_BYTES), R.FRAME_MALFORMED, id="it is the largest nothing"),
        pytest.param(
            lambda frame: frame + bytes(MAX_FRAME_BYTES), R.OVERSIZED, id="it is larger than 512 KiB"
        ),
    ],
)
def test_a_frame_is_refused_when(bend: Any, code: ReasonCode) -> None:
    assert refusal(bend_frame=bend) is code


def test_deliveries_that_the_frame_does_not_count_are_no_padding() -> None:
    def hide(frame: bytes) -> bytes:
        root_end = 5 + int.from_bytes(frame[1:5], "big")
        return frame[:root_end] + b"\x00\x01" + frame[root_end + 2 :]

    with pytest.raises(BundleRefused) as refused:
        craft(REALM, [part(REALM, 1), part(REALM, 2)], bend_frame=hide).admitted_by(REALM)
    assert refused.value.code in {R.PADDING_NOT_ZERO, R.FRAME_MALFORMED}


def test_a_frame_too_short_to_be_one_is_refused() -> None:
    with pytest.raises(BundleRefused) as refused:
        reseal(REALM, bytes(2048)).admitted_by(REALM)
    assert refused.value.code is R.OPEN_FAILED
