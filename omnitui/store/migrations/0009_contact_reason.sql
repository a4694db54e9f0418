-- Why the customer wrote, as chosen when resolving; empty where nobody said.
ALTER TABLE conversation ADD COLUMN contact_reason TEXT DEFAULT '' NOT NULL;
CREATE INDEX ix_conversation_reason ON conversation (contact_reason, last_activity_at, id) WHERE contact_reason <> '';
