-- From format 4 to 5.
CREATE INDEX inbox_originator ON inbox (originator, kind, inbox_seq, expires_at);
ALTER TABLE delivery ADD COLUMN sign_kid TEXT;
