"""Attacks with genuine material: replays across realm, mode, lane and recipient, and a recipient that
colludes with the hub to pass on, renumber or recombine what it was sent."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bus.protocol.dsse import Envelope
from bus.protocol.errors import BundleRefused
from bus.protocol.frame import FramedDelivery, encode_frame
from bus.protocol.inbound import Outcome
from bus.protocol.proof import Proof
from schemas.header import Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import Lane
from tests.protocol.crafted_bundles import Bundle, craft, part, prepared, reseal, sent
from tests.protocol.memory_history import MemoryHistory
from tests.protocol.messages import encoded, message, outgoing
from tests.realm_fixtures import TestRealm, make_realm

R = ReasonCode
REALM = make_realm()
BOTH = [outgoing(REALM, nation, serial) for serial in (1, 2) for nation in ("XBB", "XCC")]
TO_XBB, TO_XCC = (sent(bundle) for bundle in prepared(REALM, BOTH))


def refusal(bundle: Bundle, me: str = "XBB", realm: TestRealm = REALM) -> tuple[bool, ReasonCode]:
    with pytest.raises(BundleRefused) as refused:
        bundle.admitted_by(realm, me)
    return refused.value.held, refused.value.code


# -- the hub alone -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "me", "code"),
    [
        pytest.param("out.XCC.op.normal.XBB", "XBB", R.SUBJECT_MISMATCH, id="under another originator"),
        pytest.param("out.XAA.ex.normal.XBB", "XBB", R.SUBJECT_MISMATCH, id="in another mode"),
        pytest.param("out.XAA.op.urgent.XBB", "XBB", R.SUBJECT_MISMATCH, id="on another lane"),
        pytest.param("out.XAA.op.control.XBB", "XBB", R.SUBJECT_MISMATCH, id="on the control lane"),
        pytest.param("out.XAA.op.normal.XCC", "XCC", R.SUBJECT_MISMATCH, id="to another recipient"),
        pytest.param("out.XAA.op.normal.XBB", "XCC", R.WRONG_RECIPIENT, id="into another nation's mailbox"),
        pytest.param("in.XAA.op.normal.XBB", "XBB", R.SUBJECT_MALFORMED, id="on a subject that is none"),
        pytest.param("out.XAA.op.normal.XBB.x", "XBB", R.SUBJECT_MALFORMED, id="on a longer subject"),
        pytest.param("out.xaa.op.normal.XBB", "XBB", R.SUBJECT_MALFORMED, id="on a lower-case subject"),
        pytest.param("out.*.op.normal.XBB", "XBB", R.SUBJECT_MALFORMED, id="on a wildcard"),
        pytest.param("", "XBB", R.SUBJECT_MALFORMED, id="on no subject"),
    ],
)
def test_an_honest_bundle_is_refused_when_offered(subject: str, me: str, code: ReasonCode) -> None:
    assert refusal(replace(TO_XBB, subject=subject), me) == (False, code)


def test_another_realm_with_the_same_nations_and_the_same_keys_refuses_it() -> None:
    other = make_realm()
    assert refusal(TO_XBB, realm=other) == (False, R.WRONG_REALM)


# -- a recipient and the hub ---------------------------------------------------------------------------
#
# XBB opens what it was sent and seals it again, as anybody can for anybody, with a header of its choice.


def honest_frame(envelope: Envelope, deliveries: tuple[FramedDelivery, ...]) -> bytes:
    return encode_frame(envelope.encode(), deliveries)


def taken(bundle: Bundle = TO_XBB, by: str = "XBB", realm: TestRealm = REALM) -> Any:
    return bundle.opened_by(realm, by)


def test_resealed_unchanged_for_its_rightful_recipient_it_is_a_duplicate_at_most() -> None:
    history = MemoryHistory()
    TO_XBB.admitted_by(REALM, history=history)
    again = reseal(REALM, honest_frame(*taken()))
    assert {v.outcome for v in again.admitted_by(REALM, history=history)} == {Outcome.DUPLICATE}


def test_the_same_sealed_bytes_under_another_nations_header_do_not_open() -> None:
    """The header is bound by HPKE: changing it in place breaks the seal."""
    sealed = bytearray(TO_XBB.sealed)
    sealed[44:47] = b"XCC"
    assert refusal(Bundle(bytes(sealed), "out.XAA.op.normal.XCC"), "XCC") == (True, R.SEAL_KEY_UNKNOWN)
    kid = bytes.fromhex(REALM.trust.current_key("XCC", KeyUse.SEAL, Mode.OPERATION, REALM.now).kid)
    sealed[47:63] = kid
    assert refusal(Bundle(bytes(sealed), "out.XAA.op.normal.XCC"), "XCC") == (False, R.OPEN_FAILED)


RESEALED: list[tuple[str, dict[str, Any], str]] = [
    ("for a third nation", {"recipient": "XCC"}, "XCC"),
    ("for the originator itself", {"recipient": "XAA"}, "XAA"),
    ("on the urgent lane", {"lane": Lane.URGENT}, "XBB"),
]


@pytest.mark.parametrize(("changed", "me"), [pytest.param(*case[1:], id=case[0]) for case in RESEALED])
def test_a_colluding_recipient_reseals(changed: dict[str, Any], me: str) -> None:
    bundle = reseal(REALM, honest_frame(*taken()), **changed)
    verdicts = bundle.admitted_by(REALM, me)
    assert {(v.outcome, v.reason, v.verified) for v in verdicts} == {
        (Outcome.REJECTED, R.DELIVERY_MISMATCH, False)
    }
    assert all(v.delivery is None for v in verdicts)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"mode": Mode.EXERCISE}, R.KEY_WRONG_USE, id="in exercise mode"),
        pytest.param({"lane": Lane.CONTROL}, R.KEY_WRONG_USE, id="on the control lane"),
        pytest.param({"originator": "XCC"}, R.KEY_FOREIGN, id="as if XCC had written it"),
        pytest.param({"originator": "XBB"}, R.KEY_FOREIGN, id="as if it came from the recipient"),
    ],
)
def test_a_colluding_recipient_reseals_the_whole(changed: dict[str, Any], code: ReasonCode) -> None:
    assert refusal(reseal(REALM, honest_frame(*taken()), **changed)) == (False, code)


def test_an_exercise_message_resealed_under_the_operation_key_stays_an_exercise() -> None:
    drill = outgoing(REALM, "XBB", 1, message(1, mode=Mode.EXERCISE))
    (made,) = prepared(REALM, [drill], mode=Mode.EXERCISE)
    frame = honest_frame(*taken(sent(made)))
    assert refusal(reseal(REALM, frame)) == (False, R.KEY_WRONG_USE)
    under_live_key = reseal(REALM, frame, mode=Mode.EXERCISE, seal_for=("XBB", Mode.OPERATION))
    assert refusal(under_live_key) == (False, R.SEAL_KEY_MODE)


def test_a_crafted_frame_around_the_original_root_that_invents_a_delivery() -> None:
    envelope, (first, _) = taken()
    invented = part(REALM, 1, message(1), recipient="XCC")
    frame = encode_frame(envelope.encode(), [FramedDelivery(invented.exact, first.proof, invented.content)])
    (verdict,) = reseal(REALM, frame, recipient="XCC").admitted_by(REALM, "XCC")
    assert (verdict.outcome, verdict.reason, verdict.verified) == (Outcome.REJECTED, R.PROOF_INVALID, False)


def test_a_third_nations_own_delivery_among_stolen_ones_is_admitted_alone() -> None:
    """What is genuine stays genuine in whatever company: XCC's own copy under the same root."""
    envelope, mine = taken()
    _, theirs = taken(TO_XCC, "XCC")
    frame = encode_frame(envelope.encode(), [mine[0], theirs[0], mine[1]])
    verdicts = reseal(REALM, frame, recipient="XCC").admitted_by(REALM, "XCC")
    assert [v.outcome for v in verdicts] == [Outcome.REJECTED, Outcome.ADMITTED, Outcome.REJECTED]


def changed_statement(**members: Any) -> Bundle:
    envelope, (first, second) = taken()
    statement = encoded(json.loads(first.statement) | members)
    return reseal(REALM, encode_frame(envelope.encode(), [replace(first, statement=statement), second]))


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"serial": 7}, id="the serial"),
        pytest.param({"recipient": "XCC"}, id="the recipient"),
        pytest.param({"lane_epoch": 2}, id="the epoch"),
        pytest.param({"mode": "EXERCISE"}, id="the mode"),
        pytest.param({"content_digest": "sha256:" + "0" * 64}, id="the digest"),
        pytest.param({"handling": "DISPLAY_ONLY"}, id="the handling"),
        pytest.param({"basis": []}, id="the basis"),
        pytest.param({"trust_version": 99}, id="the trust version"),
        pytest.param({"salt": "0" * 32}, id="the salt"),
        pytest.param({}, id="nothing but the order of members"),
    ],
)
def test_a_statement_is_refused_when_somebody_changes(members: dict[str, Any]) -> None:
    if not members:
        envelope, (first, second) = taken()
        turned = dict(reversed(json.loads(first.statement).items()))
        frame = encode_frame(envelope.encode(), [replace(first, statement=encoded(turned)), second])
        bundle = reseal(REALM, frame)
    else:
        bundle = changed_statement(**members)
    one, other = bundle.admitted_by(REALM)
    assert (one.outcome, one.reason, one.verified) == (Outcome.REJECTED, R.PROOF_INVALID, False)
    assert other.outcome is Outcome.ADMITTED, "its neighbour is none the worse"


def with_proof(bend: Any) -> Bundle:
    envelope, (first, second) = taken()
    bent = replace(first, proof=bend(first.proof, second.proof))
    return reseal(REALM, encode_frame(envelope.encode(), [bent, second]))


@pytest.mark.parametrize(
    "bend",
    [
        pytest.param(lambda one, other: replace(one, index=other.index), id="at another index"),
        pytest.param(lambda one, other: replace(one, index=one.index ^ 1), id="as its own sibling"),
        pytest.param(lambda one, other: replace(one, index=one.index + 16), id="at an index beyond the tree"),
        pytest.param(lambda one, other: replace(one, index=2**32 - 1), id="at the last index there is"),
        pytest.param(lambda one, other: replace(one, path=other.path), id="with another's path"),
        pytest.param(lambda one, other: other, id="with another's whole proof"),
        pytest.param(lambda one, other: Proof(one.index, one.path[::-1]), id="with its path reversed"),
        pytest.param(lambda one, other: Proof(one.index, (bytes(32),) * 4), id="with a path of zeros"),
    ],
)
def test_a_proof_is_refused(bend: Any) -> None:
    one, other = with_proof(bend).admitted_by(REALM)
    assert (one.reason, one.verified, one.delivery) == (R.PROOF_INVALID, False, None)
    assert other.outcome is Outcome.ADMITTED


@pytest.mark.parametrize("change", [-1, 1], ids=["shortened", "lengthened"])
def test_a_proof_of_another_length_leaves_the_frame_unreadable(change: int) -> None:
    envelope, (first, _) = taken()
    path = first.proof.path[:-1] if change < 0 else (*first.proof.path, bytes(32))
    bent = replace(first, proof=Proof(first.proof.index, path))
    assert refusal(reseal(REALM, encode_frame(envelope.encode(), [bent]))) == (False, R.FRAME_MALFORMED)


def test_an_inner_node_never_passes_for_a_statement() -> None:
    """RFC 6962 keeps leaf and node hashes apart: a node's preimage offered as a statement fails its proof."""
    envelope, (first, _) = taken()
    node = first.proof.path[0] * 2
    shorter = replace(first, statement=node, proof=Proof(first.proof.index >> 1, first.proof.path))
    (verdict,) = reseal(REALM, encode_frame(envelope.encode(), [shorter])).admitted_by(REALM)
    assert (verdict.reason, verdict.verified) == (R.PROOF_INVALID, False)


def test_contents_of_two_deliveries_swapped() -> None:
    envelope, (first, second) = taken()
    frame = encode_frame(
        envelope.encode(), [replace(first, content=second.content), replace(second, content=first.content)]
    )
    verdicts = reseal(REALM, frame).admitted_by(REALM)
    assert {(v.outcome, v.reason) for v in verdicts} == {(Outcome.REJECTED, R.DIGEST_MISMATCH)}


def test_deliveries_under_another_root_of_the_same_originator() -> None:
    later = sent(prepared(REALM, [outgoing(REALM, "XBB", 3)])[0])
    root, _ = taken(later)
    _, (first, _) = taken()
    (verdict,) = reseal(REALM, encode_frame(root.encode(), [first])).admitted_by(REALM)
    assert (verdict.reason, verdict.verified) == (R.PROOF_INVALID, False)


def test_a_delivery_twice_in_one_frame_is_admitted_once() -> None:
    envelope, (first, _) = taken()
    verdicts = reseal(REALM, encode_frame(envelope.encode(), [first, first])).admitted_by(REALM)
    assert [v.outcome for v in verdicts] == [Outcome.ADMITTED, Outcome.DUPLICATE]


def test_deliveries_held_back_and_sent_out_of_order_are_all_filed_and_the_late_one_says_so() -> None:
    envelope, (first, second) = taken()
    history = MemoryHistory()
    (later,) = reseal(REALM, encode_frame(envelope.encode(), [second])).admitted_by(REALM, history=history)
    (earlier,) = reseal(REALM, encode_frame(envelope.encode(), [first])).admitted_by(REALM, history=history)
    assert (later.outcome, later.gap) == (Outcome.ADMITTED, (1, 1))
    assert (earlier.outcome, earlier.late) == (Outcome.ADMITTED, True)


def test_a_flash_message_cannot_be_moved_to_the_normal_lane_by_its_originator_either() -> None:
    flash = message(1, precedence=Precedence.FLASH)
    (verdict,) = craft(REALM, [part(REALM, 1, flash, lane="normal")]).admitted_by(REALM)
    assert (verdict.reason, verdict.verified) == (R.CONTENT_MISMATCH, True)
