"""From deliveries to sealed bundles and back: order, sizes, depth, exact bytes, and what is not made."""

import json
import os
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.protocol.errors import ProtocolError, TrustError
from bus.protocol.frame import MAX_DELIVERIES, MAX_FRAME_BYTES, MIN_FRAME_BYTES
from bus.protocol.outbound import Outgoing, prepare
from bus.protocol.seal_header import HEADER_LENGTH
from bus.protocol.sealing import SealPublicKey, seal
from bus.protocol.suites import SEAL_SUITES
from schemas.header import Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse, SealSuite, SignSuite
from schemas.wire import Lane
from tests.protocol.crafted_bundles import prepared, sent
from tests.protocol.messages import outgoing, trust_of
from tests.realm_fixtures import NOW, make_realm

NATIONS = ("XAA", "XBB", "XCC", "XDD")
REALM = make_realm(NATIONS)
CNSA2 = make_realm(suite=SignSuite.CNSA2, seal_suite=SealSuite.SEAL_2)
LATER = NOW + timedelta(days=1)
slow = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])


# -- order, splitting, depth ---------------------------------------------------------------------------


@st.composite
def batches(draw: st.DrawFn) -> list[Outgoing]:
    """Any mixture of recipients, lanes and content sizes, serials rising per lane."""
    serials: dict[tuple[str, Lane], int] = defaultdict(int)
    batch = []
    for ref in range(draw(st.integers(1, 150))):
        recipient = draw(st.sampled_from(NATIONS[1:]))
        precedence = draw(st.sampled_from((Precedence.FLASH, Precedence.ROUTINE)))
        lane = Lane.URGENT if precedence is Precedence.FLASH else Lane.NORMAL
        serials[recipient, lane] += 1
        size = draw(st.sampled_from((2, 40, 1000, 20_000, 200_000)))
        content = b'"' + bytes([97 + ref % 26]) * size + b'"'
        made = outgoing(
            REALM, recipient, serials[recipient, lane], content=content, lane=lane, ref=ref, basis=()
        )
        batch.append(made)
    return batch


@settings(slow, max_examples=12)
@given(batches())
def test_every_delivery_travels_once_in_the_order_of_its_lane_within_the_limits(
    batch: list[Outgoing],
) -> None:
    bundles = prepared(REALM, batch)
    assert sorted(ref for bundle in bundles for ref in bundle.refs) == list(range(len(batch)))
    per_lane: dict[tuple[str, Lane], list[int]] = defaultdict(list)
    depth = 4 if len(batch) <= 16 else 8
    roots = set()
    for bundle in bundles:
        assert 1 <= len(bundle.refs) <= MAX_DELIVERIES
        frame_length = len(bundle.sealed) - HEADER_LENGTH - SEAL_SUITES[1].overhead
        assert MIN_FRAME_BYTES <= frame_length <= MAX_FRAME_BYTES
        assert frame_length & (frame_length - 1) == 0
        envelope, framed = sent(bundle).opened_by(REALM, bundle.recipient)
        root = json.loads(envelope.payload)
        roots.add(root["root"])
        assert root["depth"] == depth
        assert len(framed) == len(bundle.refs)
        for ref, item in zip(bundle.refs, framed, strict=True):
            item.proof.verify(item.statement, root["depth"], root["hash"], bytes.fromhex(root["root"]))
            assert item.content == batch[ref].content
            statement = json.loads(item.statement)
            assert (statement["recipient"], statement["serial"]) == (batch[ref].recipient, batch[ref].serial)
            per_lane[bundle.recipient, bundle.lane].append(statement["serial"])
    assert len(roots) == 1, "one signature covers the batch"
    for serials in per_lane.values():
        assert serials == list(range(1, len(serials) + 1))


@pytest.mark.parametrize(
    ("count", "depth"),
    [(1, 4), (16, 4), (17, 8), (256, 8), (257, 12), (4096, 12)],
    ids=lambda value: str(value),
)
def test_the_depth_says_no_more_than_the_order_of_magnitude(count: int, depth: int) -> None:
    batch = [outgoing(REALM, "XBB", 1 + n, content=b"{}", basis=()) for n in range(count)]
    bundles = prepared(REALM, batch)
    assert len(bundles) == -(-count // MAX_DELIVERIES)
    envelope, framed = sent(bundles[0]).opened_by(REALM, "XBB")
    assert json.loads(envelope.payload)["depth"] == depth
    assert all(len(item.proof.path) == depth for item in framed)


def test_positions_in_the_tree_are_drawn_anew_and_do_not_follow_the_batch() -> None:
    batch = [outgoing(REALM, "XBB", 1 + n, content=b"{}", basis=()) for n in range(16)]
    places = []
    for _ in range(2):
        (bundle,) = prepared(REALM, batch)
        _, framed = sent(bundle).opened_by(REALM, "XBB")
        places.append([item.proof.index for item in framed])
    assert sorted(places[0]) == list(range(16))
    assert places[0] != places[1], "fails once in 16! runs"


def test_two_recipients_of_one_content_cannot_tell_so_from_their_statements() -> None:
    both = [outgoing(REALM, nation, 1) for nation in ("XBB", "XCC")]
    one, other = prepared(REALM, both)
    assert one.bundle_id != other.bundle_id
    (mine,), (theirs,) = (sent(bundle).opened_by(REALM, bundle.recipient)[1] for bundle in (one, other))
    a, b = json.loads(mine.statement), json.loads(theirs.statement)
    assert a["salt"] != b["salt"]
    assert a["delivery_id"] != b["delivery_id"]


def test_the_same_randomness_prepares_the_same_frames() -> None:
    def drawn() -> object:
        counter = iter(range(10**6))
        return lambda length: bytes((next(counter) * 31 + at) % 256 for at in range(length))

    frames = []
    for _ in range(2):
        seen: list[bytes] = []

        def keep(
            header_bytes: bytes, public_key: SealPublicKey, frame: bytes, seen: list[bytes] = seen
        ) -> bytes:
            seen.append(header_bytes + frame)
            return seal(header_bytes, public_key, frame)

        prepare(
            [outgoing(REALM, "XBB", 1), outgoing(REALM, "XCC", 1)],
            mode=Mode.OPERATION,
            originator="XAA",
            trust=trust_of(REALM),
            signer=REALM.signer("XAA"),
            sealer=keep,
            now=NOW,
            randomness=drawn(),  # type: ignore[arg-type]
        )
        frames.append(seen)
    assert frames[0] == frames[1]


# -- what prepare refuses to make ----------------------------------------------------------------------


def refusal(batch: list[Outgoing], **changed: object) -> ReasonCode:
    arguments: dict[str, object] = {
        "mode": Mode.OPERATION,
        "originator": "XAA",
        "trust": trust_of(REALM),
        "signer": REALM.signer("XAA"),
        "sealer": seal,
        "now": NOW,
        "randomness": os.urandom,
    }
    with pytest.raises(ProtocolError) as refused:
        prepare(batch, **(arguments | changed))  # type: ignore[arg-type]
    return refused.value.code


R = ReasonCode


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"signer": REALM.signer("XAA", KeyUse.RECEIPT)}, R.KEY_WRONG_USE, id="the receipt key"),
        pytest.param({"signer": REALM.signer("XAA", mode=Mode.TEST)}, R.KEY_WRONG_USE, id="a key for tests"),
        pytest.param({"signer": REALM.signer("XBB")}, R.KEY_WRONG_USE, id="another nation's key"),
        pytest.param({"signer": REALM.rotate("XAA").signer("XAA")}, R.KEY_WRONG_USE, id="a key not in force"),
        pytest.param(
            {"trust": REALM.rotate("XAA", now=LATER).trust, "now": LATER}, R.KEY_EXPIRED, id="a replaced key"
        ),
        pytest.param(
            {"trust": REALM.revoke("XAA", REALM.signer("XAA").kid).trust}, R.KEY_UNKNOWN, id="a revoked key"
        ),
        pytest.param({"originator": "XZZ"}, R.NATION_UNKNOWN, id="an unknown originator"),
        pytest.param({"now": NOW + timedelta(days=500)}, R.KEY_UNKNOWN, id="keys that have expired"),
    ],
)
def test_nothing_is_signed_with(changed: dict[str, object], code: ReasonCode) -> None:
    assert refusal([outgoing(REALM)], **changed) is code


def test_nothing_is_sealed_for_a_nation_without_a_seal_key() -> None:
    trust = trust_of(REALM)
    with pytest.raises(TrustError):
        prepared(REALM, [replace(outgoing(REALM), recipient="XZZ")], trust=trust)


def test_messages_and_control_never_share_a_root() -> None:
    control = outgoing(REALM, content=b"{}", content_type="control.v1")
    for use in (KeyUse.MESSAGE, KeyUse.RECEIPT):
        assert refusal([outgoing(REALM), control], signer=REALM.signer("XAA", use)) is R.KEY_WRONG_USE


def test_more_than_fits_is_refused() -> None:
    huge = outgoing(REALM, content=b"x" * MAX_FRAME_BYTES)
    assert refusal([huge]) is R.BUNDLE_TOO_LARGE
    many = [outgoing(REALM, content=b"{}", basis=())] * 4097
    assert refusal(many) is R.BUNDLE_TOO_LARGE
    assert prepared(REALM, [outgoing(REALM)])
    assert (
        prepare(
            [],
            mode=Mode.OPERATION,
            originator="XAA",
            trust=trust_of(REALM),
            signer=REALM.signer("XAA"),
            sealer=seal,
            now=NOW,
            randomness=os.urandom,
        )
        == ()
    )


def test_a_cnsa2_originator_digests_with_sha_384() -> None:
    weak = replace(outgoing(CNSA2), content_digest="sha256:" + "0" * 64)
    with pytest.raises(ProtocolError) as refused:
        prepared(CNSA2, [weak])
    assert refused.value.code is R.SUITE_MISMATCH
