-- A draft of a first message has no conversation yet, and drafts that were sent or thrown away can be brought back.

CREATE TEMP TABLE draft_kept AS SELECT
    pk, id, origin, revision, deleted_at, conversation_pk, kind, text, attachments, seen_message_id, updated_at, extra
FROM draft;

DROP TABLE draft;

CREATE TABLE draft (
    pk INTEGER NOT NULL,
    id TEXT NOT NULL,
    origin INTEGER DEFAULT 1 NOT NULL,
    revision INTEGER DEFAULT 1 NOT NULL,
    deleted_at INTEGER,
    conversation_pk INTEGER,
    kind TEXT NOT NULL,
    text TEXT DEFAULT '' NOT NULL,
    attachments TEXT DEFAULT '[]' NOT NULL,
    seen_message_id TEXT,
    updated_at INTEGER DEFAULT 0 NOT NULL,
    extra TEXT DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_draft PRIMARY KEY (pk),
    CONSTRAINT uq_draft_id UNIQUE (id),
    CONSTRAINT fk_draft_conversation_pk FOREIGN KEY(conversation_pk) REFERENCES conversation (pk)
);

INSERT INTO draft(
    pk, id, origin, revision, deleted_at, conversation_pk, kind, text, attachments, seen_message_id, updated_at, extra
) SELECT
    pk, id, origin, revision, deleted_at, conversation_pk, kind, text, attachments, seen_message_id, updated_at, extra
FROM draft_kept;

DROP TABLE draft_kept;

CREATE UNIQUE INDEX uq_draft_live ON draft (conversation_pk, kind) WHERE deleted_at IS NULL;

CREATE INDEX ix_draft_past ON draft (conversation_pk, kind, deleted_at) WHERE deleted_at IS NOT NULL AND text <> '';

CREATE TRIGGER draft_made AFTER INSERT ON draft WHEN NEW.deleted_at IS NULL BEGIN
    UPDATE conversation SET has_draft = 1 WHERE pk = NEW.conversation_pk AND has_draft = 0;
END;

CREATE TRIGGER draft_changed AFTER UPDATE OF deleted_at, conversation_pk ON draft BEGIN
    UPDATE conversation SET has_draft = EXISTS (
        SELECT 1 FROM draft WHERE conversation_pk = conversation.pk AND deleted_at IS NULL
    ) WHERE pk IN (OLD.conversation_pk, NEW.conversation_pk);
END;
