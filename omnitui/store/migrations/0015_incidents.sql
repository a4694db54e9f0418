-- Incidents, and in the row of a conversation which one it is linked to.

CREATE TABLE incident (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    title TEXT DEFAULT '' NOT NULL,
    severity TEXT DEFAULT 'sev3' NOT NULL,
    standing TEXT DEFAULT '' NOT NULL,
    began_at INTEGER DEFAULT 0 NOT NULL,
    ended_at INTEGER,
    told TEXT DEFAULT '' NOT NULL,
    told_at INTEGER,
    created_at INTEGER DEFAULT 0 NOT NULL,
    tail TEXT GENERATED ALWAYS AS (substr(id, -6)) VIRTUAL,
    goes_on INTEGER GENERATED ALWAYS AS (ended_at IS NULL AND deleted_at IS NULL) VIRTUAL,
    CONSTRAINT pk_incident PRIMARY KEY (pk),
    CONSTRAINT uq_incident_id UNIQUE (id)
);

CREATE INDEX ix_incident_begun ON incident (began_at, id);

CREATE INDEX ix_incident_on ON incident (severity, began_at) WHERE goes_on = 1;

CREATE INDEX ix_incident_tail ON incident (tail);

ALTER TABLE conversation ADD COLUMN incident_pk INTEGER;

CREATE INDEX ix_conversation_incident ON conversation (incident_pk, last_activity_at, id) WHERE incident_pk IS NOT NULL;

CREATE INDEX ix_op_incident ON op (verb, pk) WHERE verb IN ('incident', 'cause');

CREATE VIEW incidents AS
SELECT n.id, n.title, n.severity, n.standing, n.told,
    strftime('%Y-%m-%dT%H:%M:%fZ', n.began_at / 1000.0, 'unixepoch') AS began_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', n.ended_at / 1000.0, 'unixepoch') AS ended_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', n.told_at / 1000.0, 'unixepoch') AS told_at,
    (SELECT count(*) FROM conversation WHERE incident_pk = n.pk) AS conversations
FROM incident n
WHERE n.deleted_at IS NULL;
