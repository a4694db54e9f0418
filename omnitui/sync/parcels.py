"""Ops made ready for a connector, and what their acceptance changes in the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnitui.ids import Ulid
from omnitui.model.accounts import Account, Json
from omnitui.model.operations import OutboxEntry
from omnitui.model.states import SendState, Verb
from omnitui.sdk.outbound import Accepted, MailLine, Outbound, OutboundFile
from omnitui.store import outbox as lines
from omnitui.store.arriving import inflow
from omnitui.store.arriving.arrivals import locations
from omnitui.store.arriving.threads import claim, join_conversations, messages_of
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox
from omnitui.store.writer import Tx
from omnitui.sync.arrival import Arrival
from omnitui.sync.parking import of_conversation, of_message

if TYPE_CHECKING:
    import sqlite3


async def pack(cache: Cache, entry: OutboxEntry) -> Outbound:
    """An outbox entry as the connector gets it: the same every time, but for where the mails lie now.

    Raises:
        NotFound: A file of it is gone from the blob store.
    """
    payload = entry.payload
    conversation, places = await cache.aread(_whereabouts, entry)
    files = [await asyncio.to_thread(_file, cache, item) for item in payload.get("files") or ()]
    return Outbound(
        op_id=entry.op_id,
        verb=entry.verb,
        idempotency_key=entry.idempotency_key,
        conversation=conversation,
        inbox=str(payload.get("inbox", "")),
        channel=str(payload.get("channel", "")),
        contact=str(payload.get("contact", "")),
        text=str(payload.get("text", "")),
        subject=str(payload.get("subject", "")),
        files=tuple(files),
        mail=_mail_line(payload.get("mail")),
        reply_to_external_id=str(payload.get("reply_to_external_id", "")),
        locations=places,
        fields=dict(payload.get("fields") or {}),
    )


def settle_accepted(tx: Tx, account: Account, entry: OutboxEntry, accepted: Accepted) -> None:
    """The back end took it: the state, its id there, and the id of the conversation it began."""
    current = lines.entry(tx.db, entry.op_id)
    # Also where somebody took over meanwhile and could not know.
    if current is not None and current.state in (SendState.SENDING, SendState.UNKNOWN):
        lines.move(
            tx,
            entry.op_id,
            SendState.ACCEPTED,
            external_id=accepted.external_id,
            outcomes=dict(accepted.outcomes) or None,
        )
    _note_flags(tx, entry)
    arrival = Arrival(tx, account)
    if accepted.external_id:
        if entry.message_id is not None:
            claim(tx, account.id, entry.message_id, accepted.external_id)
        arrival.release(of_message(accepted.external_id))
    if accepted.conversation and entry.conversation_id:
        conversation = inbox.conversation(tx.db, entry.conversation_id)
        if conversation is not None and not conversation.external_id:
            _adopt_conversation(tx, account, conversation.id, accepted.conversation)
            arrival.release(of_conversation(accepted.conversation))


def _note_flags(tx: Tx, entry: OutboxEntry) -> None:
    """The mailbox has our flags now: whoever changes them back there makes a change that we must see."""
    fields = entry.payload.get("fields") or {}
    if entry.conversation_id is None or entry.verb not in (Verb.READ, Verb.LABEL):
        return
    messages = fields.get("messages") or messages_of(tx.db, entry.conversation_id)
    seen = bool(fields["read"]) if entry.verb is Verb.READ else None
    inflow.flags_set(tx, messages, seen=seen, add=fields.get("add") or (), remove=fields.get("remove") or ())


def _adopt_conversation(tx: Tx, account: Account, conversation_id: Ulid, external_id: str) -> None:
    """Give a conversation that we began the back end's id of it, and what came in under that id before."""
    early = inflow.find_conversation(tx, account.id, external_id)
    if early is not None:
        inflow.change_conversation(tx, early, {"external_id": ""})
        join_conversations(tx, early, conversation_id)
    inflow.change_conversation(tx, conversation_id, {"external_id": external_id})


def _whereabouts(db: sqlite3.Connection, entry: OutboxEntry) -> tuple[str, tuple[Json, ...]]:
    """The back end's id of the conversation, and the places of the mails that a flag is to be set on."""
    external_id = str(entry.payload.get("conversation") or "")
    if entry.conversation_id is None:
        return external_id, ()
    if not external_id:
        conversation = inbox.conversation(db, entry.conversation_id)
        external_id = conversation.external_id if conversation is not None else ""
    if "fields" not in entry.payload:
        return external_id, ()
    fields = entry.payload["fields"] or {}
    messages = fields.get("messages") or messages_of(db, entry.conversation_id)
    return external_id, tuple(list(place) for place in locations(db, messages))


def _file(cache: Cache, item: Mapping[str, Json]) -> OutboundFile:
    return OutboundFile(str(item["name"]), str(item["media_type"]), cache.blobs.get(str(item["sha256"])))


def _mail_line(fields: Mapping[str, Json] | None) -> MailLine | None:
    if not fields:
        return None
    return MailLine(
        message_id=str(fields["message_id"]),
        sender=str(fields["sender"]),
        to=tuple(fields["to"]),
        cc=tuple(fields.get("cc") or ()),
        bcc=tuple(fields.get("bcc") or ()),
        reply_to=str(fields.get("reply_to") or ""),
        in_reply_to=str(fields.get("in_reply_to") or ""),
        references=tuple(fields.get("references") or ()),
        date=int(fields.get("date") or 0),
        auto=bool(fields.get("auto")),
    )
