-- From format 3 to 4.
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
