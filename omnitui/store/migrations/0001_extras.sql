-- What SQLModel cannot say: the full-text index, triggers, and the views for notebooks.

-- One row a message, rowid = message.pk; `terms` are omnitui.text.analyser's tokens of subject, author, attachment
-- names and text; `filters` are words that never change (omnitui.store.fulltext.filter_terms).
CREATE VIRTUAL TABLE message_fts USING fts5(terms, filters, content='', tokenize='unicode61');

CREATE TRIGGER op_is_immutable BEFORE UPDATE ON op BEGIN
    SELECT raise(ABORT, 'rows of the op log never change');
END;

CREATE TRIGGER op_is_kept BEFORE DELETE ON op BEGIN
    SELECT raise(ABORT, 'rows of the op log are never removed');
END;

-- Drafts show in the list.
CREATE TRIGGER draft_made AFTER INSERT ON draft WHEN NEW.deleted_at IS NULL BEGIN
    UPDATE conversation SET has_draft = 1 WHERE pk = NEW.conversation_pk AND has_draft = 0;
END;

CREATE TRIGGER draft_changed AFTER UPDATE OF deleted_at, conversation_pk ON draft BEGIN
    UPDATE conversation SET has_draft = EXISTS (
        SELECT 1 FROM draft WHERE conversation_pk = conversation.pk AND deleted_at IS NULL
    ) WHERE pk IN (OLD.conversation_pk, NEW.conversation_pk);
END;

-- Counters of the standing views: one trigger a view, so that a change pays only for the views it touches.
INSERT INTO counter(view, n) VALUES
    ('inbox', 0), ('unassigned', 0), ('unread', 0), ('waiting', 0), ('snoozed', 0), ('failed', 0), ('drafts', 0), ('resolved', 0), ('spam', 0), ('all', 0);

CREATE TRIGGER count_inbox_in AFTER INSERT ON conversation WHEN NEW.is_open BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'inbox';
END;

CREATE TRIGGER count_inbox AFTER UPDATE ON conversation WHEN NEW.is_open <> OLD.is_open BEGIN
    UPDATE counter SET n = n + NEW.is_open - OLD.is_open WHERE view = 'inbox';
END;

CREATE TRIGGER count_inbox_out AFTER DELETE ON conversation WHEN OLD.is_open BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'inbox';
END;

CREATE TRIGGER count_unassigned_in AFTER INSERT ON conversation WHEN NEW.is_unassigned BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'unassigned';
END;

CREATE TRIGGER count_unassigned AFTER UPDATE ON conversation WHEN NEW.is_unassigned <> OLD.is_unassigned BEGIN
    UPDATE counter SET n = n + NEW.is_unassigned - OLD.is_unassigned WHERE view = 'unassigned';
END;

CREATE TRIGGER count_unassigned_out AFTER DELETE ON conversation WHEN OLD.is_unassigned BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'unassigned';
END;

CREATE TRIGGER count_unread_in AFTER INSERT ON conversation WHEN NEW.is_unread BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'unread';
END;

CREATE TRIGGER count_unread AFTER UPDATE ON conversation WHEN NEW.is_unread <> OLD.is_unread BEGIN
    UPDATE counter SET n = n + NEW.is_unread - OLD.is_unread WHERE view = 'unread';
END;

CREATE TRIGGER count_unread_out AFTER DELETE ON conversation WHEN OLD.is_unread BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'unread';
END;

CREATE TRIGGER count_waiting_in AFTER INSERT ON conversation WHEN NEW.is_waiting BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'waiting';
END;

CREATE TRIGGER count_waiting AFTER UPDATE ON conversation WHEN NEW.is_waiting <> OLD.is_waiting BEGIN
    UPDATE counter SET n = n + NEW.is_waiting - OLD.is_waiting WHERE view = 'waiting';
END;

CREATE TRIGGER count_waiting_out AFTER DELETE ON conversation WHEN OLD.is_waiting BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'waiting';
END;

CREATE TRIGGER count_snoozed_in AFTER INSERT ON conversation WHEN NEW.is_snoozed BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'snoozed';
END;

CREATE TRIGGER count_snoozed AFTER UPDATE ON conversation WHEN NEW.is_snoozed <> OLD.is_snoozed BEGIN
    UPDATE counter SET n = n + NEW.is_snoozed - OLD.is_snoozed WHERE view = 'snoozed';
END;

CREATE TRIGGER count_snoozed_out AFTER DELETE ON conversation WHEN OLD.is_snoozed BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'snoozed';
END;

CREATE TRIGGER count_failed_in AFTER INSERT ON conversation WHEN NEW.is_failed BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'failed';
END;

CREATE TRIGGER count_failed AFTER UPDATE ON conversation WHEN NEW.is_failed <> OLD.is_failed BEGIN
    UPDATE counter SET n = n + NEW.is_failed - OLD.is_failed WHERE view = 'failed';
END;

CREATE TRIGGER count_failed_out AFTER DELETE ON conversation WHEN OLD.is_failed BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'failed';
END;

CREATE TRIGGER count_drafts_in AFTER INSERT ON conversation WHEN NEW.is_draft BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'drafts';
END;

CREATE TRIGGER count_drafts AFTER UPDATE ON conversation WHEN NEW.is_draft <> OLD.is_draft BEGIN
    UPDATE counter SET n = n + NEW.is_draft - OLD.is_draft WHERE view = 'drafts';
END;

CREATE TRIGGER count_drafts_out AFTER DELETE ON conversation WHEN OLD.is_draft BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'drafts';
END;

CREATE TRIGGER count_resolved_in AFTER INSERT ON conversation WHEN NEW.is_resolved BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'resolved';
END;

CREATE TRIGGER count_resolved AFTER UPDATE ON conversation WHEN NEW.is_resolved <> OLD.is_resolved BEGIN
    UPDATE counter SET n = n + NEW.is_resolved - OLD.is_resolved WHERE view = 'resolved';
END;

CREATE TRIGGER count_resolved_out AFTER DELETE ON conversation WHEN OLD.is_resolved BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'resolved';
END;

CREATE TRIGGER count_spam_in AFTER INSERT ON conversation WHEN NEW.is_spam BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'spam';
END;

CREATE TRIGGER count_spam AFTER UPDATE ON conversation WHEN NEW.is_spam <> OLD.is_spam BEGIN
    UPDATE counter SET n = n + NEW.is_spam - OLD.is_spam WHERE view = 'spam';
END;

CREATE TRIGGER count_spam_out AFTER DELETE ON conversation WHEN OLD.is_spam BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'spam';
END;

CREATE TRIGGER count_all_in AFTER INSERT ON conversation WHEN NEW.is_shown BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'all';
END;

CREATE TRIGGER count_all AFTER UPDATE ON conversation WHEN NEW.is_shown <> OLD.is_shown BEGIN
    UPDATE counter SET n = n + NEW.is_shown - OLD.is_shown WHERE view = 'all';
END;

CREATE TRIGGER count_all_out AFTER DELETE ON conversation WHEN OLD.is_shown BEGIN
    UPDATE counter SET n = n - 1 WHERE view = 'all';
END;

CREATE TRIGGER count_assignee_in AFTER INSERT ON conversation
WHEN NEW.is_open AND NEW.assignee_pk IS NOT NULL BEGIN
    INSERT INTO counter(view, n) SELECT 'assignee:' || id, 1 FROM agent WHERE pk = NEW.assignee_pk
    ON CONFLICT(view) DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER count_assignee_more AFTER UPDATE ON conversation
WHEN NEW.is_open AND NEW.assignee_pk IS NOT NULL AND (NOT OLD.is_open OR OLD.assignee_pk IS NOT NEW.assignee_pk) BEGIN
    INSERT INTO counter(view, n) SELECT 'assignee:' || id, 1 FROM agent WHERE pk = NEW.assignee_pk
    ON CONFLICT(view) DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER count_assignee_less AFTER UPDATE ON conversation
WHEN OLD.is_open AND OLD.assignee_pk IS NOT NULL AND (NOT NEW.is_open OR OLD.assignee_pk IS NOT NEW.assignee_pk) BEGIN
    UPDATE counter SET n = n - 1 WHERE view = (SELECT 'assignee:' || id FROM agent WHERE pk = OLD.assignee_pk);
END;

CREATE TRIGGER count_assignee_out AFTER DELETE ON conversation
WHEN OLD.is_open AND OLD.assignee_pk IS NOT NULL BEGIN
    UPDATE counter SET n = n - 1 WHERE view = (SELECT 'assignee:' || id FROM agent WHERE pk = OLD.assignee_pk);
END;

-- For notebooks: read these, not the tables. Ids are ULIDs, times RFC 3339 in UTC.
CREATE VIEW conversations AS
SELECT c.id, a.name AS account, i.address AS inbox, c.channel, p.id AS contact_id, p.name AS contact, c.subject,
    c.status, CASE c.priority WHEN 0 THEN 'low' WHEN 1 THEN 'normal' WHEN 2 THEN 'high' ELSE 'urgent' END AS priority,
    g.name AS assignee,
    (SELECT group_concat(label, ' ') FROM label_use WHERE conversation_pk = c.pk AND deleted_at IS NULL) AS labels,
    c.unread, c.snippet, c.csat,
    strftime('%Y-%m-%dT%H:%M:%fZ', c.created_at / 1000.0, 'unixepoch') AS created_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', c.last_activity_at / 1000.0, 'unixepoch') AS last_activity_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', c.unanswered_since / 1000.0, 'unixepoch') AS unanswered_since,
    strftime('%Y-%m-%dT%H:%M:%fZ', c.snoozed_until / 1000.0, 'unixepoch') AS snoozed_until
FROM conversation c JOIN account a ON a.pk = c.account_pk JOIN inbox i ON i.pk = c.inbox_pk
JOIN contact p ON p.pk = c.contact_pk LEFT JOIN agent g ON g.pk = c.assignee_pk
WHERE c.is_shown = 1;

CREATE VIEW messages AS
SELECT m.id, c.id AS conversation_id, a.name AS account, c.channel, m.direction, m.kind, m.state, m.author, m.subject,
    m.text, m.quoted, m.signature, m.files, m.edited, m.auto, m.external_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', m.sent_at / 1000.0, 'unixepoch') AS sent_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', m.received_at / 1000.0, 'unixepoch') AS received_at
FROM message m JOIN conversation c ON c.pk = m.conversation_pk JOIN account a ON a.pk = m.account_pk
WHERE m.deleted_at IS NULL;

CREATE VIEW contacts AS
SELECT p.id, p.name, o.name AS organization, p.segment, p.language, p.time_zone, p.about, p.fields,
    (SELECT group_concat(channel || ':' || address, ' ') FROM identity WHERE contact_pk = p.pk) AS addresses,
    strftime('%Y-%m-%dT%H:%M:%fZ', p.created_at / 1000.0, 'unixepoch') AS created_at
FROM contact p LEFT JOIN organization o ON o.pk = p.organization_pk
WHERE p.deleted_at IS NULL;

CREATE VIEW operations AS
SELECT o.id, o.group_id, g.name AS author, o.verb, o.kind, o.object_id, c.id AS conversation_id, o.reach, o.undoes,
    o.redoes, p.before, p.after, p.reason, b.state,
    strftime('%Y-%m-%dT%H:%M:%fZ', o.at / 1000.0, 'unixepoch') AS at
FROM op o JOIN agent g ON g.pk = o.author_pk LEFT JOIN conversation c ON c.pk = o.conversation_pk
LEFT JOIN op_payload p ON p.op_pk = o.pk LEFT JOIN outbox b ON b.op_pk = o.pk;
