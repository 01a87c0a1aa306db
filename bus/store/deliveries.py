"""Deliveries on their way out: one row per content and recipient, from queued to sent.

State names are the schema's: queued, sealed, sent, delivered, read, acknowledged, actioned, refused,
withheld, done (bus.protocol.delivery_states).
What the relay takes is in waiting.py, sending again in resending.py, what recipients answer in
settlement.py, counts in backlog.py, epochs in epochs.py.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from bus.store.columns import basis_text, duration_micros, integers_text, micros, strings_text
from bus.store.epochs import store_epoch
from schemas.header import Kind, Mode
from schemas.wire import Basis, ContentType, Lane


class Waiting(NamedTuple):
    """A queued delivery. `serial` is set when it was sent before: it keeps lane, epoch and serial for ever.

    `kind` and `publication_id` are None for receipts and control content.
    """

    delivery_seq: int
    content_id: int
    content_type: ContentType
    digest: str
    message_id: str | None
    recipient: str
    mode: Mode
    lane: Lane
    precedence_rank: int
    lane_epoch: int | None
    serial: int | None
    attempts: int
    publication_id: str | None
    kind: Kind | None
    wider: int = 0
    """How many wider versions the publication has: variants of one publication never share a tree."""


class LanePosition(NamedTuple):
    """Where in its lane a delivery stands."""

    epoch: int
    serial: int


class SealedDelivery(NamedTuple):
    """A delivery that was put into a bundle. `bundle_seq` as `bundles.insert` gave it."""

    delivery_seq: int
    bundle_seq: int
    position: LanePosition
    basis: tuple[Basis, ...]
    sign_kid: str


@dataclass(frozen=True, slots=True)
class ResendPolicy:
    """How long to wait for a receipt: `first`, doubled with each attempt, at most `ceiling`."""

    first: timedelta = timedelta(seconds=30)
    ceiling: timedelta = timedelta(minutes=15)


def add_content(
    tx: sqlite3.Connection,
    content_type: ContentType,
    data: bytes,
    digest: str,
    message_id: str | None = None,
    wider: int = 0,
) -> int:
    """Keep exact content bytes; their `content_id`. `message_id` and `wider` are given for messages only."""
    cursor = tx.execute(
        "INSERT INTO content (content_type, digest, message_id, bytes, wider) VALUES (?, ?, ?, ?, ?)",
        (content_type.value, digest, message_id, data, wider),
    )
    return cast(int, cursor.lastrowid)


def enqueue(
    tx: sqlite3.Connection,
    content_id: int,
    recipients: Iterable[str],
    *,
    mode: Mode,
    lane: Lane,
    precedence_rank: int = 0,
    awaits_receipt: bool = True,
    publication_seq: int | None = None,
    acknowledgers: Collection[str] = (),
) -> None:
    """Queue one delivery of a content per recipient. `awaits_receipt` is False for receipts.v1 only.

    `acknowledgers`: recipients who were asked to acknowledge it.
    """
    # One statement for all: each gives the interpreter away once, and may wait to get it back.
    tx.execute(
        "INSERT INTO delivery (publication_seq, content_id, recipient, mode, lane, precedence_rank, state,"  # noqa: S608
        " awaits_receipt, owes_acknowledgement)"
        f" SELECT ?, ?, value, ?, ?, ?, 'queued', ?, {_OWES if acknowledgers else 0} FROM json_each(?)"
        " ORDER BY key",
        (
            publication_seq,
            content_id,
            mode.value,
            lane.value,
            precedence_rank,
            int(awaits_receipt),
            *((strings_text(sorted(acknowledgers)),) if acknowledgers else ()),
            strings_text(recipients),
        ),
    )


_OWES = "value IN (SELECT value FROM json_each(?))"


def assign_serials(tx: sqlite3.Connection, deliveries: Sequence[Waiting]) -> Mapping[int, LanePosition]:
    """The lane position of each delivery, by `delivery_seq`: kept where it has one, else the lane's next.

    New serials follow the given order and are contiguous in each lane. Only the lanes' counters are written;
    `mark_sealed` must record the positions in the same transaction.
    """
    positions: dict[int, LanePosition] = {}
    lanes: dict[tuple[str, Mode, Lane], tuple[int, int]] = {}
    for delivery in deliveries:
        if delivery.serial is not None and delivery.lane_epoch is not None:
            positions[delivery.delivery_seq] = LanePosition(delivery.lane_epoch, delivery.serial)
            continue
        key = (delivery.recipient, delivery.mode, delivery.lane)
        epoch, serial = lanes.get(key) or lane_position(tx, *key)
        positions[delivery.delivery_seq] = LanePosition(epoch, serial)
        lanes[key] = (epoch, serial + 1)
    tx.executemany(
        "INSERT INTO lane_out (recipient, mode, lane, epoch, next_serial) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET epoch = excluded.epoch, next_serial = excluded.next_serial",
        [(key[0], key[1].value, key[2].value, *position) for key, position in lanes.items()],
    )
    return positions


def lane_position(tx: sqlite3.Connection, recipient: str, mode: Mode, lane: Lane) -> tuple[int, int]:
    """The epoch and the next serial of an outgoing lane; the store's epoch and 1 for one not yet used."""
    row = tx.execute(
        "SELECT epoch, next_serial FROM lane_out WHERE recipient = ? AND mode = ? AND lane = ?",
        (recipient, mode.value, lane.value),
    ).fetchone()
    return (int(row[0]), int(row[1])) if row is not None else (store_epoch(tx), 1)


def mark_sealed(tx: sqlite3.Connection, sealed: Iterable[SealedDelivery]) -> None:
    """Record which bundle carries each delivery, where in its lane, on what basis, signed by which key; one
    more attempt each.

    One statement for what shares bundle, epoch and basis: the interpreter is free for others meanwhile.
    """
    alike: dict[tuple[int, int, int], list[SealedDelivery]] = {}
    for row in sealed:
        alike.setdefault((row.bundle_seq, row.position.epoch, id(row.basis)), []).append(row)
    for (bundle_seq, epoch, _), rows in alike.items():
        serials = ",".join([f'"{row.delivery_seq}":{row.position.serial}' for row in rows])
        tx.execute(
            "UPDATE delivery SET state = 'sealed', bundle_seq = ?, lane_epoch = ?, serial = json_each.value,"
            " basis = ?, sign_kid = ?, attempts = attempts + 1, resend_at = NULL FROM json_each(?)"
            " WHERE delivery_seq = CAST(json_each.key AS INTEGER) AND state = 'queued'",
            (bundle_seq, epoch, basis_text(rows[0].basis), rows[0].sign_kid, "{" + serials + "}"),
        )


def mark_sent(tx: sqlite3.Connection, bundle_seqs: Iterable[int], now: datetime, policy: ResendPolicy) -> int:
    """The broker confirmed these bundles: their deliveries are sent and wait for a receipt; how many.

    Receipts, which await none, are done. One settled meanwhile stays as it is.
    """
    at = micros(now)
    return tx.execute(
        "UPDATE delivery SET state = iif(awaits_receipt, 'sent', 'done'), sent_at = :now,"
        " resend_at = iif(awaits_receipt, :now + min(:first << min(attempts - 1, 20), :ceiling), NULL),"
        " settled_at = iif(awaits_receipt, NULL, :now)"
        " WHERE state = 'sealed' AND bundle_seq IN (SELECT value FROM json_each(:bundles))",
        {
            "now": at,
            "first": duration_micros(policy.first),
            "ceiling": duration_micros(policy.ceiling),
            "bundles": integers_text(bundle_seqs),
        },
    ).rowcount


def wait_until(tx: sqlite3.Connection, delivery_seqs: Iterable[int], until: datetime | None) -> None:
    """The relay takes these, as far as they are queued, no earlier than ``until``; None: at once."""
    tx.execute(
        "UPDATE delivery SET resend_at = ?"
        " WHERE state = 'queued' AND delivery_seq IN (SELECT value FROM json_each(?))",
        (None if until is None else micros(until), integers_text(delivery_seqs)),
    )


def set_aside(tx: sqlite3.Connection, bundle_seq: int, now: datetime, policy: ResendPolicy) -> int:
    """The broker refused this bundle: its deliveries are queued again, each with its serial, and wait until
    they are taken anew (`waiting.take_waiting`), longer with each attempt; how many.
    """
    return tx.execute(
        "UPDATE delivery SET state = 'queued', bundle_seq = NULL,"
        " resend_at = :now + min(:first << min(attempts - 1, 20), :ceiling)"
        " WHERE state = 'sealed' AND bundle_seq = :bundle",
        {
            "now": micros(now),
            "first": duration_micros(policy.first),
            "ceiling": duration_micros(policy.ceiling),
            "bundle": bundle_seq,
        },
    ).rowcount
