"""What a flood of refused bundles leaves in the audit log: the first at once, the others as a number."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bus.ports import OutboundBundle
from bus.store import audit, rejected
from bus.store.writer import Store
from bus.transport import NatsTransport
from gateways.context import GatewayContext
from gateways.receiving.filing import file_mail
from gateways.receiving.mail import open_mail
from gateways.receiving.refusals import close_windows
from gateways.relaying.sending import NEVER_A_SEQUENCE
from schemas.audit import AuditEvent, AuditRecord
from schemas.reasons import ReasonCode
from tests.flows.world import Gateway, World
from tests.protocol.crafted_bundles import Bundle, craft, part
from tests.protocol.messages import message
from tests.realm_fixtures import NOW, make_realm

REALM = make_realm()
FLOOD = 12


async def flooded(alfa: Gateway, bravo: Gateway) -> None:
    """A hostile gateway of XAA sends garbage; it has all been refused."""
    await alfa.exchange.relay.stop()
    garbage = [OutboundBundle("out.XAA.op.normal.XBB", b"garbage %d" % number) for number in range(FLOOD)]
    sent = await alfa.transport.publisher.publish_window(garbage, await end_of_stream(alfa.transport))
    assert sent.complete
    await bravo.store.until(rejected.list_newest, lambda rows: len(rows) == FLOOD)


async def end_of_stream(transport: NatsTransport) -> int:
    nothing = OutboundBundle("out.XAA.ts.control.XAA", b"")
    result = await transport.publisher.publish_window([nothing], NEVER_A_SEQUENCE)
    assert result.actual_last is not None
    return result.actual_last


def told(record: AuditRecord) -> tuple[str | None, ReasonCode | None, int | None]:
    return record.partner, record.reason, record.count


FIRST = ("XAA", ReasonCode.MALFORMED_SEALED, None)
OTHERS = ("XAA", ReasonCode.MALFORMED_SEALED, FLOOD - 1)


async def test_the_first_is_told_at_once_and_the_others_when_the_minute_is_over(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await flooded(alfa, bravo)
    assert list(map(told, await bravo.evidence(AuditEvent.MESSAGE_REJECTED))) == [FIRST]
    world.clock.move(timedelta(minutes=1))
    bravo.exchange.context.held_wanted.set()
    assert list(map(told, await bravo.evidence(AuditEvent.MESSAGE_REJECTED, 2))) == [FIRST, OTHERS]
    assert sum(bravo.exchange.counters.rejected.values()) == FLOOD


async def test_a_stop_leaves_nothing_uncounted(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await flooded(alfa, bravo)
    await bravo.stop()
    again = await world.gateway("XBB")
    assert list(map(told, await again.evidence(AuditEvent.MESSAGE_REJECTED))) == [FIRST, OTHERS]


# -- bundle by bundle, without a broker ------------------------------------------------------------------


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[GatewayContext]:
    store = Store.open(tmp_path / "XBB.db", "XBB", REALM.id)
    yield GatewayContext("XBB", REALM.id, store, REALM.trust, REALM.keys["XBB"], lambda: NOW, os.urandom)
    await store.close()


async def refused(context: GatewayContext, *bundles: Bundle) -> list[AuditRecord]:
    """Every record of a refusal once these have been filed."""
    for bundle in bundles:
        mail = open_mail(context, bundle.subject, bundle.sealed)
        await context.store.write(lambda tx, mail=mail: file_mail(context, tx, mail))  # type: ignore[misc]
    stored = await context.store.read(lambda tx: audit.list_after(tx, event=AuditEvent.MESSAGE_REJECTED))
    return [AuditRecord.model_validate_json(entry.record) for entry in stored]


def not_for_us(*serials: int) -> Bundle:
    return craft(REALM, [part(REALM, one, message(one, release_set=("XCC",))) for one in serials])


async def test_what_a_partner_signed_is_told_each_time_and_a_replay_of_it_is_counted(
    context: GatewayContext,
) -> None:
    bundle = not_for_us(1, 2)
    records = await refused(context, bundle, not_for_us(3))
    assert [(record.serial, record.reason) for record in records] == [
        (serial, ReasonCode.NOT_IN_RELEASE_SET) for serial in (1, 2, 3)
    ]
    records = await refused(context, *[bundle] * 5)
    # The minute began with what was told in full: no replay within it is told by itself.
    assert [record.serial for record in records] == [1, 2, 3]
    await close_windows(context, everything=True)
    assert [record.count for record in await refused(context)] == [None] * 3 + [10]


async def test_reasons_are_counted_apart_and_names_that_are_no_nations_together(
    context: GatewayContext,
) -> None:
    forged = [Bundle(b"garbage", f"out.{name}.op.normal.XBB") for name in ("XDD", "XEE", "XFF", "XAA", "XAA")]
    elsewhere = Bundle(not_for_us(1).sealed, "out.XAA.ex.normal.XBB")
    records = await refused(context, *forged, elsewhere, elsewhere)
    assert [(record.partner, record.reason) for record in records] == [
        ("XDD", ReasonCode.MALFORMED_SEALED),
        ("XAA", ReasonCode.MALFORMED_SEALED),
        ("XAA", ReasonCode.SUBJECT_MISMATCH),
    ]
    context.now = lambda: NOW + timedelta(minutes=1)
    await close_windows(context)
    counted = (await refused(context))[3:]
    assert sorted((record.partner or "", record.reason, record.count) for record in counted) == [
        ("", ReasonCode.MALFORMED_SEALED, 2),
        ("XAA", ReasonCode.MALFORMED_SEALED, 1),
        ("XAA", ReasonCode.SUBJECT_MISMATCH, 1),
    ]


async def test_after_the_minute_the_next_one_is_told_at_once_behind_what_was_counted(
    context: GatewayContext,
) -> None:
    garbage = Bundle(b"garbage", "out.XAA.op.normal.XBB")
    await refused(context, garbage, garbage)
    context.now = lambda: NOW + timedelta(minutes=1)
    assert [record.count for record in await refused(context, garbage)] == [None, 1, None]
