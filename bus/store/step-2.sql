-- From format 2 to 3.
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
