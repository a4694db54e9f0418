-- The clocks of agreements (omnitui.desk.sla): which policy a conversation is under and which of its targets is due
-- first; the statuses that a conversation has had, which pause the clocks; and the order by urgency.

CREATE TABLE status_change (
    pk INTEGER NOT NULL,
    conversation_pk INTEGER NOT NULL,
    at INTEGER DEFAULT 0 NOT NULL,
    status TEXT NOT NULL,
    CONSTRAINT pk_status_change PRIMARY KEY (pk),
    CONSTRAINT fk_status_change_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
);

CREATE INDEX ix_status_change_conversation ON status_change (conversation_pk, pk);

INSERT INTO status_change(conversation_pk, at, status)
SELECT o.conversation_pk, o.at, json_extract(p.after, '$.status') FROM op o JOIN op_payload p ON p.op_pk = o.pk
WHERE o.kind = 'conversation' AND o.conversation_pk IS NOT NULL AND json_valid(p.after)
AND json_extract(p.after, '$.status') IS NOT NULL ORDER BY o.pk;

ALTER TABLE conversation ADD COLUMN sla_policy TEXT DEFAULT '' NOT NULL;

ALTER TABLE conversation ADD COLUMN sla_target TEXT DEFAULT '' NOT NULL;

ALTER TABLE conversation ADD COLUMN sla_due_at INTEGER;

ALTER TABLE conversation ADD COLUMN sla_warn_at INTEGER;

ALTER TABLE conversation ADD COLUMN sla_left INTEGER;

ALTER TABLE conversation ADD COLUMN urgent_at INTEGER GENERATED ALWAYS AS (nullif(min(coalesce(sla_due_at, 10000000000000), coalesce(task_due_at, 10000000000000), coalesce(snoozed_until, 10000000000000), CASE WHEN unanswered_since IS NULL THEN 10000000000000 ELSE coalesce(window_closes_at, 10000000000000) END), 10000000000000)) VIRTUAL;

ALTER TABLE conversation ADD COLUMN urgency_rank INTEGER GENERATED ALWAYS AS (coalesce(-urgent_at, -10000000000000 - unanswered_since, last_activity_at - 20000000000000)) VIRTUAL;

CREATE INDEX ix_conversation_by_urgency ON conversation (urgency_rank, id) WHERE is_open = 1;

CREATE INDEX ix_conversation_sla ON conversation (sla_due_at) WHERE sla_due_at IS NOT NULL;

CREATE INDEX ix_conversation_warned ON conversation (sla_warn_at) WHERE sla_warn_at IS NOT NULL;
