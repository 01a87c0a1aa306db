-- From format 1 to 2.
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
