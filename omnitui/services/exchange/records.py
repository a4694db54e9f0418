"""The JSON objects of the shell and of exports. docs/cli.md says what their fields mean."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from omnitui.clock import rfc3339
from omnitui.model.states import ENDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from omnitui.clock import Millis
    from omnitui.model.accounts import Account, LedgerEntry
    from omnitui.model.card import Card
    from omnitui.model.conversations import Attachment, Conversation, Message
    from omnitui.model.operations import Op, OutboxEntry
    from omnitui.model.people import Contact, Identity
    from omnitui.model.tasks import Task
    from omnitui.sdk.contract import Health

VERSION: Final = 1
"""Of every object: `v` grows when a field changes its meaning or goes; new fields may come at any time."""

Fields = dict[str, Any]
_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\U000e0000-\U000e0fff]")


def to_json(kind: str, fields: Fields) -> str:
    """One object on one line: lossless, and without bytes that a terminal acts on."""
    text = json.dumps({"v": VERSION, "type": kind, **fields}, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text)


def time(at: Millis | None) -> str | None:
    """A time as all JSON of ours has it; None stays None."""
    return None if at is None else rfc3339(at)


def conversation(found: Conversation, ref: str) -> Fields:
    return {
        "id": found.id,
        "ref": ref,
        "account": found.account,
        "account_id": found.account_id,
        "channel": found.channel,
        "contact": found.contact,
        "contact_id": found.contact_id,
        "subject": found.subject,
        "status": found.status.value,
        "priority": found.priority.value,
        "assignee": found.assignee or None,
        "assignee_id": found.assignee_id,
        "labels": list(found.labels),
        "flags": sorted(flag.value for flag in found.flags),
        "unread": found.unread,
        "snippet": found.snippet,
        "last_message_at": time(found.last_message_at or None),
        "last_activity_at": time(found.last_activity_at or None),
        "last_incoming_at": time(found.last_incoming_at),
        "unanswered_since": time(found.unanswered_since),
        "snoozed_until": time(found.snoozed_until) if found.snoozed_until != ENDS else None,
        "window_closes_at": time(found.window_closes_at),
        "send_state": found.send_state.value if found.send_state else None,
        "has_draft": found.has_draft,
        "external_id": found.external_id or None,
        "vendor_status": found.vendor_status or None,
        "csat": found.csat,
        "contact_reason": found.contact_reason or None,
        "incident": found.incident or None,
        "incident_id": found.incident_id,
        "may_belong_to": found.may_belong_to,
        "task_due_at": time(found.task_due_at),
        "sla_target": found.sla_target or None,
        "sla_due_at": time(found.sla_due_at),
        "sla_left": found.sla_left,
        "created_at": time(found.created_at or None),
        "revision": found.revision,
    }


def transcript(found: Conversation, ref: str, said: Iterable[Message]) -> Fields:
    """A conversation with its messages, each an object of its own kind."""
    messages = [{"v": VERSION, "type": "message", **message(item)} for item in said]
    return {**conversation(found, ref), "messages": messages}


def timeline(found: Contact, places: Iterable[tuple[Conversation, str]], said: Iterable[Message]) -> Fields:
    """Everything with a contact: the conversations, each with its ref, and all their messages in one order."""
    return {
        "contact_id": found.id,
        "contact": found.name,
        "conversations": [{"v": VERSION, "type": "conversation", **conversation(one, ref)} for one, ref in places],
        "messages": [{"v": VERSION, "type": "message", **message(item)} for item in said],
    }


def message(found: Message) -> Fields:
    return {
        "id": found.id,
        "conversation_id": found.conversation_id,
        "account_id": found.account_id,
        "direction": found.direction.value,
        "kind": found.kind.value,
        "state": found.state.value if found.state else None,
        "reason": found.reason or None,
        "author": found.author,
        "author_id": found.author_id,
        "to": list(found.to),
        "cc": list(found.cc),
        "subject": found.subject,
        "sent_at": time(found.sent_at),
        "received_at": time(found.received_at),
        "text": found.text,
        "quoted": found.quoted,
        "signature": found.signature,
        "attachments": [attachment(item) for item in found.attachments],
        "html": found.html,
        "auto": found.auto,
        "edited": found.edited,
        "answers": found.answers or None,
        "reactions": [
            {"by": one.name or one.address, "emoji": one.emoji, "at": time(one.at)} for one in found.reactions
        ],
        "deleted": found.deleted,
        "revision": found.revision,
        "placement": found.placement or None,
        "external_id": found.external_id or None,
        "raw_sha256": found.raw or None,
        "op_id": found.op_id,
    }


def attachment(found: Attachment) -> Fields:
    return {
        "id": found.id,
        "name": found.name,
        "media_type": found.media_type,
        "size": found.size,
        "sha256": found.sha256 or None,
        "inline": found.inline,
    }


def op(found: Op) -> Fields:
    return {
        "id": found.id,
        "group_id": found.group_id,
        "at": time(found.at),
        "author_id": found.author_id,
        "verb": found.verb.value,
        "kind": found.kind.value,
        "object_id": found.object_id,
        "account_id": found.account_id or None,
        "conversation_id": found.conversation_id,
        "before": dict(found.before),
        "after": dict(found.after),
        "base_revision": found.base_revision,
        "reach": found.reach.value,
        "reason": found.reason or None,
        "undoes": found.undoes,
        "redoes": found.redoes,
        "digest": found.digest,
    }


def task(found: Task) -> Fields:
    return {
        "id": found.id,
        "conversation_id": found.conversation_id,
        "kind": found.kind.value,
        "text": found.text,
        "due_at": time(found.due_at),
        "assignee": found.assignee or None,
        "assignee_id": found.assignee_id,
        "done_at": time(found.done_at),
        "contact": found.contact,
        "channel": found.channel,
        "number": found.number or None,
        "created_at": time(found.created_at or None),
        "revision": found.revision,
    }


def outbox_entry(found: OutboxEntry) -> Fields:
    return {
        "id": found.op_id,
        "account_id": found.account_id,
        "conversation_id": found.conversation_id,
        "message_id": found.message_id,
        "verb": found.verb.value,
        "state": found.state.value,
        "due_at": time(found.due_at),
        "attempts": found.attempts,
        "reason": found.reason or None,
        "may_have_left": found.marked,
        "idempotency_key": found.idempotency_key,
        "external_id": found.external_id or None,
        "outcomes": dict(found.outcomes),
    }


def account(found: Account, secrets: str, ledger: list[LedgerEntry]) -> Fields:
    """An account with how far it is in step; where its secrets lie, never what they are."""
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "settings": {name: str(value) for name, value in found.settings.items()},
        "secrets": secrets or None,
        "hold_seconds": found.hold / 1000,
        "paused": found.paused,
        "created_at": time(found.created_at or None),
        "ledger": [ledger_entry(entry) for entry in ledger],
    }


def ledger_entry(found: LedgerEntry) -> Fields:
    return {
        "scope": found.scope,
        "health": found.health,
        "last_sync_at": time(found.last_sync_at),
        "retry_at": time(found.retry_at),
        "error": found.error or None,
        "remote_count": found.remote_count,
        "cached_count": found.cached_count,
        "complete_since": time(found.complete_since),
        "unparsed": found.unparsed,
        "budget": found.budget or None,
    }


def contact(found: Contact) -> Fields:
    return {
        "id": found.id,
        "name": found.name,
        "segment": found.segment or None,
        "language": found.language or None,
        "time_zone": found.time_zone or None,
        "about": found.about or None,
        "fields": dict(found.fields),
        "created_at": time(found.created_at or None),
        "revision": found.revision,
    }


def identity(found: Identity) -> Fields:
    return {
        "id": found.id,
        "channel": found.channel,
        "address": found.address,
        "name": found.name,
        "verified": found.verified,
    }


def card(found: Card) -> Fields:
    """A contact with everything linked to it."""
    return {
        **contact(found.contact),
        "organization": found.organization.name if found.organization else None,
        "identities": [identity(item) for item in found.identities],
        "links": [
            {
                "id": item.link.id,
                "contact_id": item.contact.id,
                "name": item.contact.name,
                "reason": item.link.reason,
                "created_at": time(item.link.created_at),
            }
            for item in found.links
        ],
        "conversations": found.conversations,
        "messages": found.messages,
        "open": [item.id for item in found.open],
        "first_at": time(found.first_at),
        "last_at": time(found.last_at),
        "ratings": [
            {"conversation_id": item.conversation_id, "score": item.score, "at": time(item.at)}
            for item in found.ratings
        ],
        "last_reason": found.last_reason or None,
        "suggestions": [
            {"contact_id": item.contact.id, "score": item.score, "reason": item.reason} for item in found.suggestions
        ],
    }


def health(found: Health, of: Account) -> Fields:
    """What `account check` found."""
    return {
        "account": of.name,
        "account_id": of.id,
        "ok": found.ok,
        "message": found.message,
        "hint": found.hint or None,
        "learnt": dict(found.learnt or {}),
    }


def synced(of: Account, entry: LedgerEntry | None) -> Fields:
    """How an account stands after a sync; without an entry it was not synced: it is paused, or there was no time."""
    return {
        "account": of.name,
        "account_id": of.id,
        "health": entry.health if entry else "paused" if of.paused else "new",
        "error": (entry.error or None) if entry else None,
        "last_sync_at": time(entry.last_sync_at) if entry else None,
        "cached_count": entry.cached_count if entry else None,
        "remote_count": entry.remote_count if entry else None,
    }
