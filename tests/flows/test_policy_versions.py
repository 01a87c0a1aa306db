"""Two gateways under different versions of the realm disagree safely: nothing leaks, both are told.

One has the newest snapshot, the other not yet. What was sealed under a version that the recipient does not
know is HELD until it comes, then admitted or refused by what it says; what the recipient's newer version
denies is refused at once. The realm's first version lets SWE pass as NATO up to NATO SECRET.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from bus.known.documents import equivalence_document, policy_document
from bus.store import held as held_table
from bus.store import rejected
from gateways.publishing.draft_refused import DraftRefused
from schemas.audit import AuditEvent
from schemas.classification import EquivalentLevel, Level
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import DocumentType
from schemas.wire import Lane
from tests.flows.world import Gateway, World, subjects
from tests.realm_fixtures import NOW, TestRealm

R = ReasonCode
SECOND = timedelta(seconds=1)
SECRET_TITLE = "LEUCHTFEUER-5521"
"""Stands in the subject of what must not stay behind at a gateway that refuses it."""
SWEDISH = {"policy": "SWE", "classification": "HEMLIG"}


def handled_as(realm: TestRealm, levels: Mapping[str, str] | None, after: timedelta) -> TestRealm:
    """The realm whose next version handles SWE so; None: the equivalence has ended."""
    held = realm.realm.documents[DocumentType.EQUIVALENCE, "SWE-to-NATO"].document
    document = equivalence_document(
        realm.id,
        "SWE",
        "NATO",
        [
            EquivalentLevel(classification=one, equivalent=other)
            for one, other in (levels or {"HEMLIG": "NATO SECRET"}).items()
        ],
        rests_on="A table for tests",
        source="test",
        not_before=NOW - timedelta(days=1),
        not_after=NOW + (timedelta(days=365) if levels else timedelta(0)),
        version=held.version + 1,
    )
    return realm.next(realm.realm.with_document(document, realm.authority), now=NOW + after)


def without_level(realm: TestRealm, after: timedelta) -> TestRealm:
    """The realm whose next version of policy SWE no longer has the level HEMLIG."""
    held = realm.realm.documents[DocumentType.CLASSIFICATION_POLICY, "SWE"].document
    levels = [Level(classification="BEGRÄNSAT HEMLIG", rank=1)]
    document = policy_document(realm.id, "SWE", levels, source="test", version=held.version + 1)
    return realm.next(realm.realm.with_document(document, realm.authority), now=NOW + after)


RAISED = {"HEMLIG": "COSMIC TOP SECRET"}


async def apart(world: World, newer: TestRealm, *, at: str) -> tuple[Gateway, Gateway]:
    """XAA and XBB, of which one has the newer version; neither hears the other's control lane."""
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    for gateway in (alfa, bravo):
        await gateway.exchange.receivers[Lane.CONTROL].stop()
    world.clock.move(2 * SECOND)
    one = alfa if at == "XAA" else bravo
    await one.exchange.bring_trust(newer.envelopes, actor="test")
    return alfa, bravo


async def nothing_left(gateway: Gateway) -> None:
    """The title stands nowhere at a gateway: not in the inbox, not in its files."""
    assert gateway.exchange.inbox_changed.latest == 0
    for file in gateway.world.directory.glob(f"{gateway.nation}.db*"):
        assert SECRET_TITLE.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    ("newer", "code"),
    [
        pytest.param(lambda realm: handled_as(realm, RAISED, SECOND), R.CLASSIFICATION_TOO_HIGH, id="raised"),
        pytest.param(
            lambda realm: handled_as(realm, None, SECOND), R.CLASSIFICATION_UNMAPPED, id="withdrawn"
        ),
        pytest.param(lambda realm: without_level(realm, SECOND), R.CLASSIFICATION_UNKNOWN, id="level gone"),
    ],
)
async def test_what_the_recipients_newer_version_denies_is_refused_and_both_are_alarmed(
    world: World, newer: Callable[[TestRealm], TestRealm], code: ReasonCode
) -> None:
    changed = newer(world.realm)
    alfa, bravo = await apart(world, changed, at="XBB")
    accepted = await alfa.publish("XBB", label=SWEDISH, subject=SECRET_TITLE)
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_REJECTED)
    assert (record.partner, record.reason, record.message_id) == ("XAA", code, accepted.message_id)
    (listed,) = await bravo.store.read(lambda tx: rejected.list_newest(tx))
    assert (listed.reason, listed.kept) == (code, True)
    await nothing_left(bravo)

    # Its originator is told, and has the newer version from the same partner.
    alfa.exchange.receivers[Lane.CONTROL].start()
    await alfa.states(accepted, {"XBB": "refused"})
    assert alfa.exchange.counters.alarm_refused_by_partner == 1
    assert bravo.exchange.counters.alarm_release_mismatch == 1
    (told,) = await alfa.evidence(AuditEvent.RECEIPT_RECORDED)
    assert (told.partner, told.reason, told.message_id) == ("XBB", code, accepted.message_id)
    await alfa.evidence(AuditEvent.TRUST_CHANGED)
    with pytest.raises(DraftRefused) as refused:
        await alfa.publish("XBB", label=SWEDISH)
    assert refused.value.code is code
    await nothing_left(bravo)


@pytest.mark.parametrize("mode", [Mode.OPERATION, Mode.EXERCISE])
async def test_what_a_newer_version_permits_is_held_until_it_comes_then_admitted(
    world: World, mode: Mode
) -> None:
    world.realm = handled_as(world.realm, RAISED, SECOND)
    lowered = handled_as(world.realm, {"HEMLIG": "NATO SECRET"}, 2 * SECOND)
    alfa, bravo = await apart(world, lowered, at="XAA")
    exercise = {"mode": mode.value} | ({"exercise_id": "E 1"} if mode is Mode.EXERCISE else {})
    await alfa.publish("XBB", label=SWEDISH, subject=SECRET_TITLE, header=exercise)
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_HELD)
    assert record.reason is R.TRUST_VERSION_UNKNOWN
    await nothing_left(bravo)
    bravo.exchange.receivers[Lane.CONTROL].start()
    assert subjects(await bravo.mail(1)) == [SECRET_TITLE]
    assert await bravo.store.read(held_table.count_by_originator) == {}
    assert bravo.exchange.counters.alarm_release_mismatch == 0


async def test_what_a_newer_version_permitted_and_a_still_newer_one_denies_is_held_then_refused(
    world: World,
) -> None:
    world.realm = handled_as(world.realm, RAISED, SECOND)
    lowered = handled_as(world.realm, {"HEMLIG": "NATO SECRET"}, 2 * SECOND)
    again = handled_as(lowered, None, 2 * SECOND)
    alfa, bravo = await apart(world, lowered, at="XAA")
    accepted = await alfa.publish("XBB", label=SWEDISH, subject=SECRET_TITLE)
    await bravo.evidence(AuditEvent.MESSAGE_HELD)
    await bravo.exchange.bring_trust(again.envelopes, actor="test")
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_REJECTED)
    assert record.reason is R.CLASSIFICATION_UNMAPPED
    await nothing_left(bravo)
    alfa.exchange.receivers[Lane.CONTROL].start()
    await alfa.states(accepted, {"XBB": "refused"})
    assert bravo.exchange.counters.alarm_release_mismatch == 1
    assert alfa.exchange.counters.alarm_refused_by_partner == 1


async def test_a_newer_version_that_denies_stops_what_waits_before_it_is_sealed(world: World) -> None:
    alfa = await world.gateway("XAA")
    await world.broker.server.kill()
    await alfa.exchange.relay.stop()
    accepted = await alfa.publish("XBB", label=SWEDISH, subject=SECRET_TITLE)
    withdrawn = handled_as(world.realm, None, SECOND)
    world.clock.move(2 * SECOND)
    await alfa.exchange.bring_trust(withdrawn.envelopes, actor="test")
    alfa.exchange.relay.start()
    await world.broker.server.start()
    await alfa.states(accepted, {"XBB": "withheld"})
    (record,) = await alfa.evidence(AuditEvent.DELIVERY_WITHHELD)
    assert record.reason is R.CLASSIFICATION_UNMAPPED
