"""Conversations, their messages, and what belongs to one message."""

# SQLModel declares __tablename__ as a declared_attr, which pyright does not let a plain name override.
# pyright: reportAssignmentType=false

from __future__ import annotations

from sqlalchemy import Computed, Integer, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlmodel import Field

from omnitui.desk.querying.orders import FAR
from omnitui.store.tables.base import WITHOUT_ROWID, Base, Row, computed, given, index, maybe, number, one_of, to, words


class Conversation(Row, table=True):
    """`is_…` are the standing views (0 or 1): say `is_open = 1` to use their partial indexes. `priority` is a rank.

    `…_rank` are the orders of the list (`omnitui.desk.querying.orders`): the highest is on top.

    `tail` is the end of the ULID that a short ref is looked up by. `answered_at` is the received time of the newest
    answer; `last_message_pk` the newest message shown in the list; `task_due_at` the first time at which an open task
    of it is due; `merged_pk` what it is shown as a part of, `incident_pk` its cause.

    `sla_…`: the policy that it is under (`promises.sla`), the target whose clock counts, when that is due and first
    warned of, or what it has left while it is paused. `urgent_at` is when the first thing of it is due.
    """

    __tablename__ = "conversation"
    __table_args__ = (
        index("uq_conversation_external", "account_pk", "external_id", where="external_id <> ''", unique=True),
        index("ix_conversation_tail", "tail"),
        index("ix_conversation_contact", "contact_pk", "last_activity_at"),
        index("ix_conversation_assignee", "assignee_pk", "last_activity_at", "id", where="assignee_pk IS NOT NULL"),
        *(
            index(f"ix_conversation_{view}", "last_activity_at", "id", where=f"is_{view} = 1")
            for view in ("shown", "open", "unread", "waiting", "snoozed", "resolved", "failed", "draft", "spam")
        ),
        index("ix_conversation_merged", "merged_pk", where="merged_pk IS NOT NULL"),
        index("ix_conversation_incident", "incident_pk", "last_activity_at", "id", where="incident_pk IS NOT NULL"),
        index("ix_conversation_reason", "contact_reason", "last_activity_at", "id", where="contact_reason <> ''"),
        index("ix_conversation_due", "snoozed_until", where="is_snoozed = 1"),
        *(
            index(f"ix_conversation_by_{order}", f"{order}_rank", "id", where="is_open = 1")
            for order in ("unanswered", "priority", "window", "urgency")
        ),
        index("ix_conversation_sla", "sla_due_at", where="sla_due_at IS NOT NULL"),
        index("ix_conversation_warned", "sla_warn_at", where="sla_warn_at IS NOT NULL"),
        index(
            "ix_conversation_closing",
            "window_closes_at",
            where="unanswered_since IS NOT NULL AND (window_passed IS NULL OR window_passed < window_closes_at)",
        ),
        index("ix_conversation_task", "last_activity_at", "id", where="has_task = 1"),
    )
    account_pk: int = to("account")
    inbox_pk: int = to("inbox")
    contact_pk: int = to("contact")
    channel: str = given(Text)
    subject: str = words()
    status: str = words("open")
    priority: int = number(1)
    assignee_pk: int | None = to("agent", optional=True)
    spam: int = number()
    merged: int = number()
    muted: int = number()
    snoozed_until: int | None = maybe(Integer)
    unread: int = number()
    snippet: str = words()
    last_message_pk: int | None = maybe(Integer)
    last_message_at: int = number()
    last_activity_at: int = number()
    last_incoming_at: int | None = maybe(Integer)
    answered_at: int | None = maybe(Integer)
    unanswered_since: int | None = maybe(Integer)
    window_closes_at: int | None = maybe(Integer)
    send_state: str | None = maybe(Text)
    has_draft: int = number()
    external_id: str = words()
    vendor_status: str = words()
    csat: int | None = maybe(Integer)
    csat_raw: str = words()
    csat_comment: str = words()
    csat_at: int | None = maybe(Integer)
    may_belong_to_pk: int | None = to("conversation", optional=True)
    read_by_contact_at: int | None = maybe(Integer)
    created_at: int = number()
    tail: str | None = Field(default=None, sa_type=Text, sa_column_args=[Computed("substr(id, -6)", persisted=False)])
    is_shown: int | None = computed("NOT spam AND NOT merged AND deleted_at IS NULL")
    is_open: int | None = computed("status = 'open' AND is_shown")
    is_unassigned: int | None = computed("assignee_pk IS NULL AND is_open")
    is_unread: int | None = computed("unread > 0 AND is_shown")
    is_waiting: int | None = computed("status = 'waiting' AND is_shown")
    is_snoozed: int | None = computed("status = 'snoozed' AND is_shown")
    is_resolved: int | None = computed("status = 'resolved' AND is_shown")
    is_failed: int | None = computed(
        f"coalesce({one_of('send_state', 'failed', 'unknown', 'blocked')}, 0) AND is_shown"
    )
    is_draft: int | None = computed("has_draft AND is_shown")
    is_spam: int | None = computed("spam AND deleted_at IS NULL")
    contact_reason: str = words()
    task_due_at: int | None = maybe(Integer)
    has_task: int | None = computed("task_due_at IS NOT NULL AND is_shown")
    unanswered_rank: int | None = computed(f"coalesce(-unanswered_since, last_activity_at - {2 * FAR})")
    priority_rank: int | None = computed(f"priority * {FAR} + last_activity_at")
    window_rank: int | None = computed(f"coalesce(-window_closes_at, last_activity_at - {2 * FAR})")
    sla_policy: str = words()
    sla_target: str = words()
    sla_due_at: int | None = maybe(Integer)
    sla_warn_at: int | None = maybe(Integer)
    sla_left: int | None = maybe(Integer)
    merged_pk: int | None = maybe(Integer)
    incident_pk: int | None = maybe(Integer)
    window_passed: int | None = maybe(Integer)
    urgent_at: int | None = computed(
        f"nullif(min(coalesce(sla_due_at, {FAR}), coalesce(task_due_at, {FAR}), coalesce(snoozed_until, {FAR}),"
        f" CASE WHEN unanswered_since IS NULL OR window_passed >= window_closes_at THEN {FAR}"
        f" ELSE coalesce(window_closes_at, {FAR}) END), {FAR})"
    )
    urgency_rank: int | None = computed(
        f"coalesce(-urgent_at, -{FAR} - unanswered_since, last_activity_at - {2 * FAR})"
    )


class StatusChange(Base, table=True):
    """The statuses that a conversation has had, by which its clocks are paused and ended."""

    __tablename__ = "status_change"
    __table_args__ = (index("ix_status_change_conversation", "conversation_pk", "pk"),)
    pk: int | None = Field(default=None, sa_type=Integer, primary_key=True)
    conversation_pk: int = to("conversation")
    at: int = number()
    status: str = given(Text)


class LabelUse(Base, table=True):
    __tablename__ = "label_use"
    __table_args__ = (
        PrimaryKeyConstraint("label", "conversation_pk"),
        UniqueConstraint("id"),
        index("ix_label_use_conversation", "conversation_pk", "label"),
        WITHOUT_ROWID,
    )
    label: str = given(Text)
    conversation_pk: int = to("conversation")
    id: str = given(Text)
    origin: int = number(1)
    revision: int = number(1)
    deleted_at: int | None = maybe(Integer)


class Message(Row, table=True):
    """The newest revision of each message; `remote_revision` is the back end's count, `revision` this row's.

    `role`: 0 not shown in lists (deleted, canceled, activity), 1 a customer's words that want an answer, 2 an answer,
    3 anything else. `unsettled`: 1 while the way out has not ended well. `addressees` and `copied` are JSON lists.
    `answers` is the external id of the message that it answers. `reactions` is a JSON list of [address, name, emoji,
    time, whether it was taken back].
    """

    __tablename__ = "message"
    __table_args__ = (
        index("uq_message_external", "account_pk", "external_id", where="external_id <> ''", unique=True),
        index("ix_message_conversation", "conversation_pk", "received_at", "id"),
        index("ix_message_received", "received_at"),
        index("ix_message_contact", "contact_pk", "received_at", where="contact_pk IS NOT NULL"),
        index("ix_message_unsettled", "conversation_pk", "received_at", "id", where="unsettled = 1"),
        index("ix_message_unread", "conversation_pk", where="is_unread = 1"),
        index("ix_message_reacted", "conversation_pk", where="reactions <> '[]'"),
        index(
            "ix_message_naming",
            "conversation_pk",
            where="kind = 'note' AND deleted_at IS NULL AND instr(text, '@') + instr(text, '＠') > 0",
        ),
        index("ix_message_op", "op_id", where="op_id IS NOT NULL"),
    )
    account_pk: int = to("account")
    conversation_pk: int = to("conversation")
    direction: str = given(Text)
    kind: str = given(Text)
    state: str | None = maybe(Text)
    state_at: int | None = maybe(Integer)
    author: str = words()
    contact_pk: int | None = to("contact", optional=True)
    agent_pk: int | None = to("agent", optional=True)
    sent_at: int = number()
    received_at: int = number()
    external_id: str = words()
    remote_revision: int = number(1)
    seen: int = number()
    html: int = number()
    edited: int = number()
    auto: int = number()
    files: int = number()
    op_id: str | None = maybe(Text)
    subject: str = words()
    addressees: str = words("[]")
    copied: str = words("[]")
    raw: str = words()
    reason: str = words()
    placement: str = words()
    text: str = words()
    quoted: str = words()
    signature: str = words()
    role: int | None = computed(
        "CASE WHEN deleted_at IS NOT NULL OR kind = 'activity' OR coalesce(state, '') = 'canceled' THEN 0"
        " WHEN auto OR kind NOT IN ('public', 'template') THEN 3"
        " WHEN direction = 'incoming' THEN 1"
        " WHEN coalesce(state, '') IN ('draft', 'failed', 'blocked', 'unknown') THEN 3 ELSE 2 END"
    )
    unsettled: int | None = computed(
        "deleted_at IS NULL AND "
        + one_of("coalesce(state, '')", "held", "queued", "sending", "deferred", "failed", "blocked", "unknown")
    )
    is_unread: int | None = computed("direction = 'incoming' AND NOT seen AND role > 0")
    answers: str = words()
    reactions: str = words("[]")


class MessageRevision(Base, table=True):
    """What a message said before it was edited."""

    __tablename__ = "message_revision"
    __table_args__ = (PrimaryKeyConstraint("message_pk", "remote_revision"), WITHOUT_ROWID)
    message_pk: int = to("message")
    remote_revision: int = given(Integer)
    replaced_at: int = number()
    subject: str = words()
    text: str = words()
    quoted: str = words()
    signature: str = words()
    html: int = number()
    raw: str = words()


class Attachment(Row, table=True):
    __tablename__ = "attachment"
    __table_args__ = (
        index("ix_attachment_message", "message_pk"),
        index("ix_attachment_sha256", "sha256", where="sha256 <> ''"),
    )
    message_pk: int = to("message")
    name: str = words()
    media_type: str = words()
    size: int = number()
    sha256: str = words()
    inline: int = number()
    content_id: str = words()
    remote: str = words("null")


class Mail(Base, table=True):
    """What only mail has: its own Message-ID and those it names, and who takes part (JSON lists)."""

    __tablename__ = "mail"
    __table_args__ = (index("ix_mail_rfc_id", "rfc_id"),)
    message_pk: int = Field(sa_type=Integer, primary_key=True, foreign_key="message.pk")
    rfc_id: str = words()
    in_reply_to: str = words()
    refs: str = words("[]")
    participants: str = words("[]")
    sender: str = words()
    reply_to: str = words("[]")


class MailPlace(Base, table=True):
    """Where a mail lies at the server, with its flags there; moves and UIDVALIDITY changes touch only this."""

    __tablename__ = "mail_location"
    __table_args__ = (
        PrimaryKeyConstraint("account_pk", "folder", "uidvalidity", "uid"),
        index("ix_mail_location_message", "message_pk"),
        WITHOUT_ROWID,
    )
    account_pk: int = to("account")
    folder: str = given(Text)
    uidvalidity: int = given(Integer)
    uid: int = given(Integer)
    message_pk: int = to("message")
    seen: int = number()
    flagged: int = number()
    keywords: str = words("[]")
