-- Other orders of the list than the newest first: the highest of each number is on top (omnitui.desk.orders).

ALTER TABLE conversation ADD COLUMN unanswered_rank INTEGER GENERATED ALWAYS AS (coalesce(-unanswered_since, last_activity_at - 20000000000000)) VIRTUAL;

ALTER TABLE conversation ADD COLUMN priority_rank INTEGER GENERATED ALWAYS AS (priority * 10000000000000 + last_activity_at) VIRTUAL;

ALTER TABLE conversation ADD COLUMN window_rank INTEGER GENERATED ALWAYS AS (coalesce(-window_closes_at, last_activity_at - 20000000000000)) VIRTUAL;

CREATE INDEX ix_conversation_by_unanswered ON conversation (unanswered_rank, id) WHERE is_open = 1;

CREATE INDEX ix_conversation_by_priority ON conversation (priority_rank, id) WHERE is_open = 1;

CREATE INDEX ix_conversation_by_window ON conversation (window_rank, id) WHERE is_open = 1;

-- Notes that name somebody with an @.
CREATE INDEX ix_message_naming ON message (conversation_pk) WHERE kind = 'note' AND deleted_at IS NULL AND instr(text, '@') + instr(text, '＠') > 0;
