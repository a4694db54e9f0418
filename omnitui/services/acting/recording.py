"""How a change becomes an op: read what is, record before and after, apply it, put it on its way; one commit."""

from __future__ import annotations

from omnitui.clock import Millis
from omnitui.errors import NotFound
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Fields, Op, OutboxEntry
from omnitui.model.states import ENDS, ObjectKind, Reach, SendState, Verb
from omnitui.sdk import snapshot
from omnitui.store import oplog, outbox
from omnitui.store.reads import accounts, history, inbox
from omnitui.store.writer import Tx
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Intent:
    """What an agent wants of one object."""

    verb: Verb
    kind: ObjectKind
    object_id: Ulid
    after: Fields
    conversation_id: Ulid | None = None
    reason: str = ""
    undoes: Ulid | None = None
    redoes: Ulid | None = None
    op_id: Ulid | None = None
    """Given where the object must name its op."""


def record(tx: Tx, author_id: Ulid, group_id: Ulid, intent: Intent, *, travels: bool = True) -> Op | None:
    """Record and apply one change; None where nothing would change, unless it takes back or repeats another op.

    Args:
        tx: The commit.
        author_id: Who changes it.
        group_id: The act it belongs to.
        intent: What is wanted.
        travels: False where the back end never heard of what this takes back.

    Raises:
        NotFound: There is no such object.
    """
    names = compared(intent.kind, intent.after)
    before, revision = oplog.current(tx, intent.kind, intent.object_id, names)
    changes = before != {name: intent.after[name] for name in names}
    if not changes and intent.undoes is None and intent.redoes is None:
        return None
    account_id, channel = _place(tx, intent.conversation_id)
    reach = _reach(tx, account_id, channel, intent.verb) if travels and changes else Reach.LOCAL
    op = oplog.append(
        tx,
        Op(
            id=intent.op_id or tx.ids.new(),
            group_id=group_id,
            at=tx.now(),
            author_id=author_id,
            verb=intent.verb,
            kind=intent.kind,
            object_id=intent.object_id,
            account_id=account_id,
            before=before,
            after=intent.after,
            base_revision=revision,
            reach=reach,
            reason=intent.reason,
            undoes=intent.undoes,
            redoes=intent.redoes,
            conversation_id=intent.conversation_id,
        ),
    )
    oplog.apply(tx, op)
    if reach is not Reach.LOCAL and intent.verb not in (Verb.REPLY, Verb.NEW):
        fields = _for_back_end(tx, op)
        enqueue(tx, op, {"fields": fields, "channel": channel}, due_at=tx.now())
    return op


def compared(kind: ObjectKind, after: Fields) -> tuple[str, ...]:
    """The fields by which one sees whether an op still holds: of a made object only that it is there."""
    made = kind not in (ObjectKind.CONVERSATION, ObjectKind.CONTACT) and "exists" in after
    return ("exists",) if made else tuple(after)


def enqueue(
    tx: Tx,
    op: Op,
    payload: Fields,
    *,
    due_at: Millis,
    held: bool = False,
    message_id: Ulid | None = None,
) -> None:
    """Put an op on its way: held until `due_at`, or queued."""
    outbox.put(
        tx,
        OutboxEntry(
            op_id=op.id,
            account_id=op.account_id,
            conversation_id=op.conversation_id,
            verb=op.verb,
            state=SendState.HELD if held else SendState.QUEUED,
            idempotency_key=op.id,
            due_at=due_at,
            message_id=message_id,
            payload=payload,
        ),
    )


def _place(tx: Tx, conversation_id: Ulid | None) -> tuple[Ulid, str]:
    """The account and channel of a conversation; empty for what belongs to none."""
    if conversation_id is None:
        return "", ""
    found = inbox.place(tx.db, conversation_id)
    if found is None:
        raise NotFound(_("there is no conversation {id}").format(id=conversation_id))
    return found


def _reach(tx: Tx, account_id: Ulid, channel: str, verb: Verb) -> Reach:
    if verb in (Verb.REPLY, Verb.NEW):
        return Reach.REMOTE
    if not account_id:
        return Reach.LOCAL
    capabilities = snapshot.read(accounts.capabilities(tx.db, account_id), channel)
    return capabilities.reach.get(verb, Reach.LOCAL)


def _for_back_end(tx: Tx, op: Op) -> dict[str, Json]:
    """An op's values in the words that connectors are told: see `omnitui.sdk.Outbound.fields`."""
    match op.verb:
        case Verb.READ:
            return {"read": not op.after["unread"], "messages": sorted({*op.before["unread"], *op.after["unread"]})}
        case Verb.LABEL:
            before, after = set(op.before["labels"]), set(op.after["labels"])
            return {"labels": sorted(after), "add": sorted(after - before), "remove": sorted(before - after)}
        case Verb.ASSIGN:
            agents = {agent.id: agent for agent in accounts.agents(tx.db)}
            agent = agents.get(op.after["assignee_id"])
            return {
                "assignee": agent.addresses[0] if agent and agent.addresses else "",
                "name": agent.name if agent else "",
            }
        case Verb.EDIT | Verb.DELETE:
            message = history.message(tx.db, op.object_id)
            text = {"text": op.after["text"]} if op.verb is Verb.EDIT else {}
            return {"message": message.external_id if message else "", **text}
        case Verb.SNOOZE if op.after.get("snoozed_until") == ENDS:
            return {**op.after, "snoozed_until": None}
        case _:
            return dict(op.after)
