-- Tasks: call-backs and follow-ups of a conversation, and in its row when the first open one is due.

CREATE TABLE task (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    conversation_pk INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    due_at INTEGER DEFAULT 0 NOT NULL,
    assignee_pk INTEGER,
    done_at INTEGER,
    created_at INTEGER DEFAULT 0 NOT NULL,
    tail TEXT GENERATED ALWAYS AS (substr(id, -6)) VIRTUAL,
    is_open INTEGER GENERATED ALWAYS AS (done_at IS NULL AND deleted_at IS NULL) VIRTUAL,
    CONSTRAINT pk_task PRIMARY KEY (pk),
    CONSTRAINT uq_task_id UNIQUE (id),
    CONSTRAINT fk_task_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk),
    CONSTRAINT fk_task_assignee_pk FOREIGN KEY(assignee_pk) REFERENCES agent (pk)
);

CREATE INDEX ix_task_assignee ON task (assignee_pk, due_at, id) WHERE is_open = 1;

CREATE INDEX ix_task_conversation ON task (conversation_pk, due_at);

CREATE INDEX ix_task_open ON task (due_at, id) WHERE is_open = 1;

CREATE INDEX ix_task_tail ON task (tail);

ALTER TABLE conversation ADD COLUMN task_due_at INTEGER;

ALTER TABLE conversation ADD COLUMN has_task INTEGER GENERATED ALWAYS AS (task_due_at IS NOT NULL AND is_shown) VIRTUAL;

CREATE INDEX ix_conversation_task ON conversation (last_activity_at, id) WHERE has_task = 1;

CREATE VIEW tasks AS
SELECT t.id, c.id AS conversation_id, p.id AS contact_id, p.name AS contact, t.kind, t.text, g.name AS assignee,
    strftime('%Y-%m-%dT%H:%M:%fZ', t.due_at / 1000.0, 'unixepoch') AS due_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', t.done_at / 1000.0, 'unixepoch') AS done_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', t.created_at / 1000.0, 'unixepoch') AS created_at
FROM task t JOIN conversation c ON c.pk = t.conversation_pk JOIN contact p ON p.pk = c.contact_pk
LEFT JOIN agent g ON g.pk = t.assignee_pk
WHERE t.deleted_at IS NULL;
