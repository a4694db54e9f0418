"""`python -m tests.support.schema_fixture` keeps a small cache of today's schema as SQL, for the tests of upgrades.

Run once when a step is added to the migrations; what is there already is never written again. Everything that ever was
on a user's machine stays upgradable by it.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from omnitui.model.conversations import Draft
from omnitui.model.states import Direction, MessageKind, ObjectKind, SendState, Verb
from omnitui.store import drafts
from omnitui.store.migrations import STEPS
from tests.support.store_desk import a_desk

FOLDER = Path(__file__).parents[1] / "fixtures" / "schema"
_SHADOWS = tuple(f"message_fts_{name}" for name in ("data", "idx", "docsize", "config"))


def fixture(version: int) -> Path:
    """Where the fixture of a schema lies."""
    return FOLDER / f"v{version}.sql"


def build(folder: Path) -> Path:
    """A small cache of today's schema with something of everything; its file."""
    with a_desk(folder) as desk:
        for number in range(8):
            desk.receive(text=f"Message {number}, 返品の件 {number}", external_id=f"m{number}")
        desk.receive(direction=Direction.OUTGOING, state=SendState.DELIVERED, text="An answer", author="me")
        other = desk.cache.write(lambda tx: desk.converse(tx, external_id="t2", subject="別の件"))
        desk.receive(other, text="Another matter", external_id="n1")
        op = desk.act(Verb.LABEL, ObjectKind.CONVERSATION, desk.conversation_id, {"labels": ["refund", "vip"]})
        desk.inverse(op)
        desk.act(Verb.STATUS, ObjectKind.CONVERSATION, other, {"status": "resolved"}, conversation_id=other)
        task = {
            "exists": True,
            "conversation_id": other,
            "kind": "call_back",
            "text": "電話する",
            "due_at": desk.clock.now(),
        }
        desk.act(Verb.TASK, ObjectKind.TASK, desk.cache.ids.new(), task, conversation_id=other)
        cause = desk.cache.ids.new()
        known = {"exists": True, "title": "決済障害", "severity": "sev1", "began_at": desk.clock.now()}
        desk.act(Verb.INCIDENT, ObjectKind.INCIDENT, cause, known)
        desk.act(Verb.CAUSE, ObjectKind.CONVERSATION, other, {"incident_id": cause}, conversation_id=other)
        desk.send("A reply that waits.", state=SendState.QUEUED)
        draft = Draft(desk.cache.ids.new(), other, MessageKind.PUBLIC, "half a sentence")
        desk.cache.write(lambda tx: drafts.save(tx, draft))
        return desk.cache.path


def dump(path: Path) -> Iterator[str]:
    """A closed cache as statements that make it anew, its full-text index included."""
    with closing(sqlite3.connect(path)) as db:
        things = db.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid").fetchall()
        tables = [(name, sql) for kind, name, sql in things if kind == "table" and not name.startswith("sqlite_")]
        for name, sql in tables:
            if name not in _SHADOWS:
                yield f"{sql};"
        for name, _sql in [*tables, ("sqlite_sequence", "")]:
            if name == "message_fts":
                continue
            if name in _SHADOWS:
                yield f"DELETE FROM {name};"
            columns = [f'"{row[1]}"' for row in db.execute(f"PRAGMA table_xinfo({name})") if row[6] == 0]
            quoted = " || ', ' || ".join(f"quote({column})" for column in columns)
            for (values,) in db.execute(f"SELECT {quoted} FROM {name}"):
                yield f"INSERT INTO {name}({', '.join(columns)}) VALUES ({values});"
        for kind, _name, sql in things:
            if kind != "table":
                yield f"{sql};"
        yield f"PRAGMA user_version = {db.execute('PRAGMA user_version').fetchone()[0]:d};"


def load(script: str, path: Path) -> Path:
    """Make a cache's file from a fixture's text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(f"BEGIN; {script} COMMIT;")
    return path


def main() -> int:
    """Write the fixture of today's schema where it is missing."""
    target = fixture(STEPS[-1].version)
    if target.exists():
        print(f"{target} is there already")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        target.write_text("\n".join(dump(build(Path(folder)))) + "\n", "utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
