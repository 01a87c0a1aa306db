"""The format of the file: created from schema.sql, brought forward step by step, refused when newer.

A file names its nation and realm: opening another nation's store, or one of another realm, is refused.
"""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib.resources import files

from bus.store.epochs import next_epoch, utc_now
from bus.store.errors import StoreRefused
from bus.store.traffic_filling import fill as fill_traffic

FORMAT = 4
"""The format this version writes. A change of schema.sql raises it and adds a step to `STEPS`."""

STEPS: dict[int, str] = {
    1: """
        ALTER TABLE publication ADD COLUMN decisions TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE publication ADD COLUMN decision_basis TEXT NOT NULL DEFAULT '{}';
        ALTER TABLE publication ADD COLUMN trust_version INTEGER NOT NULL DEFAULT 0;
        UPDATE publication SET (decisions, decision_basis, trust_version) = (
            SELECT
                json_group_array(json_object('nation', nation, 'addressed', addressed,
                    'permit', json(iif(permit, 'true', 'false')), 'code', code, 'explanation', explanation)),
                json_group_object(nation, json(basis)) FILTER (WHERE permit),
                ifnull(max(trust_version), 0)
            FROM (
                SELECT * FROM decision d WHERE d.publication_seq = publication.publication_seq ORDER BY nation
            )
        );
        DROP TABLE decision;
        ALTER TABLE publication ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE content ADD COLUMN wider INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE other_version (
            publication_seq INTEGER NOT NULL REFERENCES publication, version INTEGER NOT NULL,
            message_id TEXT NOT NULL UNIQUE, content_id INTEGER NOT NULL REFERENCES content,
            digest TEXT NOT NULL, release_set TEXT NOT NULL,
            PRIMARY KEY (publication_seq, version)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE lane_in ADD COLUMN filed INTEGER NOT NULL DEFAULT 0;
        UPDATE lane_in SET filed = ifnull((
            SELECT max(serial) FROM received r
            WHERE (r.originator, r.mode, r.lane, r.epoch)
                = (lane_in.originator, lane_in.mode, lane_in.lane, lane_in.epoch) AND r.outcome = 'admitted'
        ), 0);
        CREATE TABLE refusal_window (
            originator TEXT NOT NULL, reason TEXT NOT NULL,
            opened_at INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (originator, reason)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE operator (
            name TEXT PRIMARY KEY, display_name TEXT NOT NULL, roles TEXT NOT NULL,
            enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
            password_hash TEXT, password_set_at INTEGER,
            one_time INTEGER NOT NULL, password_until INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE operator_session (
            session_id TEXT PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator, means TEXT NOT NULL,
            started_at INTEGER NOT NULL, used_at INTEGER NOT NULL, ends_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX operator_session_operator ON operator_session (operator, started_at);
        CREATE TABLE operator_token (
            token_hash TEXT PRIMARY KEY,
            session_id TEXT NOT NULL REFERENCES operator_session ON DELETE CASCADE,
            use TEXT NOT NULL, fresh_at INTEGER NOT NULL, until INTEGER NOT NULL, spent INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX operator_token_session ON operator_token (session_id);
        CREATE TABLE minimize (
            one INTEGER PRIMARY KEY CHECK (one = 1), lowest TEXT NOT NULL, exercise_too INTEGER NOT NULL,
            until INTEGER NOT NULL, set_by TEXT NOT NULL, set_at INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE backfill (
            backfill_seq INTEGER PRIMARY KEY AUTOINCREMENT, backfill_id TEXT NOT NULL UNIQUE,
            listing BLOB NOT NULL, digest TEXT NOT NULL,
            proposed_by TEXT NOT NULL, proposed_at INTEGER NOT NULL,
            confirmed_by TEXT, confirmed_at INTEGER, published TEXT
        ) STRICT;
        CREATE TABLE backfilled (
            nation TEXT NOT NULL, message_id TEXT NOT NULL, publication_id TEXT NOT NULL,
            PRIMARY KEY (nation, message_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE pending_release (
            publication_seq INTEGER PRIMARY KEY REFERENCES publication,
            why TEXT NOT NULL, until INTEGER NOT NULL,
            outcome TEXT, decided_by TEXT, decided_at INTEGER, note TEXT
        ) STRICT;
        CREATE INDEX pending_release_until ON pending_release (until) WHERE outcome IS NULL;
    """,
    2: """
        CREATE TABLE event (
            event_seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, at INTEGER NOT NULL,
            nation TEXT, kind TEXT, mode TEXT, message_id TEXT, publication_id TEXT, inbox_seq INTEGER,
            state TEXT, reason TEXT
        ) STRICT;
        CREATE TABLE head_out (
            recipient TEXT NOT NULL, mode TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            urgent INTEGER NOT NULL, normal INTEGER NOT NULL, control INTEGER NOT NULL,
            made_at INTEGER NOT NULL, delivery_seq INTEGER NOT NULL,
            PRIMARY KEY (recipient, mode)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE sent_again (
            delivery_seq INTEGER PRIMARY KEY REFERENCES delivery, recipient TEXT NOT NULL, at INTEGER,
            times INTEGER NOT NULL DEFAULT 1
        ) STRICT;
        CREATE INDEX sent_again_waiting ON sent_again (delivery_seq) WHERE at IS NULL;
        CREATE INDEX sent_again_recipient ON sent_again (recipient, at);
        ALTER TABLE lane_in ADD COLUMN signed_at INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE lane_in ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX lane_in_tail ON lane_in (originator) WHERE announced > highest;
        CREATE TABLE head_in (
            originator TEXT NOT NULL, mode TEXT NOT NULL,
            at INTEGER NOT NULL, next_within INTEGER NOT NULL, heard_at INTEGER, stated_at INTEGER,
            PRIMARY KEY (originator, mode)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE lane_partner (
            nation TEXT PRIMARY KEY, epoch INTEGER NOT NULL DEFAULT 0, papers_at INTEGER, begun_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE lane_alarm (
            originator TEXT NOT NULL, mode TEXT NOT NULL, lane TEXT NOT NULL, alarm TEXT NOT NULL,
            since INTEGER NOT NULL, last_at INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (originator, mode, lane, alarm)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE webhook (
            webhook_id TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES api_key, url TEXT NOT NULL,
            types TEXT, kinds TEXT, modes TEXT,
            secret BLOB NOT NULL, former_secret BLOB, former_until INTEGER,
            created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
            position INTEGER NOT NULL,
            turn INTEGER NOT NULL,
            failures INTEGER NOT NULL, tries INTEGER NOT NULL, failing_since INTEGER, next_try_at INTEGER,
            delivered_at INTEGER, fault TEXT, forgotten INTEGER NOT NULL,
            disabled TEXT, disabled_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE webhook_dead_letter (
            webhook_id TEXT NOT NULL REFERENCES webhook ON DELETE CASCADE, event_seq INTEGER NOT NULL,
            died_at INTEGER NOT NULL, tries INTEGER NOT NULL, fault TEXT NOT NULL, again INTEGER NOT NULL,
            PRIMARY KEY (webhook_id, event_seq)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX webhook_dead_letter_again ON webhook_dead_letter (webhook_id, event_seq) WHERE again = 1;
        CREATE INDEX webhook_dead_letter_event ON webhook_dead_letter (event_seq);
        ALTER TABLE delivery ADD COLUMN owes_acknowledgement INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE delivery ADD COLUMN overdue INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE delivery ADD COLUMN delivered_at INTEGER;
        ALTER TABLE delivery ADD COLUMN delivered_noted_at INTEGER;
        ALTER TABLE delivery ADD COLUMN read_at INTEGER;
        ALTER TABLE delivery ADD COLUMN read_noted_at INTEGER;
        ALTER TABLE delivery ADD COLUMN acknowledged_at INTEGER;
        ALTER TABLE delivery ADD COLUMN acknowledged_noted_at INTEGER;
        ALTER TABLE delivery ADD COLUMN actioned_at INTEGER;
        ALTER TABLE delivery ADD COLUMN actioned_noted_at INTEGER;
        CREATE INDEX delivery_late ON delivery (delivery_seq, recipient, overdue) WHERE overdue > 0;
        ALTER TABLE publication ADD COLUMN released_at INTEGER;
        ALTER TABLE publication ADD COLUMN deliver_by INTEGER;
        ALTER TABLE publication ADD COLUMN acknowledge_by INTEGER;
        ALTER TABLE publication ADD COLUMN watch_at INTEGER;
        CREATE INDEX publication_watch ON publication (watch_at) WHERE watch_at IS NOT NULL;
        ALTER TABLE receipt_due ADD COLUMN lasting INTEGER NOT NULL DEFAULT 0;
        DROP INDEX receipt_due_partner;
        CREATE INDEX receipt_due_partner ON receipt_due (partner, mode, lasting, receipt_seq);
        ALTER TABLE inbox ADD COLUMN read_at INTEGER;
        ALTER TABLE inbox ADD COLUMN read_by TEXT;
        CREATE TABLE partner_contact (
            nation TEXT PRIMARY KEY, heard_at INTEGER, silent_since INTEGER, silent_after INTEGER
        ) STRICT, WITHOUT ROWID;
        INSERT INTO meta (key, value) VALUES ('requests_to_follow', '1');
        CREATE TABLE request (
            request_seq INTEGER PRIMARY KEY AUTOINCREMENT,
            originator TEXT NOT NULL, message_id TEXT NOT NULL,
            publication_seq INTEGER REFERENCES publication,
            mode TEXT NOT NULL, exercise_id TEXT, display_only INTEGER NOT NULL,
            issued_at INTEGER NOT NULL, ltiov INTEGER NOT NULL, answer_by INTEGER,
            assignee TEXT, due_at INTEGER,
            UNIQUE (message_id, originator)
        ) STRICT;
        CREATE INDEX request_publication ON request (publication_seq) WHERE publication_seq IS NOT NULL;
        CREATE TABLE request_party (
            request_seq INTEGER NOT NULL REFERENCES request, nation TEXT NOT NULL,
            message_id TEXT NOT NULL, digest TEXT NOT NULL, addressed TEXT NOT NULL, ltiov INTEGER NOT NULL,
            state TEXT, outcome TEXT, changed_at INTEGER,
            PRIMARY KEY (request_seq, nation)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX request_party_message ON request_party (message_id, nation);
        CREATE INDEX request_party_expiring ON request_party (ltiov)
            WHERE state IN ('SUBMITTED', 'ACKNOWLEDGED', 'ACCEPTED', 'PARTIALLY_ANSWERED');
        CREATE TABLE request_act (
            message_id TEXT NOT NULL, originator TEXT NOT NULL, nation TEXT NOT NULL,
            act TEXT NOT NULL, act_id TEXT NOT NULL, digest TEXT NOT NULL, mode TEXT NOT NULL,
            at INTEGER NOT NULL, outcome TEXT, detail TEXT,
            publication_seq INTEGER REFERENCES publication, sent_to TEXT,
            recorded_at INTEGER NOT NULL,
            PRIMARY KEY (message_id, originator, nation, act, act_id, digest, mode)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX request_act_publication ON request_act (publication_seq)
            WHERE publication_seq IS NOT NULL;
        CREATE INDEX request_act_close ON request_act (originator) WHERE act_id = 'close';
        CREATE TABLE request_note (
            note_seq INTEGER PRIMARY KEY AUTOINCREMENT, request_seq INTEGER NOT NULL REFERENCES request,
            author TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL
        ) STRICT;
        CREATE INDEX request_note_request ON request_note (request_seq);
        ALTER TABLE inbox ADD COLUMN recalled_at INTEGER;
        ALTER TABLE inbox ADD COLUMN recall_reason TEXT;
        CREATE TABLE recall (
            publication_seq INTEGER PRIMARY KEY REFERENCES publication,
            because_of INTEGER NOT NULL REFERENCES publication,
            at INTEGER NOT NULL, reason TEXT NOT NULL, recalled_by TEXT NOT NULL
        ) STRICT;
        CREATE INDEX recall_because ON recall (because_of);
        CREATE TABLE recall_asked (
            message_id TEXT NOT NULL, nation TEXT NOT NULL,
            publication_seq INTEGER NOT NULL REFERENCES publication,
            digest TEXT NOT NULL, mode TEXT NOT NULL,
            asked_at INTEGER NOT NULL, asked_count INTEGER NOT NULL,
            delivery_seq INTEGER NOT NULL,
            confirm_by INTEGER NOT NULL, look_at INTEGER, overdue INTEGER NOT NULL DEFAULT 0,
            outcome TEXT, already_read INTEGER, confirmed_at INTEGER, noted_at INTEGER,
            PRIMARY KEY (message_id, nation)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX recall_asked_publication ON recall_asked (publication_seq);
        CREATE INDEX recall_asked_look ON recall_asked (look_at) WHERE look_at IS NOT NULL;
        CREATE TABLE recall_received (
            originator TEXT NOT NULL, message_id TEXT NOT NULL, digest TEXT NOT NULL, mode TEXT NOT NULL,
            recalled_at INTEGER NOT NULL, reason TEXT NOT NULL, received_at INTEGER NOT NULL,
            outcome TEXT NOT NULL, already_read INTEGER, answered_at INTEGER NOT NULL,
            PRIMARY KEY (originator, message_id, digest, mode)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE publication ADD COLUMN chain INTEGER;
        ALTER TABLE publication ADD COLUMN copy_of INTEGER;
        ALTER TABLE publication ADD COLUMN status TEXT NOT NULL DEFAULT 'CURRENT';
        ALTER TABLE publication ADD COLUMN cancelled_at INTEGER;
        ALTER TABLE publication ADD COLUMN cancelled_by TEXT;
        ALTER TABLE publication ADD COLUMN cancel_reason TEXT;
        CREATE INDEX publication_chain ON publication (chain, publication_seq) WHERE chain IS NOT NULL;
        ALTER TABLE other_version RENAME TO other_version_before;
        CREATE TABLE other_version (
            publication_seq INTEGER NOT NULL REFERENCES publication, version INTEGER NOT NULL,
            message_id TEXT NOT NULL UNIQUE, content_id INTEGER NOT NULL REFERENCES content,
            digest TEXT NOT NULL, release_set TEXT NOT NULL,
            PRIMARY KEY (publication_seq, message_id)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO other_version SELECT publication_seq, version, message_id, content_id, digest, release_set
            FROM other_version_before;
        DROP TABLE other_version_before;
        CREATE TABLE succession (
            publication_seq INTEGER NOT NULL REFERENCES publication,
            predecessor INTEGER NOT NULL,
            relation TEXT NOT NULL, in_force INTEGER NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (publication_seq, predecessor)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX succession_of ON succession (predecessor) WHERE in_force;
        ALTER TABLE delivery ADD COLUMN cancelled_at INTEGER;
        ALTER TABLE delivery ADD COLUMN cancelled_in INTEGER;
        ALTER TABLE inbox ADD COLUMN status TEXT NOT NULL DEFAULT 'CURRENT';
        ALTER TABLE inbox ADD COLUMN chain INTEGER;
        ALTER TABLE inbox ADD COLUMN changed_by INTEGER;
        ALTER TABLE inbox ADD COLUMN cancelled_at INTEGER;
        CREATE INDEX inbox_chain ON inbox (chain, issued_at, message_id) WHERE chain IS NOT NULL;
        CREATE INDEX inbox_chain_end ON inbox (chain, issued_at, message_id)
            WHERE chain IS NOT NULL AND changed_by IS NULL;
        CREATE INDEX inbox_chain_current ON inbox (chain) WHERE chain IS NOT NULL AND status = 'CURRENT';
        CREATE TABLE inbox_change (
            originator TEXT NOT NULL, message_id TEXT NOT NULL, digest TEXT NOT NULL, relation TEXT NOT NULL,
            changed_by INTEGER NOT NULL,
            PRIMARY KEY (originator, message_id, changed_by, digest, relation)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX inbox_change_by ON inbox_change (changed_by);
        CREATE TABLE inbox_chain_size (chain INTEGER PRIMARY KEY, size INTEGER NOT NULL) STRICT;
        CREATE TABLE cancellation (
            originator TEXT NOT NULL, message_id TEXT NOT NULL, digest TEXT NOT NULL, mode TEXT NOT NULL,
            at INTEGER NOT NULL, PRIMARY KEY (originator, message_id, digest, mode)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX delivery_recipient ON delivery (recipient) WHERE publication_seq > 0;
        CREATE INDEX delivery_serial_reused ON delivery (recipient)
            WHERE state = 'refused' AND reason = 'SERIAL_REUSED';
        CREATE TABLE overdue_count (
            recipient TEXT NOT NULL, overdue INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (recipient, overdue)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER overdue_changes AFTER UPDATE OF overdue ON delivery
        WHEN old.overdue <> new.overdue BEGIN
            UPDATE overdue_count SET count = count - 1
                WHERE recipient = old.recipient AND overdue = old.overdue AND old.overdue > 0;
            INSERT INTO overdue_count SELECT new.recipient, new.overdue, 1 WHERE new.overdue > 0
                ON CONFLICT DO UPDATE SET count = count + 1;
        END;
        CREATE TABLE held_usage (
            originator TEXT PRIMARY KEY, count INTEGER NOT NULL, octets INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO held_usage SELECT originator, count(*), sum(size) FROM held GROUP BY originator;
        DROP INDEX held_originator;
        CREATE TRIGGER held_comes AFTER INSERT ON held BEGIN
            INSERT INTO held_usage VALUES (new.originator, 1, new.size)
                ON CONFLICT DO UPDATE SET count = count + 1, octets = octets + excluded.octets;
        END;
        CREATE TRIGGER held_goes AFTER DELETE ON held BEGIN
            UPDATE held_usage SET count = count - 1, octets = octets - old.size
                WHERE originator = old.originator;
            DELETE FROM held_usage WHERE originator = old.originator AND count = 0;
        END;
        CREATE INDEX lane_gap_asked ON lane_gap (asked_count) WHERE asked_count > 0;
        CREATE INDEX request_party_state ON request_party (state, request_seq) WHERE state > '';
    """,
    3: """
        CREATE TABLE operator_link (
            link_hash TEXT PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator ON DELETE CASCADE,
            until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX operator_link_operator ON operator_link (operator);
        CREATE TABLE saved_view (
            operator TEXT NOT NULL REFERENCES operator ON DELETE CASCADE, name TEXT NOT NULL,
            query TEXT NOT NULL, saved_at INTEGER NOT NULL,
            PRIMARY KEY (operator, name)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE event ADD COLUMN count INTEGER;
        CREATE INDEX inbox_expiry ON inbox (kind, expires_at);
        CREATE INDEX delivery_control_queued ON delivery (recipient)
            WHERE state = 'queued' AND lane = 'control';
        CREATE INDEX delivery_control_sent ON delivery (recipient) WHERE state = 'sent' AND lane = 'control';
        CREATE INDEX publication_flash ON publication (publication_seq) WHERE precedence = 'FLASH';
        CREATE TABLE traffic (
            seq INTEGER PRIMARY KEY,
            ref INTEGER NOT NULL,
            at INTEGER NOT NULL, expires_at INTEGER,
            originator TEXT NOT NULL, author TEXT,
            kind TEXT NOT NULL, rank INTEGER NOT NULL, mode TEXT NOT NULL, exercise_id TEXT,
            label TEXT NOT NULL,
            addressed TEXT NOT NULL, released TEXT NOT NULL,
            key_mark INTEGER,
            status TEXT NOT NULL, unread INTEGER NOT NULL,
            owing INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX traffic_ref ON traffic (ref);
        CREATE INDEX traffic_owing ON traffic (rank, seq) WHERE owing = 1;
        CREATE TABLE traffic_block (
            block INTEGER NOT NULL, mode TEXT NOT NULL, rank INTEGER NOT NULL,
            number INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
            PRIMARY KEY (block, mode, rank)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER traffic_is_counted AFTER INSERT ON traffic BEGIN
            INSERT INTO traffic_block VALUES (new.seq >> 10, new.mode, new.rank, 1, new.at, new.at)
                ON CONFLICT (block, mode, rank) DO UPDATE SET number = number + 1,
                    first_at = min(first_at, excluded.first_at), last_at = max(last_at, excluded.last_at);
        END;
        CREATE TRIGGER traffic_follows_inbox
        AFTER UPDATE OF status, acknowledged_at, read_at, recalled_at ON inbox BEGIN
            UPDATE traffic SET status = iif(new.recalled_at IS NULL, new.status, 'RECALLED'),
                unread = new.read_at IS NULL,
                owing = owing AND new.acknowledged_at IS NULL AND new.recalled_at IS NULL
                WHERE ref = new.inbox_seq;
        END;
        CREATE TRIGGER traffic_follows_publication AFTER UPDATE OF status ON publication BEGIN
            UPDATE traffic SET status = new.status WHERE ref = -new.publication_seq;
        END;
        CREATE INDEX delivery_owing ON delivery (publication_seq, recipient)
            WHERE owes_acknowledgement = 1 AND acknowledged_at IS NULL;

        CREATE VIRTUAL TABLE traffic_words USING fts5 (
            subject, body, refs, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
        );
        CREATE TABLE traffic_words_state (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            through INTEGER NOT NULL, version INTEGER NOT NULL, erase INTEGER NOT NULL
        ) STRICT;
        INSERT INTO traffic_words_state VALUES (1, 0, 1, 0);
        CREATE TABLE operator_identity (
            operator TEXT PRIMARY KEY REFERENCES operator ON DELETE CASCADE,
            issuer TEXT NOT NULL, claim TEXT NOT NULL, value TEXT NOT NULL, linked_at INTEGER NOT NULL,
            UNIQUE (issuer, claim, value)
        ) STRICT, WITHOUT ROWID;
    """,
}
"""Statements that bring a file of format n to n + 1, by n."""

FILLS: dict[int, Callable[[sqlite3.Connection], None]] = {3: fill_traffic}
"""What statements alone cannot carry over, by n: run after the step's."""


def statements(script: str) -> Iterator[str]:
    """The single statements of a script (a trigger's body stays in one piece)."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending


def bring_forward(
    connection: sqlite3.Connection, nation: str, realm: str, now: Callable[[], datetime] = utc_now
) -> None:
    """Create the tables in an empty file, or check whose it is and bring it to this version's format.

    One transaction. `now` gives a new store its first lane epoch. Raises StoreRefused.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            _create(connection, nation, realm, next_epoch(now()))
        else:
            _check_and_step(connection, nation, realm)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _create(connection: sqlite3.Connection, nation: str, realm: str, lane_epoch: int) -> None:
    schema = files("bus.store").joinpath("schema.sql").read_text(encoding="utf-8")
    for statement in statements(schema):
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?)",
        [
            ("nation", nation),
            ("realm", realm),
            ("format", str(FORMAT)),
            ("lane_epoch", str(lane_epoch)),
        ],
    )


def _check_and_step(connection: sqlite3.Connection, nation: str, realm: str) -> None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is None:
        raise StoreRefused("the file is a database, but not a gateway's store")
    meta = dict(connection.execute("SELECT key, value FROM meta"))
    if meta.get("nation") != nation:
        raise StoreRefused(f"the store belongs to nation {meta.get('nation')}, not to {nation}")
    if meta.get("realm") != realm:
        raise StoreRefused(f"the store belongs to realm {meta.get('realm')}, not to {realm}")
    found = int(meta["format"])
    if found > FORMAT:
        raise StoreRefused(f"the store has format {found}; this version knows formats up to {FORMAT}")
    for number in range(found, FORMAT):
        for statement in statements(STEPS[number]):
            connection.execute(statement)
        if number in FILLS:
            FILLS[number](connection)
    connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))
