"""What the hot paths encode by hand is exactly what the models read, and small parts do what they say."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.store import audit, receipts
from bus.store.migrations import bring_forward
from bus.store.writer import Store
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.growth_signal import GrowthSignal
from gateways.receiving.filing import file_mail
from gateways.receiving.mail import open_mail
from gateways.uuid7 import uuid7
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.receipt import Receipt, ReceiptStatus
from schemas.wire import Delivery, Lane
from tests.protocol.crafted_bundles import craft, part
from tests.protocol.messages import message
from tests.realm_fixtures import NOW, make_realm

EARLY, LATE = datetime.fromisoformat("1970-01-02"), datetime.fromisoformat("9999-01-01")
MESSAGE_ID = "01960000-0000-7000-8000-000000000001"


def test_evidence_reads_back_as_the_record_it_stands_for(tmp_path: Path) -> None:
    tx = sqlite3.connect(tmp_path / "audit.db", isolation_level=None)
    bring_forward(tx, "XAA", "sha256:" + "0" * 64)
    at = NOW + timedelta(microseconds=17)
    evidence = Evidence("XAA", 'key "quoted" é', at, bytes)
    fields: dict[str, Any] = {
        "partner": "XBB",
        "kind": Kind.THREAT_ALERT,
        "mode": Mode.TEST,
        "precedence": Precedence.FLASH,
        "lane": Lane.URGENT,
        "lane_epoch": 1,
        "serial": 2**53 - 1,
        "publication_id": MESSAGE_ID,
        "message_id": MESSAGE_ID,
        "digest": "sha256:" + "a" * 64,
        "bundle_id": "0" * 32,
        "key_id": "0123456789abcdef",
        "reason": ReasonCode.KEY_REVOKED,
        "count": 3,
    }
    evidence.add(AuditEvent.MESSAGE_REJECTED, AuditOutcome.REFUSED, **fields)
    evidence.add(AuditEvent.GATEWAY_STARTED)
    evidence.write(tx)
    full, bare = audit.list_after(tx)
    assert AuditRecord.model_validate_json(full.record) == AuditRecord(
        at=at,
        nation="XAA",
        event=AuditEvent.MESSAGE_REJECTED,
        outcome=AuditOutcome.REFUSED,
        actor='key "quoted" é',
        **fields,
    )
    assert (full.event, full.at, len(full.salt)) == (AuditEvent.MESSAGE_REJECTED, at, audit.SALT_OCTETS)
    assert AuditRecord.model_validate_json(bare.record).event is AuditEvent.GATEWAY_STARTED
    assert len(audit.list_after(tx, message_id=MESSAGE_ID)) == 1
    assert receipts.due(tx) == ()
    tx.close()


def test_evidence_of_deliveries_is_what_any_evidence_is(tmp_path: Path) -> None:
    realm = make_realm()
    tx = sqlite3.connect(tmp_path / "audit.db", isolation_level=None)
    bring_forward(tx, "XBB", realm.id)
    fast, slow = (Evidence("XBB", 'actor "quoted" é', NOW, bytes) for _ in range(2))
    deliveries = [
        Delivery.model_validate_json(part(realm, serial, **changed).exact)
        for serial, changed in ((1, {}), (2, {}), (3, {"lane_epoch": 9}), (4, {"message_id": None}))
    ]
    kinds = (Kind.THREAT_ALERT, Kind.EXERCISE_NOTICE, Kind.THREAT_ALERT, None)
    for delivery, kind in zip(deliveries, kinds, strict=True):
        fast.add_delivery(AuditEvent.MESSAGE_ADMITTED, delivery, kind)
        slow.add(
            AuditEvent.MESSAGE_ADMITTED,
            partner=delivery.originator,
            kind=kind,
            mode=delivery.mode,
            lane=delivery.lane,
            lane_epoch=delivery.lane_epoch,
            serial=delivery.serial,
            message_id=delivery.message_id,
            digest=delivery.content_digest,
        )
    fast.write(tx)
    slow.write(tx)
    stored = audit.list_after(tx)
    records = [AuditRecord.model_validate_json(entry.record) for entry in stored]
    assert records[:4] == records[4:]
    assert len(audit.list_after(tx, message_id=MESSAGE_ID)) == 2
    tx.close()


async def test_receipts_owed_read_back_as_the_receipts_they_stand_for(tmp_path: Path) -> None:
    realm = make_realm()
    store = Store.open(tmp_path / "XBB.db", "XBB", realm.id)
    at = NOW + timedelta(microseconds=17)
    context = GatewayContext("XBB", realm.id, store, realm.trust, realm.keys["XBB"], lambda: at, bytes)
    nameless = part(realm, 3, message_id=None, content_digest="sha256:" + "0" * 64)
    bundle = craft(realm, [part(realm, 1), part(realm, 2, message(2, release_set=("XCC",))), nameless])
    mail = open_mail(context, bundle.subject, bundle.sealed)
    await store.write(lambda tx: file_mail(context, tx, mail))
    owed = await store.write(lambda tx: receipts.take(tx, "XAA", Mode.OPERATION))
    await store.close()
    read = [Receipt.model_validate_json(receipt) for receipt in owed]
    assert [receipt.encode() for receipt in read] == list(owed)
    assert [(receipt.lane, receipt.serial, receipt.status, receipt.reason) for receipt in read] == [
        (Lane.NORMAL, 1, ReceiptStatus.DELIVERED, None),
        (Lane.NORMAL, 2, ReceiptStatus.REFUSED, ReasonCode.NOT_IN_RELEASE_SET),
        (Lane.NORMAL, 3, ReceiptStatus.REFUSED, ReasonCode.DIGEST_MISMATCH),
    ]
    assert read[2].message_id is None
    assert {receipt.at for receipt in read} == {at}


@given(st.datetimes(min_value=EARLY, max_value=LATE), st.binary(min_size=10, max_size=10))
def test_a_uuid_carries_version_variant_and_time(at: datetime, drawn: bytes) -> None:
    at = at.replace(tzinfo=UTC)
    text = uuid7(at, lambda wanted: drawn[:wanted])
    value = int(text.replace("-", ""), 16)
    assert [len(part) for part in text.split("-")] == [8, 4, 4, 4, 12]
    assert value >> 76 & 0xF == 7
    assert value >> 62 & 0b11 == 0b10
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value >> 80) == at.replace(
        microsecond=at.microsecond // 1000 * 1000
    )


async def test_every_waiter_learns_of_a_growing_inbox() -> None:
    signal = GrowthSignal(3)
    waiters = [asyncio.create_task(signal.wait_beyond(seen, 10)) for seen in (0, 3, 3, 4)]
    await waiters[0]
    signal.announce(4)
    assert [await waiter for waiter in waiters[:3]] == [3, 4, 4]
    signal.announce(2)
    assert signal.latest == 4
    signal.announce(5)
    assert await waiters[3] == 5


async def test_waiting_for_an_inbox_that_does_not_grow_ends_in_time() -> None:
    signal = GrowthSignal(3)
    assert await signal.wait_beyond(3, 0.01) == 3


@pytest.mark.parametrize("seen", [0, 2])
async def test_what_has_grown_already_is_not_waited_for(seen: int) -> None:
    assert await GrowthSignal(3).wait_beyond(seen, 0) == 3
