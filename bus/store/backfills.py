"""Backfills: what was proposed and confirmed, which message went to whom by it, and what there is to send."""

import json
import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.store.columns import instant, instant_or_none, micros, strings, strings_text
from schemas.header import Kind, Mode


@dataclass(frozen=True, slots=True)
class StoredBackfill:
    """A proposal and what became of it. ``listing``: exact bytes of the list whose digest is confirmed.

    ``published``: ids of the messages sent anew -> the publications that they went out as.
    """

    backfill_id: str
    listing: bytes
    digest: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None = None
    confirmed_at: datetime | None = None
    published: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class BackfillHead:
    """A backfill without its list, which is long; `sends`: how many messages that sends, or sent."""

    backfill_id: str
    digest: str
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    community: str
    nation: str
    mode: Mode
    kinds: tuple[Kind, ...]
    sends: int


@dataclass(frozen=True, slots=True)
class OwnVersion:
    """One message of ours; versions of one publication (tear lines) share its id and seq."""

    publication_seq: int
    publication_id: str
    version: int
    message_id: str
    digest: str
    content: bytes


def insert(tx: sqlite3.Connection, new: StoredBackfill, keep: int) -> None:
    """Keep a proposal; of those never confirmed only the ``keep`` newest."""
    tx.execute(
        "INSERT INTO backfill (backfill_id, listing, digest, proposed_by, proposed_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (new.backfill_id, new.listing, new.digest, new.proposed_by, micros(new.proposed_at)),
    )
    tx.execute(
        "DELETE FROM backfill WHERE confirmed_at IS NULL AND backfill_seq NOT IN"
        " (SELECT backfill_seq FROM backfill WHERE confirmed_at IS NULL ORDER BY backfill_seq DESC LIMIT ?)",
        (keep,),
    )


def get(tx: sqlite3.Connection, backfill_id: str) -> StoredBackfill | None:
    """One backfill, or None."""
    row = tx.execute(f"SELECT {_COLUMNS} FROM backfill WHERE backfill_id = ?", (backfill_id,)).fetchone()  # noqa: S608
    return None if row is None else _read(row)


def list_newest(tx: sqlite3.Connection, limit: int) -> tuple[BackfillHead, ...]:
    """The newest backfills, newest first."""
    rows = tx.execute(
        "SELECT backfill_id, digest, proposed_by, proposed_at, confirmed_by, confirmed_at,"
        " said ->> '$.community', said ->> '$.nation', said ->> '$.mode', said -> '$.kinds',"
        " (SELECT count(*) FROM json_each(said, '$.items') WHERE value ->> '$.sends')"
        " FROM (SELECT *, CAST(listing AS TEXT) AS said FROM backfill ORDER BY backfill_seq DESC LIMIT ?)",
        (limit,),
    )
    return tuple(map(_head, rows))


def _head(row: Any) -> BackfillHead:
    return BackfillHead(
        backfill_id=row[0],
        digest=row[1],
        proposed_by=row[2],
        proposed_at=instant(row[3]),
        confirmed_by=row[4],
        confirmed_at=instant_or_none(row[5]),
        community=row[6],
        nation=row[7],
        mode=Mode(row[8]),
        kinds=tuple(map(Kind, strings(row[9]))),
        sends=row[10],
    )


def confirm(
    tx: sqlite3.Connection, backfill_id: str, nation: str, by: str, at: datetime, published: Mapping[str, str]
) -> None:
    """Note that a backfill was sent, and what each of its messages went out as."""
    tx.execute(
        "UPDATE backfill SET confirmed_by = ?, confirmed_at = ?, published = ? WHERE backfill_id = ?",
        (by, micros(at), json.dumps(dict(published)), backfill_id),
    )
    tx.executemany(
        "INSERT INTO backfilled (nation, message_id, publication_id) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET publication_id = excluded.publication_id",
        [(nation, message_id, publication_id) for message_id, publication_id in published.items()],
    )


def sent_before(tx: sqlite3.Connection, nation: str) -> frozenset[str]:
    """Ids of the messages that earlier backfills sent to a nation, but for those withheld in the end."""
    rows = tx.execute(
        "SELECT b.message_id FROM backfilled b JOIN publication p USING (publication_id)"
        " JOIN delivery d USING (publication_seq) WHERE b.nation = ? AND d.state <> 'withheld'",
        (nation,),
    )
    return frozenset(row[0] for row in rows)


def released_to(
    tx: sqlite3.Connection,
    community: str,
    nation: str,
    *,
    mode: Mode,
    kinds: Collection[Kind],
    since: datetime,
    until: datetime,
    limit: int,
) -> tuple[OwnVersion, ...]:
    """Messages of ours from ``since`` up to but not at ``until`` that name a community and lack a nation.

    In order of acceptance, at most ``limit``. Whoever asks reads the label: the name is only looked for.
    """
    rows = tx.execute(
        "WITH asked AS (SELECT * FROM publication"
        " WHERE accepted_at >= ? AND accepted_at < ? AND mode = ?"
        " AND kind IN (SELECT value FROM json_each(?))),"
        " each_version AS ("
        " SELECT publication_seq, publication_id, version, message_id, digest, content_id, release_set"
        " FROM asked UNION ALL"
        " SELECT o.publication_seq, a.publication_id, o.version, o.message_id, o.digest, o.content_id,"
        " o.release_set FROM asked a JOIN other_version o USING (publication_seq))"
        " SELECT publication_seq, publication_id, version, v.message_id, v.digest, c.bytes"
        " FROM each_version v JOIN content c USING (content_id)"
        " WHERE NOT EXISTS (SELECT 1 FROM json_each(v.release_set) WHERE value = ?)"
        " AND instr(c.bytes, CAST(? AS BLOB)) > 0"
        # What nobody was ever sent, for want of a second person say, is not passed on this way.
        " AND EXISTS (SELECT 1 FROM delivery d WHERE d.publication_seq = v.publication_seq"
        " AND d.state NOT IN ('pending_release', 'withheld'))"
        " ORDER BY publication_seq, version, c.wider LIMIT ?",
        (
            micros(since),
            micros(until),
            mode.value,
            strings_text(kind.value for kind in kinds),
            nation,
            json.dumps(community),
            limit,
        ),
    )
    return tuple(OwnVersion(*row) for row in rows.fetchall())


def not_current(tx: sqlite3.Connection, mode: Mode, since: datetime) -> frozenset[str]:
    """Ids of messages of ours that were updated, corrected, superseded, cancelled or recalled."""
    rows = tx.execute(
        "WITH asked AS (SELECT publication_seq, message_id FROM publication"
        " WHERE accepted_at >= ? AND mode = ? AND status <> 'CURRENT')"
        " SELECT message_id FROM asked UNION ALL"
        " SELECT o.message_id FROM asked JOIN other_version o USING (publication_seq)",
        (micros(since), mode.value),
    )
    return frozenset(row[0] for row in rows.fetchall())


def replacing(tx: sqlite3.Connection, mode: Mode, since: datetime, after_seq: int) -> tuple[int, list[bytes]]:
    """The newest publication's number, and messages of ours after ``after_seq`` that may change others.

    Whoever asks reads their references: the words are only looked for.
    """
    newest = tx.execute("SELECT ifnull(max(publication_seq), 0) FROM publication").fetchone()[0]
    rows = tx.execute(
        "WITH asked AS (SELECT * FROM publication"
        " WHERE publication_seq > ? AND accepted_at >= ? AND mode = ?),"
        " contents AS (SELECT content_id FROM asked UNION ALL"
        " SELECT o.content_id FROM asked JOIN other_version o USING (publication_seq))"
        " SELECT c.bytes FROM contents JOIN content c USING (content_id)"
        ' WHERE instr(c.bytes, CAST(\'"relation":"\' AS BLOB)) > 0',
        (after_seq, micros(since), mode.value),
    )
    return newest, [row[0] for row in rows.fetchall()]


_COLUMNS = "backfill_id, listing, digest, proposed_by, proposed_at, confirmed_by, confirmed_at, published"


def _read(row: Any) -> StoredBackfill:
    published = None if row[7] is None else json.loads(row[7])
    return StoredBackfill(
        row[0], row[1], row[2], row[3], instant(row[4]), row[5], instant_or_none(row[6]), published
    )
