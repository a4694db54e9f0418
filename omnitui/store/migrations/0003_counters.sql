-- Counters of the standing views in two triggers: one a view cost every new message eleven, which found nothing to do.

DROP TRIGGER count_inbox_in;
DROP TRIGGER count_unassigned_in;
DROP TRIGGER count_unread_in;
DROP TRIGGER count_waiting_in;
DROP TRIGGER count_snoozed_in;
DROP TRIGGER count_failed_in;
DROP TRIGGER count_drafts_in;
DROP TRIGGER count_resolved_in;
DROP TRIGGER count_spam_in;
DROP TRIGGER count_all_in;
DROP TRIGGER count_assignee_in;
DROP TRIGGER count_inbox;
DROP TRIGGER count_unassigned;
DROP TRIGGER count_unread;
DROP TRIGGER count_waiting;
DROP TRIGGER count_snoozed;
DROP TRIGGER count_failed;
DROP TRIGGER count_drafts;
DROP TRIGGER count_resolved;
DROP TRIGGER count_spam;
DROP TRIGGER count_all;
DROP TRIGGER count_assignee_more;
DROP TRIGGER count_assignee_less;

CREATE TRIGGER count_new AFTER INSERT ON conversation BEGIN
    UPDATE counter SET n = n + 1 WHERE view = 'inbox' AND NEW.is_open;
    UPDATE counter SET n = n + 1 WHERE view = 'unassigned' AND NEW.is_unassigned;
    UPDATE counter SET n = n + 1 WHERE view = 'unread' AND NEW.is_unread;
    UPDATE counter SET n = n + 1 WHERE view = 'waiting' AND NEW.is_waiting;
    UPDATE counter SET n = n + 1 WHERE view = 'snoozed' AND NEW.is_snoozed;
    UPDATE counter SET n = n + 1 WHERE view = 'failed' AND NEW.is_failed;
    UPDATE counter SET n = n + 1 WHERE view = 'drafts' AND NEW.is_draft;
    UPDATE counter SET n = n + 1 WHERE view = 'resolved' AND NEW.is_resolved;
    UPDATE counter SET n = n + 1 WHERE view = 'spam' AND NEW.is_spam;
    UPDATE counter SET n = n + 1 WHERE view = 'all' AND NEW.is_shown;
    INSERT INTO counter(view, n) SELECT 'assignee:' || id, 1 FROM agent WHERE pk = NEW.assignee_pk AND NEW.is_open
    ON CONFLICT(view) DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER count_changed AFTER UPDATE ON conversation WHEN
    (NEW.is_open, NEW.is_unassigned, NEW.is_unread, NEW.is_waiting, NEW.is_snoozed, NEW.is_failed, NEW.is_draft,
    NEW.is_resolved, NEW.is_spam, NEW.is_shown, NEW.assignee_pk) IS NOT
    (OLD.is_open, OLD.is_unassigned, OLD.is_unread, OLD.is_waiting, OLD.is_snoozed, OLD.is_failed, OLD.is_draft,
    OLD.is_resolved, OLD.is_spam, OLD.is_shown, OLD.assignee_pk)
BEGIN
    UPDATE counter SET n = n + NEW.is_open - OLD.is_open
        WHERE view = 'inbox' AND NEW.is_open <> OLD.is_open;
    UPDATE counter SET n = n + NEW.is_unassigned - OLD.is_unassigned
        WHERE view = 'unassigned' AND NEW.is_unassigned <> OLD.is_unassigned;
    UPDATE counter SET n = n + NEW.is_unread - OLD.is_unread
        WHERE view = 'unread' AND NEW.is_unread <> OLD.is_unread;
    UPDATE counter SET n = n + NEW.is_waiting - OLD.is_waiting
        WHERE view = 'waiting' AND NEW.is_waiting <> OLD.is_waiting;
    UPDATE counter SET n = n + NEW.is_snoozed - OLD.is_snoozed
        WHERE view = 'snoozed' AND NEW.is_snoozed <> OLD.is_snoozed;
    UPDATE counter SET n = n + NEW.is_failed - OLD.is_failed
        WHERE view = 'failed' AND NEW.is_failed <> OLD.is_failed;
    UPDATE counter SET n = n + NEW.is_draft - OLD.is_draft
        WHERE view = 'drafts' AND NEW.is_draft <> OLD.is_draft;
    UPDATE counter SET n = n + NEW.is_resolved - OLD.is_resolved
        WHERE view = 'resolved' AND NEW.is_resolved <> OLD.is_resolved;
    UPDATE counter SET n = n + NEW.is_spam - OLD.is_spam
        WHERE view = 'spam' AND NEW.is_spam <> OLD.is_spam;
    UPDATE counter SET n = n + NEW.is_shown - OLD.is_shown
        WHERE view = 'all' AND NEW.is_shown <> OLD.is_shown;
    UPDATE counter SET n = n - 1 WHERE view = (SELECT 'assignee:' || id FROM agent WHERE pk = OLD.assignee_pk)
        AND OLD.is_open AND (NOT NEW.is_open OR OLD.assignee_pk IS NOT NEW.assignee_pk);
    INSERT INTO counter(view, n) SELECT 'assignee:' || id, 1 FROM agent WHERE pk = NEW.assignee_pk
        AND NEW.is_open AND (NOT OLD.is_open OR OLD.assignee_pk IS NOT NEW.assignee_pk)
    ON CONFLICT(view) DO UPDATE SET n = n + 1;
END;
