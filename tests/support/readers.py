"""Every read function of the store, found by itself, with arguments out of one filled cache."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any, Final

from omnitui.clock import DAY, HOUR
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.desk.querying.asof import Asked
from omnitui.desk.querying.parsing import parse
from omnitui.desk.querying.terms import Query
from omnitui.desk.rules.rule import On, Rule
from omnitui.errors import UsageError
from omnitui.model.accounts import Account, LedgerEntry
from omnitui.model.conversations import Draft
from omnitui.model.operations import Op, OutboxEntry
from omnitui.model.people import Link
from omnitui.model.states import (
    ENDS,
    NO_END,
    Direction,
    MessageKind,
    ObjectKind,
    Priority,
    Reach,
    SendState,
    Status,
    Verb,
    What,
)
from omnitui.store import accounts, contacts, drafts, incidents, oplog, outbox, presence, reads, rules, sla, tasks
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import past, people
from omnitui.store.reads import rules as ruled
from omnitui.store.reads.belongings import Doomed
from omnitui.store.reads.compile import Condition
from omnitui.store.writer import Tx
from tests.support.desk import a_contact, a_conversation, a_message

Reader = tuple[str, Callable[..., Any], dict[str, Any]]
QUERIES: Final = (
    "",
    "is:open",
    "is:all",
    "返金",
    "返金 OR refund",
    "-返金 is:open",
    '"返金 を" label:vip',
    "from:ann channel:email has:attachment",
    "assignee:none priority:>=high unanswered:>1h",
    "org:maple OR segment:vip OR inbox:shop@example.com OR account:shop",
    "has:note OR has:draft OR is:failed OR is:unread",
    "subject:order after:7d",
    "incident:決済",
)


def filled(cache: Cache) -> dict[str, Any]:
    """Fill a cache with a little of everything; the arguments of read functions, by name."""
    ann = a_contact(cache, "Ann Stone", organization="Maple", segment="vip", fields={"plan": "gold"})
    first = a_conversation(
        cache, "返金をお願いします", contact="Ann Stone", subject="Order A12", labels=("vip", "返品"), assignee="Mia"
    )
    caller = a_conversation(
        cache, "[call] missed", contact="Ann Stone", channel="voice", assignee=cache.me().name
    ).contact_id
    second = a_conversation(cache, "refund please", contact="Bo", priority=Priority.HIGH)
    a_conversation(cache, "buy now", contact="Spammer", fields={"flags": ["spam"]})
    a_conversation(cache, "later", contact="Cy", status=Status.SNOOZED, fields={"snoozed_until": cache.clock.now() + 1})
    asked = a_message(cache, first.id, "here is the picture", files=("photo.jpg", "請求書.pdf"), external_id="m1")
    answer = a_message(cache, first.id, "thank you", direction=Direction.OUTGOING, state=SendState.QUEUED, answers="m1")
    soon = a_message(cache, first.id, "soon", direction=Direction.OUTGOING)
    a_message(cache, second.id, "he is angry", direction=Direction.OUTGOING, kind=MessageKind.NOTE)
    bo = a_contact(cache, "Bo", language="en")
    me = cache.me()
    asking = Op(
        cache.ids.new(), cache.ids.new(), cache.clock.now(), me.id, Verb.REPLY, ObjectKind.MESSAGE, soon.id,
        first.account_id, {"exists": False}, {"exists": True, "csat": {"until": NO_END, "quiet": True}}, 0,
        conversation_id=first.id,
    )  # fmt: skip
    leaving = OutboxEntry(
        asking.id, first.account_id, first.id, Verb.REPLY, SendState.ACCEPTED, asking.id, 0, message_id=soon.id
    )
    cache.write(lambda tx: oplog.append(tx, asking))
    cache.write(lambda tx: outbox.put(tx, leaving))
    gone = Account(cache.ids.new(), "demo", "Gone")

    def work(tx: Tx) -> tuple[Op, Op]:
        contacts.put_link(tx, Link(tx.ids.new(), ann, bo, "same voice", me.id, tx.now()))
        for written in ("Dear Madam", "Dear Ann"):
            drafts.drop(tx, first.id, MessageKind.PUBLIC)
            drafts.save(tx, Draft(tx.ids.new(), first.id, MessageKind.PUBLIC, written, updated_at=tx.now()))
        drafts.save(tx, Draft(tx.ids.new(), "", MessageKind.PUBLIC, "Dear stranger", updated_at=tx.now()))
        accounts.set_capabilities(tx, first.account_id, {"email": {"edit": False}})
        accounts.set_templates(tx, first.account_id, [{"name": "order"}])
        accounts.put_account(tx, gone)
        accounts.remove_account(tx, gone.id)
        inflow.change_conversation(tx, first.id, {"external_id": "c1"})
        inflow.rate(tx, first.id, 4, "4", "good", tx.now())
        inflow.put_ledger(tx, LedgerEntry(first.account_id, "INBOX", "ok", tx.now()))
        inflow.put_ledger(tx, LedgerEntry(first.account_id, "", "ok", tx.now()))
        ops = []
        for verb, before, after in (
            (Verb.STATUS, {"status": "open"}, {"status": "waiting"}),
            (Verb.PRIORITY, {"priority": "normal"}, {"priority": "urgent"}),
        ):
            own = tx.ids.new()
            op = Op(
                own, own, tx.now(), me.id, verb, ObjectKind.CONVERSATION, first.id, first.account_id, before, after, 1,
                Reach.REMOTE, "because", conversation_id=first.id,
            )  # fmt: skip
            ops.append(oplog.append(tx, op))
            oplog.apply(tx, op)
        key = tx.ids.new()
        outbox.put(
            tx,
            OutboxEntry(
                ops[0].id, first.account_id, first.id, Verb.REPLY, SendState.QUEUED, key, tx.now(), message_id=answer.id
            ),
        )
        undo = tx.ids.new()
        oplog.append(
            tx,
            Op(
                undo, undo, tx.now(), me.id, Verb.PRIORITY, ObjectKind.CONVERSATION, first.id, first.account_id,
                {"priority": "urgent"}, {"priority": "normal"}, 2, undoes=ops[1].id, conversation_id=first.id,
            ),
        )  # fmt: skip
        return ops[0], ops[1]

    incident_id = cache.ids.new()
    over = {"exists": True, "title": "Late parcels", "severity": "sev4", "ended_at": cache.clock.now()}
    cache.write(lambda tx: incidents.set_incident(tx, tx.ids.new(), over))
    cause = Op(
        incident_id, incident_id, cache.clock.now(), me.id, Verb.INCIDENT, ObjectKind.INCIDENT, incident_id, "",
        {"exists": False}, {"exists": True, "title": "決済障害", "severity": "sev1"}, 0,
    )  # fmt: skip
    cache.write(lambda tx: oplog.apply(tx, oplog.append(tx, cause)))
    asleep = {"incident_id": incident_id, "status": "snoozed", "snoozed_until": ENDS}
    cache.write(lambda tx: inflow.change_conversation(tx, second.id, asleep))
    op, _undone = cache.write(work)
    task_id = cache.ids.new()
    told = {"kind": "call_back", "text": "about the refund", "due_at": cache.clock.now(), "assignee_id": me.id}
    cache.write(lambda tx: tasks.put_task(tx, task_id, first.id, told))
    cache.write(lambda tx: contacts.give_address(tx, first.account_id, ann, "voice", "+81312345678", "said so"))
    cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("all", first=HOUR, next=HOUR, resolution=DAY),))))
    cache.write(lambda tx: sla.sweep(tx, 1))
    cache.write(lambda tx: sla.note_origin(tx, "a file"))
    cache.write(lambda tx: presence.set_away(tx, me.id, NO_END))
    cache.write(lambda tx: presence.take_turn(tx, "", me.id, tx.ids.new()))
    now = cache.clock.now()
    waiting = _ruled(cache, first.id)
    return {
        "account_id": first.account_id,
        "after": 0,
        "address": "ann.stone@example.com",
        "agent_id": me.id,
        "role": 1,
        "asked": Asked(lambda at: parse("返金 -from:zoe is:open", now=at, me=me.id, zone=UTC), now),
        "at": now,
        "author_id": me.id,
        "before": now + DAY,
        "but": (),
        "cap": 1000,
        "cause": 1,
        "channel": "email",
        "contact_id": ann,
        "contact_ids": (ann,),
        "contacts": (1,),
        "conversation_id": first.id,
        "conversation_pk": 1,
        "inbox_id": first.inbox_id,
        "incident_id": incident_id,
        "kind": MessageKind.PUBLIC,
        "ids": (first.id,),
        "limit": 50,
        "conversations": (first.id, second.id),
        "external_id": "c1",
        "expression": 'stone OR "or"*',
        "doomed": Doomed((1,), (1,), (1, 2)),
        "me": me.id,
        "message_id": asked.id,
        "messages": (asked.id, answer.id),
        "name": "Shop",
        "now": now + DAY,
        "number": cache.read(people.identities, caller)[0].address,
        "object_id": first.id,
        "of": first.id,
        "op": op,
        "op_id": op.id,
        "op_or_group_id": op.group_id,
        "organization_id": cache.read(lambda db: db.execute("SELECT id FROM organization").fetchone()[0]),
        "part": "stone",
        "pks": (1, 2),
        "pool": "",
        "policies": (Policy("all", first=HOUR),),
        "query": [parse(text, now=now, me=me.id, zone=UTC) for text in QUERIES],
        "queries": {"open": parse("is:open", now=now, me=me.id, zone=UTC)},
        "rows": Condition("IN (?, ?)", (1, 2)),
        "scope": "INBOX",
        "seconds": 60.0,
        "since": 0,
        "sql": "SELECT 1",
        "task_id": task_id,
        "until": None,
        "verbs": (Verb.REPLY,),
        "waiting": waiting,
        "were_open": (),
        "words": ("order",),
        "text": first.id[-6:],
    }


def _ruled(cache: Cache, conversation_id: str) -> ruled.Waiting:
    """A rule that fired, something that rules are to be asked about, and something that is due."""
    rule = Rule("vip", "VIP", (On(What.LABELLED), On(What.LABELLED, after=HOUR)), ())
    cache.write(lambda tx: rules.put_in_force(tx, [rule]))
    cache.write(lambda tx: inflow.change_conversation(tx, conversation_id, {"labels": ["vip", "new"]}))
    waiting = cache.read(ruled.events, 1)[0]
    fired = ruled.Firing(cache.ids.new(), "vip", conversation_id, cache.clock.now(), "a label")
    cache.write(lambda tx: rules.begin_firing(tx, fired, fired.at, replied=True, cause=None))
    cache.write(lambda tx: rules.set_timer(tx, "vip", rule.events[1].words, waiting, cache.clock.now()))
    return waiting


def readers(arguments: dict[str, Any]) -> Iterator[Reader]:
    """Name, function and keyword arguments of every call that covers the package `omnitui.store.reads`.

    `glance` runs statements of `inbox`, and `spool` reads another file: both are left out.

    Raises:
        KeyError: A function takes an argument that `filled` does not provide.
    """
    for info in pkgutil.iter_modules(reads.__path__):
        if info.name == "spool":
            continue
        module = importlib.import_module(f"{reads.__name__}.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_") or name in ("prepare", "glance"):
                continue
            parameters = inspect.signature(function).parameters
            if next(iter(parameters), "") != "db":
                continue
            required = [
                parameter.name
                for parameter in list(parameters.values())[1:]
                if parameter.default is inspect.Parameter.empty
            ]
            fixed = {name: arguments[name] for name in required if name != "query"}
            optional = {
                name: arguments[name]
                for name in ("conversation_id", "account_id")
                if name in parameters and name not in fixed
            }
            for query in arguments["query"] if "query" in required else [None]:
                if info.name == "past" and query is not None and not _known_then(query):
                    continue
                given = fixed if query is None else {**fixed, "query": query}
                yield f"{info.name}.{name}", function, given
                if optional:
                    yield f"{info.name}.{name}", function, {**given, **optional}


def _known_then(query: Query) -> bool:
    """Whether a query asks only what is known of the past."""
    try:
        past.check(query.node)
    except UsageError:
        return False
    return True


def result(db: sqlite3.Connection, function: Callable[..., Any], given: dict[str, Any]) -> Any:
    """What a read function returns, with iterators run to their end."""
    found = function(db, **given)
    return list(found) if isinstance(found, Iterator) else found
