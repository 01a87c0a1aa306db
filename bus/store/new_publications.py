"""A publication as it is stored: the message, its decision table, one delivery per recipient."""

import sqlite3
from datetime import datetime
from typing import NamedTuple, cast

from bus.protocol.deadlines import Deadlines
from bus.store import deliveries
from bus.store.columns import micros, micros_or_none, strings_text
from bus.store.deadlines import columns_of
from bus.store.decision_table import DecisionTable
from bus.store.traffic import NO_FACE, Face, TrafficRow, label_text, names_text
from bus.store.traffic import add as add_traffic
from schemas.header import Kind, Mode, Precedence
from schemas.wire import ContentType, lane_of


class NewVersion(NamedTuple):
    """One version of a publication: `content` is the exact message; `recipients` get a delivery each.

    `version`: 0 is the draft itself, its tear lines follow. `wider`: how many versions come after it.
    """

    version: int
    wider: int
    message_id: str
    content: bytes
    digest: str
    release_set: tuple[str, ...]
    recipients: tuple[str, ...]


class NewPublication(NamedTuple):
    """A publication to be stored: the fullest version that anybody gets, and the `others`."""

    publication_id: str
    message_id: str
    content: bytes
    digest: str
    kind: Kind
    mode: Mode
    exercise_id: str | None
    precedence: Precedence
    release_set: tuple[str, ...]
    source_id: str | None
    api_key_id: str
    accepted_at: datetime
    expires_at: datetime | None
    decisions: DecisionTable
    recipients: tuple[str, ...]
    version: int = 0
    wider: int = 0
    others: tuple[NewVersion, ...] = ()
    deadlines: Deadlines | None = None
    """From the release, which is the acceptance unless a second person is wanted (`pending.hold`)."""
    acknowledgers: frozenset[str] = frozenset()
    """The recipients who were asked to acknowledge it."""
    originator: str = ""
    face: Face = NO_FACE
    """What is searched of it in the traffic."""

    @property
    def versions(self) -> tuple[NewVersion, ...]:
        """Every version, in order."""
        fullest = NewVersion(
            self.version,
            self.wider,
            self.message_id,
            self.content,
            self.digest,
            self.release_set,
            self.recipients,
        )
        if not self.others:
            return (fullest,)
        return tuple(sorted((fullest, *self.others), key=lambda each: (each.version, -each.wider)))


def insert(tx: sqlite3.Connection, new: NewPublication) -> int:
    """Store a publication, its message, decisions and queued deliveries; its `publication_seq`.

    Raises sqlite3.IntegrityError (StoreConflict outside the job) when either id stands there already.
    """
    content_id = deliveries.add_content(
        tx, ContentType.MESSAGE, new.content, new.digest, new.message_id, new.wider
    )
    cursor = tx.execute(
        "INSERT INTO publication (publication_id, message_id, content_id, digest, kind, mode, exercise_id,"
        " precedence, release_set, source_id, api_key_id, accepted_at, expires_at, decisions, decision_basis,"
        " trust_version, version, released_at, deliver_by, acknowledge_by, watch_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.publication_id,
            new.message_id,
            content_id,
            new.digest,
            new.kind.value,
            new.mode.value,
            new.exercise_id,
            new.precedence.value,
            strings_text(new.release_set),
            new.source_id,
            new.api_key_id,
            micros(new.accepted_at),
            micros_or_none(new.expires_at),
            new.decisions.rows.decode(),
            new.decisions.basis,
            new.decisions.trust_version,
            new.version,
            *columns_of(new.deadlines),
        ),
    )
    publication_seq = cast(int, cursor.lastrowid)
    queue = [(new.recipients, content_id)]
    if new.others:
        queue = [((nation,), content_id) for nation in new.recipients]
        for version in new.others:
            other_id = _insert_other(tx, publication_seq, version)
            queue += [((nation,), other_id) for nation in version.recipients]
        # By nation, whichever version it gets: the queue is then as it would be without the others.
        queue.sort()
    for recipients, of_content in queue:
        deliveries.enqueue(
            tx,
            of_content,
            recipients,
            mode=new.mode,
            lane=lane_of(new.precedence),
            precedence_rank=new.precedence.rank,
            publication_seq=publication_seq,
            acknowledgers=new.acknowledgers,
        )
    add_traffic(tx, (_traffic_row(publication_seq, new),))
    return publication_seq


def _traffic_row(publication_seq: int, new: NewPublication) -> TrafficRow:
    face, recipients = new.face, [*new.face.addressed, *new.recipients]
    for version in new.others:
        recipients += version.recipients
    return TrafficRow(
        -publication_seq,
        micros(new.accepted_at),
        micros_or_none(new.expires_at),
        new.originator,
        new.api_key_id,
        new.kind.value,
        new.precedence.rank,
        new.mode.value,
        new.exercise_id,
        label_text(face.policy, face.classification),
        names_text(tuple(dict.fromkeys(recipients))),
        names_text(new.release_set),
        None,
        "CURRENT",
        0,
        0,
    )


def _insert_other(tx: sqlite3.Connection, publication_seq: int, version: NewVersion) -> int:
    content_id = deliveries.add_content(
        tx, ContentType.MESSAGE, version.content, version.digest, version.message_id, version.wider
    )
    tx.execute(
        "INSERT INTO other_version (publication_seq, version, message_id, content_id, digest, release_set)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            publication_seq,
            version.version,
            version.message_id,
            content_id,
            version.digest,
            strings_text(version.release_set),
        ),
    )
    return content_id
