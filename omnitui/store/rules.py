"""What is kept of rules: which are in force, what waits for a time, what fired, which were cut."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.rules.rule import SPAN, Rule, heard
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind, What
from omnitui.store.reads.merging import AMONG
from omnitui.store.reads.rules import Firing, Waiting, stands, states
from omnitui.store.rows import find, pk_of
from omnitui.store.rule_journal import AGREEMENT, IN_FORCE, in_force, journal
from omnitui.store.writer import Tx

KEPT: Final = 64
"""Firings of a rule on one conversation that are kept, the newest."""
_AGREEMENTS: Final = {What.WARNED: "sla_warn_at", What.BREACHED: "sla_due_at"}


def put_in_force(tx: Tx, rules: Collection[Rule], faulty: Collection[str] = ()) -> bool:
    """Have these rules, and no others, be in force from now on; False where they are already.

    Those that were keep what waits for a time, as far as they still say so. So do the `faulty`, of which nobody knows
    what they say: it waits until they are mended.
    """
    known, wanted = states(tx.db), {rule.name: rule for rule in rules}
    before, since = in_force(tx.db)
    listened = heard(wanted.values())
    # Since a time that is still to come: the clock was ahead then.
    ahead = tx.db.execute("UPDATE rule_state SET since_at = ?1 WHERE since_at > ?1", (tx.now(),)).rowcount > 0
    standing = {name for name, state in known.items() if state.since_at is not None}
    if standing == set(wanted) and before == listened and not ahead:
        return _clocks(tx, wanted, faulty)
    (last,) = tx.db.execute("SELECT max(seq) FROM sqlite_sequence WHERE name = 'rule_event'").fetchone()
    for name in standing - set(wanted):
        tx.db.execute("UPDATE rule_state SET since_at = NULL WHERE name = ?", (name,))
        tx.changed(ObjectKind.RULE, name)
    for name in set(wanted) - standing:
        tx.db.execute(
            "INSERT INTO rule_state(name, since_at, since_pk) VALUES (?, ?, ?)"
            " ON CONFLICT(name) DO UPDATE SET since_at = excluded.since_at, since_pk = excluded.since_pk",
            (name, tx.now(), last or 0),
        )
        tx.changed(ObjectKind.RULE, name)
    _listen(tx, listened, before, since)
    _clocks(tx, wanted, faulty)
    return True


def _listen(tx: Tx, listened: frozenset[What], before: frozenset[What], since: Millis) -> None:
    tx.journal = None
    if not listened:
        tx.db.execute("DELETE FROM meta WHERE name = ?", (IN_FORCE,))
        tx.db.execute("DELETE FROM rule_event")
    else:
        text = json.dumps({"heard": sorted(listened), "since": min(since, tx.now()) if before else tx.now()})
        tx.db.execute("INSERT OR REPLACE INTO meta(name, value) VALUES (?, ?)", (IN_FORCE, text))
    for what, column in _AGREEMENTS.items():
        if what in before - listened:
            tx.db.execute("DELETE FROM rule_timer WHERE name = ? AND clock = ?", (AGREEMENT, what.value))
        elif what in listened - before:
            tx.db.execute(
                "INSERT OR REPLACE INTO rule_timer(name, clock, conversation_pk, due_at, at, what)"
                f" SELECT ?1, ?2, pk, {column}, {column}, ?2 FROM conversation WHERE {column} > ?3"
                f" AND (?2 <> '{What.WARNED}' OR {column} < sla_due_at)",
                (AGREEMENT, what.value, tx.now()),
            )


def _clocks(tx: Tx, wanted: dict[str, Rule], faulty: Collection[str]) -> bool:
    """Drop the times that no rule in force says any more, and no faulty one may say; whether there were timers."""
    tx.db.execute(
        "UPDATE rule_state SET times = '', next_at = NULL WHERE times <> ''"
        " AND name NOT IN (SELECT value FROM json_each(?))",
        (json.dumps([*wanted, *faulty]),),
    )
    said = json.dumps([f"{name} {on.words}" for name, rule in wanted.items() for on in rule.events if on.after])
    done = tx.db.execute(
        "DELETE FROM rule_timer WHERE name <> ?1 AND name || ' ' || clock NOT IN (SELECT value FROM json_each(?2))"
        " AND name NOT IN (SELECT value FROM json_each(?3))",
        (AGREEMENT, said, json.dumps([*faulty])),
    )
    return done.rowcount > 0


def set_times(tx: Tx, name: str, times: str, next_at: Millis | None) -> None:
    """Say when a rule's time comes next."""
    tx.db.execute("UPDATE rule_state SET times = ?, next_at = ?, reached = 0 WHERE name = ?", (times, next_at, name))


def reach(tx: Tx, name: str, row: int) -> None:
    """Note how far the conversations were gone through for a time that has come."""
    tx.db.execute("UPDATE rule_state SET reached = ? WHERE name = ?", (row, name))


def done_with(tx: Tx, waiting: Waiting) -> None:
    """Rules were asked about it, and about all events before it."""
    if waiting.pk:
        tx.db.execute("DELETE FROM rule_event WHERE pk <= ?", (waiting.pk,))
    else:
        tx.db.execute(
            "DELETE FROM rule_timer WHERE name = ? AND clock = ? AND conversation_pk = ?",
            (waiting.name, waiting.clock, waiting.row),
        )


def asked(tx: Tx, waiting: Waiting, names: Iterable[str]) -> None:
    """These rules were asked about an event, as all were about those before it; others are still to be."""
    tx.db.execute("DELETE FROM rule_event WHERE pk < ?", (waiting.pk,))
    tx.db.execute("UPDATE rule_event SET asked = ? WHERE pk = ?", (" ".join(names), waiting.pk))


def fall_due(tx: Tx, waiting: Waiting) -> None:
    """An agreement's time has come: from now on it is an event like others. Nothing, where it is due otherwise now."""
    if not stands(tx.db, waiting):
        return
    tx.db.execute(
        "INSERT INTO rule_event(at, what, conversation_pk) VALUES (?, ?, ?)",
        (waiting.due_at, waiting.happened.what.value, waiting.row),
    )
    done_with(tx, waiting)


def set_timer(tx: Tx, name: str, clock: str, waiting: Waiting, due_at: Millis) -> None:
    """Look at a conversation for a rule when a time has come; in place of what waited for it before."""
    happened = waiting.happened
    drop_timer(tx, name, clock, happened.conversation_id)
    tx.db.execute(
        "INSERT INTO rule_timer(name, clock, conversation_pk, due_at, at, what, subject, was, message_pk,"
        " firing_pk) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            name,
            clock,
            pk_of(tx, "conversation", happened.conversation_id),
            due_at,
            happened.at,
            happened.what.value,
            happened.subject,
            happened.before,
            find(tx, "message", happened.message_id) if happened.message_id else None,
            waiting.cause,
        ),
    )


def drop_timer(tx: Tx, name: str, clock: str, conversation_id: Ulid) -> None:
    """Look no more, in none of its parts: it happened again, and the query did not hold."""
    tx.db.execute(
        f"DELETE FROM rule_timer WHERE name = :name AND clock = :clock AND conversation_pk IN ({AMONG})",
        {"name": name, "clock": clock, "of": conversation_id},
    )


def begin_firing(tx: Tx, firing: Firing, at: Millis, *, replied: bool, cause: int | None) -> int:
    """Keep that a rule fires, for something that happened `at`; what happens from here on in this work follows from it.

    Returns:
        Its row.
    """
    cursor = tx.db.execute(
        "INSERT INTO rule_firing(id, name, conversation_pk, at, fired_at, why, replied, firing_pk)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            firing.id,
            firing.name,
            pk_of(tx, "conversation", firing.conversation_id),
            at,
            firing.at,
            firing.why,
            int(replied),
            cause,
        ),
    )
    pk = int(cursor.lastrowid or 0)
    _prune(tx, firing)
    journal(tx).cause = pk
    tx.changed(ObjectKind.RULE, firing.name)
    return pk


def _prune(tx: Tx, firing: Firing) -> None:
    """Forget what a rule did on a conversation before its last KEPT firings there, unless something waits for it still.

    `once` and what is too often depend on the newest ones alone; ops, and so undo and blame, are not touched.
    """
    tx.db.execute(
        "DELETE FROM rule_firing WHERE pk IN (SELECT pk FROM rule_firing WHERE conversation_pk = ?1 AND name = ?2"
        " ORDER BY at DESC, pk DESC LIMIT -1 OFFSET ?3) AND max(at, fired_at) < ?4 AND pk NOT IN"
        " (SELECT firing_pk FROM rule_timer WHERE conversation_pk = ?1 AND firing_pk IS NOT NULL)",
        (pk_of(tx, "conversation", firing.conversation_id), firing.name, KEPT, tx.now() - SPAN),
    )


def cut(tx: Tx, name: str, why: str) -> None:
    """Switch a rule off, until somebody switches it on again."""
    tx.db.execute("UPDATE rule_state SET cut_at = ?, cut_why = ? WHERE name = ?", (tx.now(), why, name))
    tx.changed(ObjectKind.RULE, name)


def mend(tx: Tx, name: str) -> None:
    """Let a rule be in force again that was cut, and forget what it could not do."""
    tx.db.execute(
        "UPDATE rule_state SET cut_at = NULL, cut_why = '', failed_at = NULL, failed_why = '' WHERE name = ?", (name,)
    )
    tx.changed(ObjectKind.RULE, name)


def fail(tx: Tx, name: str, why: str) -> None:
    """Keep why a rule could not do what it says."""
    tx.db.execute("UPDATE rule_state SET failed_at = ?, failed_why = ? WHERE name = ?", (tx.now(), why, name))
    tx.changed(ObjectKind.RULE, name)


def note_trial(tx: Tx, name: str, digest: str) -> None:
    """Keep that a rule was tried, as it is by that digest."""
    tx.db.execute(
        "INSERT INTO rule_state(name, tried_at, tried_digest) VALUES (?, ?, ?)"
        " ON CONFLICT(name) DO UPDATE SET tried_at = excluded.tried_at, tried_digest = excluded.tried_digest",
        (name, tx.now(), digest),
    )
    tx.changed(ObjectKind.RULE, name)
