-- A conversation that is shown as a part of another one, until that is taken back.

ALTER TABLE conversation ADD COLUMN merged_pk INTEGER;

CREATE INDEX ix_conversation_merged ON conversation (merged_pk) WHERE merged_pk IS NOT NULL;
