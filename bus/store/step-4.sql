-- From format 4 to 5.
CREATE INDEX inbox_originator ON inbox (originator, kind, inbox_seq, expires_at);
ALTER TABLE delivery ADD COLUMN sign_kid TEXT;
DROP INDEX traffic_owing;
CREATE INDEX traffic_owing ON traffic (rank, originator, seq, status, expires_at, mode, owing) WHERE owing = 1;
