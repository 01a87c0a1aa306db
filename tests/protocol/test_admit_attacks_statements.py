"""A malicious originator's gateway: well signed and well sealed, yet statement or content are not what they
must be.

Each refusal of a delivery is its own, its neighbours are admitted, and it is told to the originator
(``verified``) exactly when the originator's signature covers what was refused.
"""

from typing import Any

import pytest

from bus.protocol.inbound import Outcome
from schemas.header import Mode, Precedence
from schemas.reasons import ReasonCode
from tests.protocol.crafted_bundles import Part, alone_among_good_ones, part
from tests.protocol.messages import encoded, message
from tests.realm_fixtures import make_realm

R = ReasonCode
REALM = make_realm()
HELD, REJECTED = Outcome.HELD, Outcome.REJECTED
NOUGHT = "sha256:" + "0" * 64
OTHER_ID = "01960000-0000-7000-8000-0000000000ff"


def stating(**members: Any) -> Part:
    return part(REALM, 2, **members)


def saying(**options: Any) -> Part:
    return part(REALM, 2, message(2, **options))


def carrying(content: bytes) -> Part:
    return part(REALM, 2, content=content)


Case = tuple[str, Part, Outcome, ReasonCode, bool]

STATEMENTS: list[Case] = [
    ("states another realm", stating(realm=NOUGHT), REJECTED, R.DELIVERY_MISMATCH, False),
    ("states another originator", stating(originator="XCC"), REJECTED, R.DELIVERY_MISMATCH, False),
    ("states another recipient", stating(recipient="XCC"), REJECTED, R.DELIVERY_MISMATCH, False),
    ("states another mode", stating(mode="TEST"), REJECTED, R.DELIVERY_MISMATCH, False),
    ("states another lane", stating(lane="urgent"), REJECTED, R.DELIVERY_MISMATCH, False),
    ("is of a newer version", stating(v=2, colour="blue"), HELD, R.VERSION_UNKNOWN, False),
    ("is of version nought", stating(v=0), REJECTED, R.DELIVERY_MALFORMED, False),
    ("has an unknown field", stating(colour="blue"), REJECTED, R.DELIVERY_MALFORMED, False),
    ("lacks its salt", stating(salt=None), REJECTED, R.DELIVERY_MALFORMED, False),
    ("has serial nought", stating(serial=0), REJECTED, R.DELIVERY_MALFORMED, False),
    ("has its serial as text", stating(serial="2"), REJECTED, R.DELIVERY_MALFORMED, False),
    ("has a serial beyond 2**53", stating(serial=2**53), REJECTED, R.DELIVERY_MALFORMED, False),
    ("has epoch nought", stating(lane_epoch=0), REJECTED, R.DELIVERY_MALFORMED, False),
    (
        "has a digest of no known hash",
        stating(content_digest="md5:" + "0" * 32),
        REJECTED,
        R.DELIVERY_MALFORMED,
        False,
    ),
    ("has an unknown handling", stating(handling="WHATEVER"), REJECTED, R.DELIVERY_MALFORMED, False),
    ("is no JSON", Part(b"deliver this", b"x"), REJECTED, R.DELIVERY_MALFORMED, False),
    ("is a list", Part(b"[]", b"x"), REJECTED, R.DELIVERY_MALFORMED, False),
    ("holds a key twice", Part(b'{"v":1,"v":1}', b"x"), REJECTED, R.DELIVERY_MALFORMED, False),
    (
        "is longer than 16 KiB",
        Part(b'{"v":1,"note":"' + b"x" * 16384 + b'"}', b"x"),
        REJECTED,
        R.DELIVERY_MALFORMED,
        False,
    ),
    (
        "has the digest of something else",
        stating(content_digest=NOUGHT),
        REJECTED,
        R.DIGEST_MISMATCH,
        True,
    ),
    (
        "has a content type of the future",
        stating(content_type="message.v2"),
        HELD,
        R.CONTENT_TYPE_UNKNOWN,
        True,
    ),
    ("has a content type nobody knows", stating(content_type="song.v1"), HELD, R.CONTENT_TYPE_UNKNOWN, True),
    (
        "carries receipts on a message lane",
        stating(content_type="receipts.v1"),
        REJECTED,
        R.CONTENT_WRONG_LANE,
        True,
    ),
    (
        "carries control on a message lane",
        stating(content_type="control.v1"),
        REJECTED,
        R.CONTENT_WRONG_LANE,
        True,
    ),
]

CONTENTS: list[Case] = [
    ("is no JSON", carrying(b"\x00\x01"), REJECTED, R.CONTENT_MALFORMED, True),
    ("is not UTF-8", carrying(b'{"header":"\xff"}'), REJECTED, R.CONTENT_MALFORMED, True),
    (
        "holds a key twice",
        carrying(encoded(message(2))[:-1] + b',"body":{}}'),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    ("is nested too deeply", carrying(b"[" * 5000 + b"]" * 5000), REJECTED, R.CONTENT_MALFORMED, True),
    (
        "is longer than 256 KiB",
        carrying(encoded(message(2)) + b" " * 262144),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "has an unknown field in its header",
        saying(header={"colour": "blue"}),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "has an unknown field in its label",
        saying(labelled={"colour": "blue"}),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "has an unknown field in its body",
        saying(body={"colour": "blue"}),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "is of a kind nobody knows",
        saying(header={"kind": "love_letter"}),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "is of another kind than its body",
        saying(header={"kind": "exercise_notice"}),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "has a naive time",
        saying(header={"issued_at": "2026-03-02T09:30:00"}),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "has a random id that is no UUIDv7",
        part(
            REALM,
            2,
            message(2, header={"message_id": "01960000-0000-4000-8000-000000000002"}),
            message_id="01960000-0000-7000-8000-000000000002",
        ),
        REJECTED,
        R.CONTENT_MALFORMED,
        True,
    ),
    (
        "speaks for another originator",
        saying(header={"originator": "XCC"}),
        REJECTED,
        R.CONTENT_MISMATCH,
        True,
    ),
    ("speaks for its recipient", saying(header={"originator": "XBB"}), REJECTED, R.CONTENT_MISMATCH, True),
    (
        "is of another mode",
        part(REALM, 2, message(2, mode=Mode.EXERCISE), mode="OPERATION"),
        REJECTED,
        R.CONTENT_MISMATCH,
        True,
    ),
    (
        "has another message id than stated",
        stating(message_id=OTHER_ID),
        REJECTED,
        R.CONTENT_MISMATCH,
        True,
    ),
    ("has a message id that is not stated", stating(message_id=None), REJECTED, R.CONTENT_MISMATCH, True),
    (
        "belongs to the urgent lane",
        part(REALM, 2, message(2, precedence=Precedence.IMMEDIATE), lane="normal"),
        REJECTED,
        R.CONTENT_MISMATCH,
        True,
    ),
]


def cases(*tables: tuple[str, list[Case]]) -> list[Any]:
    return [pytest.param(*case[1:], id=f"{what} {case[0]}") for what, table in tables for case in table]


@pytest.mark.parametrize(
    ("bad", "outcome", "reason", "verified"),
    cases(("a statement that", STATEMENTS), ("a content that", CONTENTS)),
)
def test_one_bad_delivery_among_good_ones(
    bad: Part, outcome: Outcome, reason: ReasonCode, verified: bool
) -> None:
    verdict = alone_among_good_ones(REALM, bad)
    assert (verdict.outcome, verdict.reason, verdict.verified) == (outcome, reason, verified)
    assert not verdict.mismatch
