-- A reply window that has passed makes nothing urgent any more; that it has is noticed by whoever syncs.

ALTER TABLE conversation ADD COLUMN window_passed INTEGER;

DROP INDEX ix_conversation_by_urgency;

ALTER TABLE conversation DROP COLUMN urgency_rank;

ALTER TABLE conversation DROP COLUMN urgent_at;

ALTER TABLE conversation ADD COLUMN urgent_at INTEGER GENERATED ALWAYS AS (nullif(min(coalesce(sla_due_at, 10000000000000), coalesce(task_due_at, 10000000000000), coalesce(snoozed_until, 10000000000000), CASE WHEN unanswered_since IS NULL OR window_passed >= window_closes_at THEN 10000000000000 ELSE coalesce(window_closes_at, 10000000000000) END), 10000000000000)) VIRTUAL;

ALTER TABLE conversation ADD COLUMN urgency_rank INTEGER GENERATED ALWAYS AS (coalesce(-urgent_at, -10000000000000 - unanswered_since, last_activity_at - 20000000000000)) VIRTUAL;

CREATE INDEX ix_conversation_by_urgency ON conversation (urgency_rank, id) WHERE is_open = 1;

CREATE INDEX ix_conversation_closing ON conversation (window_closes_at) WHERE unanswered_since IS NOT NULL AND (window_passed IS NULL OR window_passed < window_closes_at);
