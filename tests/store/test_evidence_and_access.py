"""Audit, idempotency, API keys, trust documents and the relay's lease."""

import os
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from bus.store import api_keys, audit, idempotency, lease, trust
from bus.store.api_keys import ApiKey
from bus.store.errors import LeaseLost
from bus.store.idempotency import StoredResponse
from bus.store.trust import StoredTrustDocument
from bus.store.writer import Store, Transaction
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord
from schemas.header import Kind
from tests.store.samples import NATION, NOW, SECOND, message_id

Tx = sqlite3.Connection
TERM = timedelta(seconds=10)


def record(event: AuditEvent, number: int | None = None) -> AuditRecord:
    return AuditRecord(
        at=NOW,
        nation=NATION,
        event=event,
        outcome=AuditOutcome.SUCCESS,
        actor="gateway",
        message_id=None if number is None else message_id(number),
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE audit SET record = x'00'", id="a record cannot be rewritten"),
        pytest.param("UPDATE audit SET salt = x'00'", id="a salt cannot be rewritten"),
        pytest.param("DELETE FROM audit", id="a record cannot be deleted"),
        pytest.param("INSERT OR REPLACE INTO audit SELECT * FROM audit", id="a record cannot be replaced"),
    ],
)
def test_the_audit_log_is_append_only(tx: Tx, change: str) -> None:
    audit.append(tx, [record(AuditEvent.GATEWAY_STARTED)], os.urandom)
    before = audit.list_after(tx)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        tx.execute(change)
    assert audit.list_after(tx) == before


def test_records_come_back_byte_for_byte_with_their_own_salts(tx: Tx) -> None:
    numbers = count(1)

    def randomness(size: int) -> bytes:
        return b"".join(
            next(numbers).to_bytes(audit.SALT_OCTETS, "big") for _ in range(size // audit.SALT_OCTETS)
        )

    records = [record(AuditEvent.MESSAGE_ADMITTED, number) for number in range(1, 4)]
    audit.append(tx, records, randomness)
    audit.append(tx, [], randomness)
    found = audit.list_after(tx)
    assert [row.record for row in found] == [one.encode() for one in records]
    assert [int.from_bytes(row.salt, "big") for row in found] == [1, 2, 3]
    assert {row.at for row in found} == {NOW}
    assert audit.latest_seq(tx) == found[-1].audit_seq == 3


def test_audit_records_are_listed_by_cursor_and_filter_in_both_directions(tx: Tx) -> None:
    events = [AuditEvent.MESSAGE_ADMITTED, AuditEvent.MESSAGE_HELD]
    audit.append(tx, [record(events[number % 2], number) for number in range(1, 9)], os.urandom)
    assert [row.audit_seq for row in audit.list_after(tx, 3, limit=2)] == [4, 5]
    assert [row.audit_seq for row in audit.list_newest(tx, limit=3)] == [8, 7, 6]
    assert [row.audit_seq for row in audit.list_newest(tx, 6, limit=2, event=AuditEvent.MESSAGE_HELD)] == [
        5,
        3,
    ]
    assert [row.audit_seq for row in audit.list_after(tx, message_id=message_id(4))] == [4]
    assert audit.list_after(tx, publication_id="nothing") == ()


def test_a_page_by_event_looks_at_so_many_records_and_says_how_far_it_came(
    tx: Tx, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "SCANNED", 4)
    rare, common = AuditEvent.TRUST_CHANGED, AuditEvent.MESSAGE_ADMITTED
    for event in (*[common] * 9, rare, rare, common):
        written = AuditRecord(
            at=NOW, nation=NATION, event=event, outcome=AuditOutcome.SUCCESS, actor="gateway"
        )
        audit.append(tx, [written], os.urandom)
    seqs = range(1, 13)
    pages, position = [], 0
    while (page := audit.page_after(tx, position, event=rare, limit=1)).position != position:
        pages.append([row.audit_seq for row in page.records])
        position = page.position
    assert pages == [[], [], [10], [11], []]
    assert position == seqs[-1]
    everything = audit.page_after(tx, 0, limit=100)
    assert [row.audit_seq for row in everything.records] == list(seqs)
    assert audit.page_after(tx, 99, event=rare).position == 99, "a cursor never goes back"


def test_an_answer_is_kept_per_api_key_and_idempotency_key(tx: Tx) -> None:
    stored = StoredResponse("digest", 201, b'{"publication_id":"1"}', NOW)
    idempotency.put(tx, "key-1", "abc", stored)
    assert idempotency.get(tx, "key-1", "abc") == stored
    assert idempotency.get(tx, "key-2", "abc") is None
    assert idempotency.get(tx, "key-1", "abd") is None
    with pytest.raises(sqlite3.IntegrityError):
        idempotency.put(tx, "key-1", "abc", stored)
    idempotency.put(tx, "key-2", "abc", StoredResponse("other", 201, b"{}", NOW + SECOND))
    assert idempotency.prune(tx, NOW + SECOND) == 1
    assert idempotency.get(tx, "key-1", "abc") is None
    assert idempotency.get(tx, "key-2", "abc") is not None


def test_api_keys_are_added_found_listed_and_revoked_once(tx: Tx) -> None:
    first = ApiKey(
        "k1", "hash", "J3 system", ("publish", "read"), (Kind.THREAT_ALERT,), NOW, None, None, 5.5, 10
    )
    second = ApiKey("k2", "hash2", "all", ("read",), None, NOW + SECOND, NOW + TERM, None, 1.0, 1)
    api_keys.add(tx, second)
    api_keys.add(tx, first)
    assert api_keys.list_all(tx) == (first, second)
    assert api_keys.find(tx, "k1") == first
    assert api_keys.find(tx, "k3") is None
    with pytest.raises(sqlite3.IntegrityError):
        api_keys.add(tx, first)
    assert api_keys.revoke(tx, "k1", NOW + TERM)
    assert not api_keys.revoke(tx, "k1", NOW)
    assert not api_keys.revoke(tx, "k3", NOW)
    revoked = api_keys.find(tx, "k1")
    assert revoked is not None
    assert revoked.revoked_at == NOW + TERM


def test_a_key_for_no_kind_is_not_a_key_for_every_kind(tx: Tx) -> None:
    api_keys.add(tx, ApiKey("k1", "hash", "none", (), (), NOW, None, None, 1.0, 1))
    found = api_keys.find(tx, "k1")
    assert found is not None
    assert found.kinds == ()


def test_trust_documents_are_kept_once_and_replaced_as_a_whole(tx: Tx) -> None:
    documents = [
        StoredTrustDocument(f"sha256:{number:064x}", f"type-{number % 2}", number, bytes([number]), NOW)
        for number in range(1, 5)
    ]
    assert trust.put(tx, documents) == 4
    assert trust.put(tx, documents[:2]) == 0
    assert trust.envelopes(tx) == (b"\x02", b"\x04", b"\x01", b"\x03")
    assert trust.get(tx, documents[0].digest) == documents[0]
    assert trust.get(tx, "sha256:" + "f" * 64) is None
    trust.replace(tx, documents[2:])
    assert trust.documents(tx) == (documents[3], documents[2])


async def _acquired(store: Store, holder: str, after: timedelta) -> lease.Lease | None:
    return await store.write(lambda tx: lease.acquire(tx, holder, NOW + after, TERM))


async def test_one_relay_at_a_time_holds_the_lease_and_terms_grow(store: Store) -> None:
    first = await _acquired(store, "a", 0 * SECOND)
    assert first == lease.Lease("a", 1, NOW + TERM)
    assert await _acquired(store, "b", 9 * SECOND) is None
    second = await _acquired(store, "b", 10 * SECOND)
    assert second is not None
    assert second.term == 2
    assert await _acquired(store, "a", 11 * SECOND) is None


def _checks(held: lease.Lease, after: timedelta) -> Callable[[Transaction], None]:
    def job(tx: Transaction) -> None:
        tx.execute("INSERT INTO meta (key, value) VALUES ('written', 'under the lease')")
        lease.check(tx, held, NOW + after)

    return job


async def test_a_relay_that_lost_the_lease_writes_nothing_more(store: Store) -> None:
    old = await _acquired(store, "a", 0 * SECOND)
    new = await _acquired(store, "b", 10 * SECOND)
    assert old is not None
    assert new is not None
    with pytest.raises(LeaseLost, match="another relay"):
        await store.write(_checks(old, SECOND))  # even with a clock that is behind
    with pytest.raises(LeaseLost, match="another relay"):
        await store.write(lambda tx: lease.renew(tx, old, NOW, TERM))
    with pytest.raises(LeaseLost, match="ran out"):
        await store.write(_checks(new, 20 * SECOND))
    written = "SELECT count(*) FROM meta WHERE key = 'written'"
    assert await store.read(lambda tx: tx.execute(written).fetchone()) == (0,)
    await store.write(_checks(new, 19 * SECOND))
    assert await store.read(lambda tx: tx.execute(written).fetchone()) == (1,)


async def test_a_renewed_lease_keeps_its_term_and_a_second_acquisition_fences_off_the_first(
    store: Store,
) -> None:
    first = await _acquired(store, "a", 0 * SECOND)
    assert first is not None
    renewed = await store.write(lambda tx: lease.renew(tx, first, NOW + 9 * SECOND, TERM))
    assert renewed == lease.Lease("a", 1, NOW + 19 * SECOND)
    assert await _acquired(store, "b", 18 * SECOND) is None
    again = await _acquired(store, "a", 18 * SECOND)
    assert again is not None
    assert again.term == 2
    with pytest.raises(LeaseLost):
        await store.write(_checks(renewed, 18 * SECOND))


async def test_a_lease_given_back_is_free_at_once_and_only_its_holder_can_give_it_back(store: Store) -> None:
    first = await _acquired(store, "a", 0 * SECOND)
    assert first is not None
    await store.write(lambda tx: lease.release(tx, lease.Lease("b", 1, NOW)))
    assert await _acquired(store, "b", SECOND) is None
    await store.write(lambda tx: lease.release(tx, first))
    assert await _acquired(store, "b", SECOND) is not None
