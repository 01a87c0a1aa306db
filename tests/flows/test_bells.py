"""Alarms about refused bundles: one for each nation and reason within a minute, a sum, and never a flood."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from bus.store import events, refusal_windows
from bus.store.events import StoredEvent
from bus.store.migrations import bring_forward
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.receiving import bells
from gateways.receiving.refusals import close_due, only_counted, told_in_full
from schemas.event import EventType
from schemas.reasons import ReasonCode
from tests.realm_fixtures import NOW

NATIONS = [f"X{first}{second}" for first in "ABCDE" for second in "ABCDEFGHIJ"]
RING = sorted(bells.RINGS)
MINUTE = timedelta(minutes=1)


class NoEvidence:
    """The audit log is not what these tests look at."""

    def add(self, *_: object, **__: object) -> None:
        """Take a record."""


EVIDENCE = cast(Evidence, NoEvidence())
CONTEXT = cast(GatewayContext, SimpleNamespace(trust=SimpleNamespace(nations=dict.fromkeys(NATIONS))))


@pytest.fixture
def tx() -> Iterator[Transaction]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    bring_forward(connection, "XYZ", "sha256:" + "ab" * 32)
    yield connection
    connection.close()


def rung(tx: Transaction) -> list[StoredEvent]:
    return [each for each in events.look(tx, 0, limit=1000).events if each.type is EventType.BUNDLE_REFUSED]


def test_a_flood_of_one_kind_rings_once_and_is_summed_up_when_its_minute_is_over(tx: Transaction) -> None:
    for _ in range(500):
        only_counted(CONTEXT, tx, EVIDENCE, "XAA", ReasonCode.SIGNATURE_INVALID, NOW)
    assert [(each.nation, each.reason, each.count) for each in rung(tx)] == [
        ("XAA", "SIGNATURE_INVALID", None)
    ]
    close_due(tx, EVIDENCE, NOW, NOW + MINUTE)
    assert [each.count for each in rung(tx)] == [None, 499], "one event more, with the number of the others"
    close_due(tx, EVIDENCE, NOW, NOW + MINUTE)
    assert len(rung(tx)) == 2
    only_counted(CONTEXT, tx, EVIDENCE, "XAA", ReasonCode.SIGNATURE_INVALID, NOW + MINUTE)
    assert len(rung(tx)) == 3, "the next minute rings anew"


def test_a_minute_with_one_refusal_has_no_sum(tx: Transaction) -> None:
    told_in_full(CONTEXT, tx, "XAA", ReasonCode.DIGEST_MISMATCH, NOW)
    close_due(tx, EVIDENCE, NOW, NOW + MINUTE)
    assert [each.count for each in rung(tx)] == [None]


def test_no_hub_rings_every_bell(tx: Transaction) -> None:
    """Every nation's lanes and every reason at once: twenty windows ring, others are counted in silence."""
    for _ in range(3):
        for nation in NATIONS:
            for reason in RING:
                only_counted(CONTEXT, tx, EVIDENCE, nation, reason, NOW)
    assert refusal_windows.open_now(tx) == len(NATIONS) * len(RING)
    assert len(rung(tx)) == bells.MOST == 20
    close_due(tx, EVIDENCE, NOW, NOW + MINUTE)
    assert len(rung(tx)) == bells.MOST, "so many sums are no news either: the audit log has them"


def test_as_many_as_ring_are_summed_up(tx: Transaction) -> None:
    for nation in NATIONS[: bells.MOST] * 2:
        only_counted(CONTEXT, tx, EVIDENCE, nation, ReasonCode.SIGNATURE_INVALID, NOW)
    close_due(tx, EVIDENCE, NOW, NOW + MINUTE)
    assert [each.count for each in rung(tx)] == [None] * bells.MOST + [1] * bells.MOST


def test_forged_names_share_one_window(tx: Transaction) -> None:
    for number in range(300):
        only_counted(CONTEXT, tx, EVIDENCE, f"Q{number}", ReasonCode.SIGNATURE_INVALID, NOW)
    assert [(each.nation, each.count) for each in rung(tx)] == [(None, None)]


@pytest.mark.parametrize("reason", sorted(set(ReasonCode) - bells.RINGS))
def test_what_is_late_or_not_for_us_rings_nothing(tx: Transaction, reason: ReasonCode) -> None:
    only_counted(CONTEXT, tx, EVIDENCE, "XAA", reason, NOW)
    only_counted(CONTEXT, tx, EVIDENCE, "XAA", reason, NOW)
    close_due(tx, EVIDENCE, NOW, NOW + MINUTE)
    assert rung(tx) == []
