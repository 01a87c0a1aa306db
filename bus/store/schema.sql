-- One gateway's store. STRICT tables; times are integer microseconds since 1970 UTC; digests and ids are text.
-- Everything a gateway promised lives here; the broker may be lost at any time.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;  -- nation, realm, format, lane_epoch (epochs.py)

-- ---------------------------------------------------------------- outgoing
-- Exact bytes that are or were sent; shared by all deliveries of one message.
CREATE TABLE content (
    content_id INTEGER PRIMARY KEY,
    content_type TEXT NOT NULL,
    digest TEXT NOT NULL,
    message_id TEXT,
    bytes BLOB NOT NULL,
    wider INTEGER NOT NULL DEFAULT 0              -- how many wider versions its publication has; they share no tree
) STRICT;

CREATE TABLE publication (
    publication_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    publication_id TEXT NOT NULL UNIQUE,          -- local, never on the wire
    message_id TEXT NOT NULL UNIQUE,
    content_id INTEGER NOT NULL REFERENCES content,
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    mode TEXT NOT NULL,
    exercise_id TEXT,
    precedence TEXT NOT NULL,
    release_set TEXT NOT NULL,                    -- JSON array, as signed: replies are checked against it
    source_id TEXT,                               -- id in another standard (CAP sender,identifier,sent), for look-up
    api_key_id TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    expires_at INTEGER,
    -- The release decision as of acceptance for every nation considered (decision_table.py); JSON.
    decisions TEXT NOT NULL DEFAULT '[]',
    decision_basis TEXT NOT NULL DEFAULT '{}',
    trust_version INTEGER NOT NULL DEFAULT 0,
    -- Which version of the draft message_id, content_id, digest and release_set are: the fullest that anybody gets.
    version INTEGER NOT NULL DEFAULT 0,
    -- Deadlines of its deliveries, from its release on; watch_at: when the next one passes that was not looked at yet.
    released_at INTEGER, deliver_by INTEGER, acknowledge_by INTEGER, watch_at INTEGER,
    -- Its place in a chain of changes (publication_changes.py): all of a chain share `chain`; NULL while it stands alone.
    chain INTEGER,
    copy_of INTEGER,       -- of a backfill: what it is a copy of
    status TEXT NOT NULL DEFAULT 'CURRENT',       -- CURRENT | UPDATED | CORRECTED | SUPERSEDED | CANCELLED | RECALLED
    cancelled_at INTEGER, cancelled_by TEXT, cancel_reason TEXT
) STRICT;
CREATE INDEX publication_watch ON publication (watch_at) WHERE watch_at IS NOT NULL;
CREATE INDEX publication_chain ON publication (chain, publication_seq) WHERE chain IS NOT NULL;
CREATE INDEX publication_source ON publication (source_id) WHERE source_id IS NOT NULL;
CREATE INDEX publication_flash ON publication (publication_seq) WHERE precedence = 'FLASH';

-- Publications of ours that were recalled, for good; because_of: the one that was named, of which this is a copy or an earlier part.
CREATE TABLE recall (
    publication_seq INTEGER PRIMARY KEY REFERENCES publication,
    because_of INTEGER NOT NULL REFERENCES publication,
    at INTEGER NOT NULL, reason TEXT NOT NULL, recalled_by TEXT NOT NULL
) STRICT;
CREATE INDEX recall_because ON recall (because_of);

-- Each nation that a recalled message was possibly sent to: what it is asked, and what it answered (recalls.py).
CREATE TABLE recall_asked (
    message_id TEXT NOT NULL, nation TEXT NOT NULL,
    publication_seq INTEGER NOT NULL REFERENCES publication,
    digest TEXT NOT NULL, mode TEXT NOT NULL,
    asked_at INTEGER NOT NULL, asked_count INTEGER NOT NULL, delivery_seq INTEGER NOT NULL,
    confirm_by INTEGER NOT NULL,
    look_at INTEGER,                              -- when it is overdue, then when to ask again; NULL once answered
    overdue INTEGER NOT NULL DEFAULT 0,
    outcome TEXT, already_read INTEGER,
    confirmed_at INTEGER, noted_at INTEGER,       -- when it says that it answered; when we first recorded that
    PRIMARY KEY (message_id, nation)
) STRICT, WITHOUT ROWID;
CREATE INDEX recall_asked_publication ON recall_asked (publication_seq);
CREATE INDEX recall_asked_look ON recall_asked (look_at) WHERE look_at IS NOT NULL;

-- The other messages of a publication with tear lines, or that changes an earlier one.
CREATE TABLE other_version (
    publication_seq INTEGER NOT NULL REFERENCES publication,
    version INTEGER NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    content_id INTEGER NOT NULL REFERENCES content,
    digest TEXT NOT NULL,
    release_set TEXT NOT NULL,
    PRIMARY KEY (publication_seq, message_id)     -- of one version there is one message per message that it changes
) STRICT, WITHOUT ROWID;

-- Which publication changes which; one that waits for a second person is not in force yet, and may never be.
CREATE TABLE succession (
    publication_seq INTEGER NOT NULL REFERENCES publication,
    predecessor INTEGER NOT NULL,
    relation TEXT NOT NULL,
    in_force INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,            -- it was in force, and its publication is recalled
    PRIMARY KEY (publication_seq, predecessor)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX succession_of ON succession (predecessor) WHERE in_force;

-- What new members of communities missed: the exact list that was shown, and what was sent by it, to whom, once.
CREATE TABLE backfill (
    backfill_seq INTEGER PRIMARY KEY AUTOINCREMENT, backfill_id TEXT NOT NULL UNIQUE,
    listing BLOB NOT NULL, digest TEXT NOT NULL,                -- exact JSON, and what is confirmed
    proposed_by TEXT NOT NULL, proposed_at INTEGER NOT NULL,
    confirmed_by TEXT, confirmed_at INTEGER, published TEXT               -- JSON: message id -> publication id
) STRICT;
CREATE TABLE backfilled (
    nation TEXT NOT NULL, message_id TEXT NOT NULL, publication_id TEXT NOT NULL,   -- what it went out as, last
    PRIMARY KEY (nation, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    api_key_id TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    status INTEGER NOT NULL,
    response BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (api_key_id, key)
) STRICT, WITHOUT ROWID;

-- One (content, recipient). A serial is given when the relay builds the bundle and never again changes.
CREATE TABLE delivery (
    delivery_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    publication_seq INTEGER REFERENCES publication,   -- NULL for receipts and control content
    content_id INTEGER NOT NULL REFERENCES content,
    recipient TEXT NOT NULL,
    mode TEXT NOT NULL,
    lane TEXT NOT NULL,
    precedence_rank INTEGER NOT NULL,             -- 0 FLASH .. 3 ROUTINE; control content 0
    state TEXT NOT NULL,                          -- pending_release | queued | sealed | sent | delivered | read | acknowledged | actioned | refused | withheld | done
    awaits_receipt INTEGER NOT NULL,              -- 0 for receipts.v1
    basis TEXT NOT NULL DEFAULT '[]',
    lane_epoch INTEGER,
    serial INTEGER,
    bundle_seq INTEGER,                           -- last bundle that carried it
    attempts INTEGER NOT NULL DEFAULT 0,
    resend_at INTEGER,                            -- when to send again if no receipt came
    sent_at INTEGER,
    settled_at INTEGER,                           -- delivered / refused / withheld / done
    reason TEXT,
    owes_acknowledgement INTEGER NOT NULL DEFAULT 0,   -- 1: an action addressee who was asked to acknowledge
    overdue INTEGER NOT NULL DEFAULT 0,           -- deadlines passed and not met since (deadlines.py): 1 delivery, 2 acknowledgement
    -- What the recipient signed: when it says that it was, and when we recorded that first.
    delivered_at INTEGER, delivered_noted_at INTEGER,
    read_at INTEGER, read_noted_at INTEGER,
    acknowledged_at INTEGER, acknowledged_noted_at INTEGER,
    actioned_at INTEGER, actioned_noted_at INTEGER,
    -- When the recipient's copy was cancelled, and the delivery (control content) that tells it so.
    cancelled_at INTEGER, cancelled_in INTEGER,
    sign_kid TEXT                                  -- the key of ours that signed it as it was sealed last
) STRICT;
-- The recipient stands in these only so that backlogs are counted without touching the rows.
-- What has a serial goes before all that has none in its lane, and by serial: a lane is sent again in its order.
CREATE INDEX delivery_waiting ON delivery (
    iif(serial IS NULL, precedence_rank, precedence_rank & 2), ifnull(serial, 9007199254740992), delivery_seq, recipient
) WHERE state = 'queued';
CREATE INDEX delivery_sealed ON delivery (bundle_seq, recipient) WHERE state = 'sealed';
CREATE INDEX delivery_overdue ON delivery (resend_at, recipient) WHERE state = 'sent';
-- What a partner's words are answered with is bounded by these: they are counted for many of its bundles.
CREATE INDEX delivery_control_queued ON delivery (recipient) WHERE state = 'queued' AND lane = 'control';
CREATE INDEX delivery_control_sent ON delivery (recipient) WHERE state = 'sent' AND lane = 'control';
CREATE UNIQUE INDEX delivery_serial ON delivery (recipient, mode, lane, lane_epoch, serial) WHERE serial IS NOT NULL;
CREATE INDEX delivery_late ON delivery (delivery_seq, recipient, overdue) WHERE overdue > 0;
CREATE INDEX delivery_publication ON delivery (publication_seq) WHERE publication_seq IS NOT NULL;
-- Its condition is said so only where this index is wanted: no other statement may choose it.
CREATE INDEX delivery_recipient ON delivery (recipient) WHERE publication_seq > 0;
CREATE INDEX delivery_serial_reused ON delivery (recipient) WHERE state = 'refused' AND reason = 'SERIAL_REUSED';

-- How many deliveries stand at each value of `overdue` above 0: a partner that is away leaves very many.
CREATE TABLE overdue_count (
    recipient TEXT NOT NULL, overdue INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (recipient, overdue)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER overdue_changes AFTER UPDATE OF overdue ON delivery WHEN old.overdue <> new.overdue BEGIN
    UPDATE overdue_count SET count = count - 1
        WHERE recipient = old.recipient AND overdue = old.overdue AND old.overdue > 0;
    INSERT INTO overdue_count SELECT new.recipient, new.overdue, 1 WHERE new.overdue > 0
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- Publications that wait, or waited, for a second person; their deliveries are pending_release meanwhile (pending.py).
CREATE TABLE pending_release (
    publication_seq INTEGER PRIMARY KEY REFERENCES publication,
    why TEXT NOT NULL, until INTEGER NOT NULL,
    outcome TEXT,                                 -- NULL while it waits | confirmed | refused | lapsed
    decided_by TEXT, decided_at INTEGER, note TEXT
) STRICT;
CREATE INDEX pending_release_until ON pending_release (until) WHERE outcome IS NULL;

CREATE TABLE lane_out (
    recipient TEXT NOT NULL, mode TEXT NOT NULL, lane TEXT NOT NULL,
    epoch INTEGER NOT NULL, next_serial INTEGER NOT NULL,
    PRIMARY KEY (recipient, mode, lane)
) STRICT, WITHOUT ROWID;

-- The last lane head to each partner and mode: what it said, and the delivery that carries it (heads.py).
CREATE TABLE head_out (
    recipient TEXT NOT NULL, mode TEXT NOT NULL,
    epoch INTEGER NOT NULL, urgent INTEGER NOT NULL, normal INTEGER NOT NULL, control INTEGER NOT NULL,
    made_at INTEGER NOT NULL, delivery_seq INTEGER NOT NULL,
    PRIMARY KEY (recipient, mode)
) STRICT, WITHOUT ROWID;

-- Deliveries with a receipt that their recipient asked for once more; at: when they last left again (resending.py).
CREATE TABLE sent_again (
    delivery_seq INTEGER PRIMARY KEY REFERENCES delivery, recipient TEXT NOT NULL, at INTEGER,
    times INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX sent_again_waiting ON sent_again (delivery_seq) WHERE at IS NULL;
CREATE INDEX sent_again_recipient ON sent_again (recipient, at);

-- Sealed bundles in send order. Bytes are kept until the broker confirmed them, and retried byte for byte.
CREATE TABLE bundle (
    bundle_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    bundle_id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- What the broker is known to hold of ours: base of the expected-sequence protocol.
CREATE TABLE broker_position (
    one INTEGER PRIMARY KEY CHECK (one = 1), last_sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE relay_lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT NOT NULL, term INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT;

-- ---------------------------------------------------------------- incoming
CREATE TABLE lane_in (
    originator TEXT NOT NULL, mode TEXT NOT NULL, lane TEXT NOT NULL, epoch INTEGER NOT NULL,
    highest INTEGER NOT NULL,
    filed INTEGER NOT NULL DEFAULT 0,              -- the highest serial admitted
    signed_at INTEGER NOT NULL DEFAULT 0,          -- when the root was signed that carried the highest that came
    announced INTEGER NOT NULL DEFAULT 0,          -- the highest serial that a lane head named
    PRIMARY KEY (originator, mode, lane, epoch)
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_in_tail ON lane_in (originator) WHERE announced > highest;

-- Serials at or below the highest that have not come.
CREATE TABLE lane_gap (
    originator TEXT NOT NULL, mode TEXT NOT NULL, lane TEXT NOT NULL, epoch INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL, ask_at INTEGER NOT NULL, asked_count INTEGER NOT NULL,
    PRIMARY KEY (originator, mode, lane, epoch, first)
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_gap_ask ON lane_gap (ask_at);
CREATE INDEX lane_gap_asked ON lane_gap (asked_count) WHERE asked_count > 0;

-- The newest head of each partner and mode (heads.py); heard_at: NULL before the first; stated_at: when we last told it what we saw.
CREATE TABLE head_in (
    originator TEXT NOT NULL, mode TEXT NOT NULL,
    at INTEGER NOT NULL, next_within INTEGER NOT NULL, heard_at INTEGER, stated_at INTEGER,
    PRIMARY KEY (originator, mode)
) STRICT, WITHOUT ROWID;
-- Of each partner: the newest epoch it named, when it was last passed all papers, when lanes to it began anew on its word.
CREATE TABLE lane_partner (
    nation TEXT PRIMARY KEY, epoch INTEGER NOT NULL DEFAULT 0, papers_at INTEGER, begun_at INTEGER
) STRICT, WITHOUT ROWID;
-- What is wrong with incoming lanes now; a row goes when it is over (lane_alarms.py).
CREATE TABLE lane_alarm (
    originator TEXT NOT NULL, mode TEXT NOT NULL, lane TEXT NOT NULL, alarm TEXT NOT NULL,
    since INTEGER NOT NULL, last_at INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (originator, mode, lane, alarm)
) STRICT, WITHOUT ROWID;

-- What became of every delivery whose signature verified: filed, refused or held.
CREATE TABLE received (
    originator TEXT NOT NULL, mode TEXT NOT NULL, lane TEXT NOT NULL, epoch INTEGER NOT NULL, serial INTEGER NOT NULL,
    digest TEXT NOT NULL, message_id TEXT, outcome TEXT NOT NULL, reason TEXT,
    PRIMARY KEY (originator, mode, lane, epoch, serial)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox (
    inbox_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    originator TEXT NOT NULL,
    message_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    kind TEXT NOT NULL,
    mode TEXT NOT NULL,
    exercise_id TEXT,
    precedence TEXT NOT NULL,
    lane TEXT NOT NULL, epoch INTEGER NOT NULL, serial INTEGER NOT NULL,
    release_set TEXT NOT NULL,
    handling TEXT NOT NULL,
    trust_version INTEGER NOT NULL,
    basis TEXT NOT NULL,
    sign_kid TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER,
    received_at INTEGER NOT NULL,
    late INTEGER NOT NULL, expired INTEGER NOT NULL,
    acknowledged_at INTEGER,
    read_at INTEGER, read_by TEXT,                 -- when a person first opened it; by whom stays here
    recalled_at INTEGER, recall_reason TEXT,       -- when its originator's recall took the content away
    -- What later messages and cancellations made of it (inbox_changes.py).
    status TEXT NOT NULL DEFAULT 'CURRENT',       -- CURRENT | UPDATED | CORRECTED | SUPERSEDED | CANCELLED | RECALLED
    chain INTEGER,                                -- shared by all that change each other; NULL while it stands alone
    changed_by INTEGER,                           -- inbox_seq of the message that changed it, the last issued
    cancelled_at INTEGER,                         -- as its originator signed it
    content BLOB NOT NULL,
    UNIQUE (message_id, originator)
) STRICT;
CREATE INDEX inbox_kind ON inbox (kind, inbox_seq);
CREATE INDEX inbox_expiry ON inbox (kind, expires_at);
CREATE INDEX inbox_originator ON inbox (originator, kind, inbox_seq, expires_at);
CREATE INDEX inbox_chain ON inbox (chain, issued_at, message_id) WHERE chain IS NOT NULL;
CREATE INDEX inbox_chain_end ON inbox (chain, issued_at, message_id) WHERE chain IS NOT NULL AND changed_by IS NULL;
CREATE INDEX inbox_chain_current ON inbox (chain) WHERE chain IS NOT NULL AND status = 'CURRENT';

-- Which messages of the inbox say that they change which others, here already or not yet.
CREATE TABLE inbox_change (
    originator TEXT NOT NULL, message_id TEXT NOT NULL, digest TEXT NOT NULL, relation TEXT NOT NULL,
    changed_by INTEGER NOT NULL,
    PRIMARY KEY (originator, message_id, changed_by, digest, relation)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_change_by ON inbox_change (changed_by);
CREATE TABLE inbox_chain_size (chain INTEGER PRIMARY KEY, size INTEGER NOT NULL) STRICT;

-- Every cancellation that its originator signed; it may come before the message.
CREATE TABLE cancellation (
    originator TEXT NOT NULL, message_id TEXT NOT NULL, digest TEXT NOT NULL, mode TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (originator, message_id, digest, mode)
) STRICT, WITHOUT ROWID;

-- What partners recalled, whether it had come or not: it is never filed (again), and the answer (withdrawals.py).
CREATE TABLE recall_received (
    originator TEXT NOT NULL, message_id TEXT NOT NULL, digest TEXT NOT NULL, mode TEXT NOT NULL,
    recalled_at INTEGER NOT NULL,                 -- as its originator says
    reason TEXT NOT NULL, received_at INTEGER NOT NULL,
    outcome TEXT NOT NULL, already_read INTEGER, answered_at INTEGER NOT NULL,
    PRIMARY KEY (originator, message_id, digest, mode)
) STRICT, WITHOUT ROWID;

-- Receipts owed; taken in batches by the relay.
CREATE TABLE receipt_due (
    receipt_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    partner TEXT NOT NULL, mode TEXT NOT NULL,
    receipt BLOB NOT NULL,                         -- JSON of schemas.receipt.Receipt
    lasting INTEGER NOT NULL DEFAULT 0             -- 1: read, acknowledged, actioned; sent until it is receipted itself
) STRICT;
CREATE INDEX receipt_due_partner ON receipt_due (partner, mode, lasting, receipt_seq);

CREATE TABLE held (
    held_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    originator TEXT NOT NULL,                      -- as the seal header claims
    mode TEXT NOT NULL, lane TEXT NOT NULL,
    subject TEXT NOT NULL, sealed BLOB NOT NULL, size INTEGER NOT NULL,
    sealed_digest TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL, held_at INTEGER NOT NULL, retried_at INTEGER
) STRICT;
CREATE INDEX held_since ON held (held_at);
CREATE INDEX held_reason ON held (reason);
-- How much is held of each originator: asked for every bundle that is to be held.
CREATE TABLE held_usage (
    originator TEXT PRIMARY KEY, count INTEGER NOT NULL, octets INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER held_comes AFTER INSERT ON held BEGIN
    INSERT INTO held_usage VALUES (new.originator, 1, new.size)
        ON CONFLICT DO UPDATE SET count = count + 1, octets = octets + excluded.octets;
END;
CREATE TRIGGER held_goes AFTER DELETE ON held BEGIN
    UPDATE held_usage SET count = count - 1, octets = octets - old.size WHERE originator = old.originator;
    DELETE FROM held_usage WHERE originator = old.originator AND count = 0;
END;

CREATE TABLE rejected (
    rejected_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    originator TEXT, mode TEXT, lane TEXT,         -- as far as the subject or header could be read
    subject TEXT NOT NULL, serial INTEGER,
    bundle_id TEXT, sealed BLOB, size INTEGER NOT NULL, sealed_digest TEXT NOT NULL,
    reason TEXT NOT NULL, outcome TEXT NOT NULL, at INTEGER NOT NULL
) STRICT;
CREATE INDEX rejected_kept ON rejected (originator, rejected_seq, size) WHERE sealed IS NOT NULL;
CREATE INDEX rejected_originator ON rejected (originator, rejected_seq);
CREATE INDEX rejected_digest ON rejected (sealed_digest);

-- Refusals since the one that the audit log told at once; told as a number when the window closes.
CREATE TABLE refusal_window (
    originator TEXT NOT NULL,                      -- '' for whoever is no nation of the realm
    reason TEXT NOT NULL, opened_at INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (originator, reason)
) STRICT, WITHOUT ROWID;

-- When a partner was last heard of (by the time that it signed), and since when it is silent (contacts.py).
CREATE TABLE partner_contact (
    nation TEXT PRIMARY KEY, heard_at INTEGER, silent_since INTEGER, silent_after INTEGER
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- information requests
-- Requests of ours (publication_seq) and those that partners ask us. assignee, due_at and the notes are this nation's own
-- business: nothing that is sent reads them.
CREATE TABLE request (
    request_seq INTEGER PRIMARY KEY AUTOINCREMENT,
    originator TEXT NOT NULL, message_id TEXT NOT NULL,           -- of ours: the fullest version's
    publication_seq INTEGER REFERENCES publication,
    mode TEXT NOT NULL, exercise_id TEXT, display_only INTEGER NOT NULL,
    issued_at INTEGER NOT NULL, ltiov INTEGER NOT NULL, answer_by INTEGER,
    assignee TEXT, due_at INTEGER,
    UNIQUE (message_id, originator)
) STRICT;
CREATE INDEX request_publication ON request (publication_seq) WHERE publication_seq IS NOT NULL;

-- The nations asked, each by the message that it has; state and outcome are what was last told (requests.py).
CREATE TABLE request_party (
    request_seq INTEGER NOT NULL REFERENCES request, nation TEXT NOT NULL,
    message_id TEXT NOT NULL, digest TEXT NOT NULL, addressed TEXT NOT NULL, ltiov INTEGER NOT NULL,
    state TEXT, outcome TEXT, changed_at INTEGER,
    PRIMARY KEY (request_seq, nation)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_party_message ON request_party (message_id, nation);
-- As with delivery_recipient: no statement about deadlines may choose it.
CREATE INDEX request_party_state ON request_party (state, request_seq) WHERE state > '';
CREATE INDEX request_party_expiring ON request_party (ltiov)
    WHERE state IN ('SUBMITTED', 'ACKNOWLEDGED', 'ACCEPTED', 'PARTIALLY_ANSWERED');

-- Signed acts on requests, also on such as have not come yet; what follows from them is bus/protocol/requests.py's.
CREATE TABLE request_act (
    message_id TEXT NOT NULL, originator TEXT NOT NULL, nation TEXT NOT NULL,      -- the request, and who is asked
    act TEXT NOT NULL, act_id TEXT NOT NULL, digest TEXT NOT NULL, mode TEXT NOT NULL,
    at INTEGER NOT NULL, outcome TEXT, detail TEXT,
    publication_seq INTEGER REFERENCES publication, sent_to TEXT,                  -- where a message of ours says it
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, originator, nation, act, act_id, digest, mode)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_act_publication ON request_act (publication_seq) WHERE publication_seq IS NOT NULL;
CREATE INDEX request_act_close ON request_act (originator) WHERE act_id = 'close';

CREATE TABLE request_note (
    note_seq INTEGER PRIMARY KEY AUTOINCREMENT, request_seq INTEGER NOT NULL REFERENCES request,
    author TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX request_note_request ON request_note (request_seq);

-- ---------------------------------------------------------------- traffic
-- One row for each message received and each publication of ours, in one order without holes: what is searched and followed
-- (traffic.py). Narrow on purpose: a search walks it newest first. What changes is kept by the triggers.
CREATE TABLE traffic (
    seq INTEGER PRIMARY KEY,
    ref INTEGER NOT NULL,                         -- inbox_seq, or minus publication_seq
    at INTEGER NOT NULL, expires_at INTEGER,      -- at: filed or accepted
    originator TEXT NOT NULL, author TEXT,        -- author: of ours, who handed it in
    kind TEXT NOT NULL, rank INTEGER NOT NULL, mode TEXT NOT NULL, exercise_id TEXT,
    label TEXT NOT NULL,                          -- policy, tab, classification
    addressed TEXT NOT NULL, released TEXT NOT NULL,   -- names, each with a space before and behind
    key_mark INTEGER,                             -- beginning of sign_kid
    status TEXT NOT NULL, unread INTEGER NOT NULL,
    owing INTEGER NOT NULL                        -- 1: this nation was asked to acknowledge it, and did not yet
) STRICT;
CREATE UNIQUE INDEX traffic_ref ON traffic (ref);
CREATE INDEX traffic_owing ON traffic (rank, originator, seq, status, expires_at, mode, owing) WHERE owing = 1;
-- A thousand rows each (traffic_blocks.py): which times they lie in, and how many there are. Rows are never taken out.
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
CREATE TRIGGER traffic_follows_inbox AFTER UPDATE OF status, acknowledged_at, read_at, recalled_at ON inbox BEGIN
    UPDATE traffic SET status = iif(new.recalled_at IS NULL, new.status, 'RECALLED'), unread = new.read_at IS NULL,
        owing = owing AND new.acknowledged_at IS NULL AND new.recalled_at IS NULL WHERE ref = new.inbox_seq;
END;
CREATE TRIGGER traffic_follows_publication AFTER UPDATE OF status ON publication BEGIN
    UPDATE traffic SET status = new.status WHERE ref = -new.publication_seq;
END;
CREATE INDEX delivery_owing ON delivery (publication_seq, recipient)
    WHERE owes_acknowledgement = 1 AND acknowledged_at IS NULL;

-- The words of the messages, by traffic.seq; no text is kept beside the index (traffic_words.py). through: how far it goes;
-- version: of what counts as a message's words; erase: whether words that were taken out still stand in old parts of it.
CREATE VIRTUAL TABLE traffic_words USING fts5 (
    subject, body, refs, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE traffic_words_state (
    one INTEGER PRIMARY KEY CHECK (one = 1), through INTEGER NOT NULL, version INTEGER NOT NULL, erase INTEGER NOT NULL
) STRICT;
INSERT INTO traffic_words_state VALUES (1, 0, 1, 0);

-- ---------------------------------------------------------------- what happened
-- The feed that this nation's own systems and operators follow (events.py): codes and ids, never content.
CREATE TABLE event (
    event_seq INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, at INTEGER NOT NULL,
    nation TEXT, kind TEXT, mode TEXT, message_id TEXT, publication_id TEXT, inbox_seq INTEGER,
    state TEXT, reason TEXT,
    count INTEGER                                  -- of bundle.refused that sums up: how many
) STRICT;

-- Whom events are posted to (webhooks.py), and what a receiver never took (dead_letters.py).
CREATE TABLE webhook (
    webhook_id TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES api_key, url TEXT NOT NULL,
    types TEXT, kinds TEXT, modes TEXT,            -- JSON arrays; NULL = every
    secret BLOB NOT NULL, former_secret BLOB, former_until INTEGER,
    created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
    position INTEGER NOT NULL,                     -- the event_seq dealt with last
    turn INTEGER NOT NULL,                         -- rises with every change of course
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

-- ---------------------------------------------------------------- trust, access, evidence
-- Verified snapshots' documents that came before the rest of their set; tried again with every later update.
CREATE TABLE trust_pending (
    pending_seq INTEGER PRIMARY KEY AUTOINCREMENT, envelope BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE trust_document (
    digest TEXT PRIMARY KEY, payload_type TEXT NOT NULL, version INTEGER NOT NULL, envelope BLOB NOT NULL, added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    key_id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, name TEXT NOT NULL,
    scopes TEXT NOT NULL, kinds TEXT,              -- JSON arrays; kinds NULL = every kind
    created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER,
    rate_per_second REAL NOT NULL, burst INTEGER NOT NULL
) STRICT;

CREATE TABLE operator (
    name TEXT PRIMARY KEY, display_name TEXT NOT NULL, roles TEXT NOT NULL,   -- roles: JSON array
    enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
    password_hash TEXT, password_set_at INTEGER,   -- Argon2id (PHC string); none: no password signs in
    one_time INTEGER NOT NULL, password_until INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE operator_session (
    session_id TEXT PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator, means TEXT NOT NULL,
    started_at INTEGER NOT NULL, used_at INTEGER NOT NULL, ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_session_operator ON operator_session (operator, started_at);

CREATE TABLE operator_token (
    token_hash TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES operator_session ON DELETE CASCADE,
    use TEXT NOT NULL, fresh_at INTEGER NOT NULL, until INTEGER NOT NULL, spent INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_token_session ON operator_token (session_id);

-- Who an operator is at the identity provider (operator_identities.py): the value of one claim of one issuer's.
CREATE TABLE operator_identity (
    operator TEXT PRIMARY KEY REFERENCES operator ON DELETE CASCADE,
    issuer TEXT NOT NULL, claim TEXT NOT NULL, value TEXT NOT NULL, linked_at INTEGER NOT NULL,
    UNIQUE (issuer, claim, value)
) STRICT, WITHOUT ROWID;

-- One-time links by which operators sign in; a used one is gone (operator_links.py).
CREATE TABLE operator_link (
    link_hash TEXT PRIMARY KEY, operator TEXT NOT NULL REFERENCES operator ON DELETE CASCADE,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX operator_link_operator ON operator_link (operator);

-- Searches of the traffic that operators keep under names of their own (saved_views.py).
CREATE TABLE saved_view (
    operator TEXT NOT NULL REFERENCES operator ON DELETE CASCADE, name TEXT NOT NULL,
    query TEXT NOT NULL, saved_at INTEGER NOT NULL,
    PRIMARY KEY (operator, name)
) STRICT, WITHOUT ROWID;

-- At most one row: below this precedence drafts are refused until then.
CREATE TABLE minimize (
    one INTEGER PRIMARY KEY CHECK (one = 1), lowest TEXT NOT NULL, exercise_too INTEGER NOT NULL,
    until INTEGER NOT NULL, set_by TEXT NOT NULL, set_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    audit_seq INTEGER PRIMARY KEY AUTOINCREMENT, salt BLOB NOT NULL, record BLOB NOT NULL,
    event TEXT NOT NULL, at INTEGER NOT NULL, message_id TEXT, publication_id TEXT
) STRICT;
CREATE INDEX audit_message ON audit (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX audit_publication ON audit (publication_id) WHERE publication_id IS NOT NULL;
CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
