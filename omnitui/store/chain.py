"""The op log's chain: each op's digest covers its own row, the digest of its texts, and the digest before it.

Whoever can write the file can compute digests anew. So each op has a seal beside it: a MAC over its digest by a key
that lies in the secret store. Ops of a process without the key are sealed by the next one that has it (`seal_tail`).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from omnitui.values import dataclass

_COLUMNS: Final = (
    "op.id, op.group_id, op.at, agent.id, op.verb, op.kind, op.object_id, account.id, conversation.id,"
    " op.base_revision, op.reach, op.undoes, op.redoes"
)
_ERASED: Final = ("{}", "{}", "")


class Fault(StrEnum):
    """What is wrong with the log from an op on."""

    ROW = "row"
    """The op was changed, or one before it was removed, moved or put in."""
    TEXT = "text"
    """Its texts were changed."""
    SEAL = "seal"
    """Its seal is wrong or gone: the log was written anew from here by somebody without the key."""
    END = "end"
    """Ops after it were removed, or written anew: the log ended elsewhere when it was last looked at."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ends: how many ops it has, and the digest of the newest."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What looking through the whole log has found."""

    head: Head
    """The end of the log; where something is wrong, the end of what is right."""
    sealed: int
    """So many ops from the first on have a seal."""
    fault: Fault | None = None
    op_id: str = ""
    """The first op that is wrong; empty where it is not there any more."""
    pk: int = 0
    """The number of the last op that is right."""


def payload_digest(before: str, after: str, reason: str) -> str:
    """SHA-256 over an op's texts, as they are stored."""
    return hashlib.sha256("\n".join((before, after, reason)).encode()).hexdigest()


def op_digest(last: str, columns: Sequence[object], payload: str) -> str:
    """SHA-256 over the digest before, an op's columns in the order of the table, and the digest of its texts."""
    parts = [last, *("" if value is None else str(value) for value in columns), payload]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def seal_of(key: bytes, digest: str) -> str:
    """The seal of the op with this digest, which covers all ops before it."""
    return mac(key, "op", digest)


def mac(key: bytes, use: str, text: str) -> str:
    """HMAC-SHA256 in hexadecimal; `use` keeps one kind of text from being taken for another."""
    import hmac

    return hmac.digest(key, f"omnitui {use}\n{text}".encode(), "sha256").hex()


def last_digest(db: sqlite3.Connection) -> str:
    """The digest of the newest op; "" for an empty log."""
    row = db.execute("SELECT digest FROM op ORDER BY pk DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def put_seal(db: sqlite3.Connection, key: bytes, pk: int, digest: str) -> None:
    """Seal a new op where the one before it is sealed: seals have no gaps."""
    db.execute(
        "INSERT INTO op_seal(op_pk, mac) SELECT ?1, ?2 WHERE coalesce((SELECT max(op_pk) FROM op_seal), 0)"
        " = coalesce((SELECT max(pk) FROM op WHERE pk < ?1), 0)",
        (pk, seal_of(key, digest)),
    )


def verify(db: sqlite3.Connection, key: bytes | None = None, expected: Head | None = None) -> Verdict:
    """Look through the whole log; erased texts are no fault.

    Args:
        db: The cache.
        key: Tries the seals too; without it somebody who computed all digests anew is not found out.
        expected: An end that the log once had, and has to have reached.
    """
    return _walk(db, key, expected, Verdict(Head(0, ""), 0))


def seal_tail(db: sqlite3.Connection, key: bytes, expected: Head | None = None) -> Verdict:
    """Seal the ops that have none yet, as far as the chain is whole; what is wrong stays without.

    Args:
        db: A connection that may write.
        key: The key of seals.
        expected: Where the seals ended when they were last written.
    """
    new: list[tuple[int, str]] = []
    found = _walk(db, key, expected, _after_seals(db, key, expected), new)
    if found.fault is None:
        db.executemany("INSERT INTO op_seal(op_pk, mac) VALUES (?, ?)", new)
        return Verdict(found.head, found.head.count, pk=found.pk)
    return found


def drop_seals(db: sqlite3.Connection) -> None:
    """Take all seals off, for a log that is accepted as it is."""
    db.execute("DELETE FROM op_seal")


def faulty(verdict: Verdict, fault: Fault) -> Verdict:
    """A verdict on a log that looks right by itself, and is not."""
    return Verdict(verdict.head, verdict.sealed, fault, pk=verdict.pk)


def _after_seals(db: sqlite3.Connection, key: bytes, expected: Head | None) -> Verdict:
    """Where to begin to seal: behind the newest seal where that is right and nothing speaks against it, else at 0."""
    row = db.execute(
        "SELECT op.pk, op.digest, op_seal.mac, (SELECT count(*) FROM op_seal) FROM op_seal JOIN op ON op.pk = op_pk"
        " ORDER BY op_pk DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return Verdict(Head(0, ""), 0)
    pk, digest, seal, count = row
    whole = count == db.execute("SELECT count(*) FROM op WHERE pk <= ?", (pk,)).fetchone()[0]
    if not whole or seal != seal_of(key, digest) or not _passed(db, Head(count, digest), pk, expected):
        return Verdict(Head(0, ""), 0)
    return Verdict(Head(count, digest), count, pk=pk)


def _passed(db: sqlite3.Connection, sealed: Head, pk: int, expected: Head | None) -> bool:
    """Whether the sealed part of the log, up to the op `pk`, goes through an end that it once had.

    Its length alone says nothing: ops of a process with the key may stand in the place of others that were cut off.
    """
    if expected is None or not expected.count:
        return True
    row = db.execute(
        "SELECT digest FROM op WHERE pk <= ? ORDER BY pk DESC LIMIT 1 OFFSET ?", (pk, sealed.count - expected.count)
    ).fetchone()
    return expected.count <= sealed.count and row is not None and row[0] == expected.digest


def _walk(
    db: sqlite3.Connection,
    key: bytes | None,
    expected: Head | None,
    start: Verdict,
    new: list[tuple[int, str]] | None = None,
) -> Verdict:
    count, last, last_pk, sealed = start.head.count, start.head.digest, start.pk, start.sealed
    until = db.execute("SELECT coalesce(max(op_pk), 0) FROM op_seal").fetchone()[0] if key else 0
    for pk, op_id, fault, digest, seal in _rows(db, last, last_pk):
        if fault is None and key is not None:
            wanted = seal_of(key, digest)
            if seal != wanted if pk <= until else seal is not None:
                fault = Fault.SEAL
            elif seal is None and new is not None:
                new.append((pk, wanted))
        if fault is None and expected is not None and expected.count == count + 1 and expected.digest != digest:
            fault = Fault.END
        if fault is not None:
            return Verdict(Head(count, last), sealed, fault, op_id, last_pk)
        count, last, last_pk, sealed = count + 1, digest, pk, sealed + (seal is not None)
    short = expected is not None and expected.count > count
    return Verdict(Head(count, last), sealed, Fault.END if short else None, "", last_pk)


def _rows(db: sqlite3.Connection, last: str, behind: int) -> Iterator[tuple[int, str, Fault | None, str, str | None]]:
    """Each op behind one, with what is wrong with it by itself, its digest and its seal."""
    rows = db.execute(
        f"SELECT op.pk, {_COLUMNS}, op.payload_digest, op.digest, s.mac, p.before, p.after, p.reason, p.erased_at"
        " FROM op LEFT JOIN agent ON agent.pk = op.author_pk LEFT JOIN account ON account.pk = op.account_pk"
        " LEFT JOIN conversation ON conversation.pk = op.conversation_pk LEFT JOIN op_payload p ON p.op_pk = op.pk"
        " LEFT JOIN op_seal s ON s.op_pk = op.pk WHERE op.pk > ? ORDER BY op.pk",
        (behind,),
    )
    for pk, *columns, payload, digest, seal, before, after, reason, erased_at in rows:
        fault: Fault | None = None
        if op_digest(last, columns, payload) != digest:
            fault = Fault.ROW
        elif before is None or (
            (before, after, reason) != _ERASED
            if erased_at is not None
            else payload_digest(before, after, reason) != payload
        ):
            fault = Fault.TEXT
        yield pk, columns[0], fault, digest, seal
        last = digest
