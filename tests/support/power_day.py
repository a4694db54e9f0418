"""A day of an agent and a back end for the power cuts, through the real operations and the real sync.

Each act is acknowledged by a line of JSON once its call returned. `python -m tests.support.power_day FOLDER COUNT`
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omnitui.clock import MINUTE, SystemClock
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind, Priority, Status
from omnitui.sdk import Idempotency
from omnitui.store import connection, drafts, writer
from omnitui.sync import engine as engines
from omnitui.sync.engine import Engine
from tests.support.connector import a_message
from tests.support.sync_desk import PARSER, SyncDesk

SERVER = "server.jsonl"
"""What the back end was sent: a file of another machine, which loses nothing when our power fails."""
PLACES = ("answers", "changes", "words")
"""Conversations: one for what is sent, one for what is taken back, one for what is only written."""
CUSTOMERS = 60
"""Messages that come in, in all."""


def blob_of(number: int) -> bytes:
    """What is kept as a file of that number; the first of a pair comes in, the second is sent by the agent."""
    return f"file {number // 2} ".encode() * (40 + 60 * (number % 6 // 2))


class Day:
    """The desk of the day, begun or as a power cut left it."""

    def __init__(self, folder: Path, come: int = CUSTOMERS) -> None:
        """`come` messages are there to be fetched."""
        engines.QUIET_SECONDS = 0.01
        self.desk = SyncDesk(folder, SystemClock(), idempotency=Idempotency.FINDABLE, size=2)
        self.come(come)
        self._runner = asyncio.Runner()
        self._engine = Engine(self.desk.cache, self.desk.connect, parser=PARSER)

    def come(self, count: int) -> None:
        """So many more messages are there."""
        have = len(self.desk.back_end.events)
        self.desk.back_end.events += [
            # A customer who writes after an answer was written would hold it back.
            a_message(
                number, f"from a customer {number}", conversation=PLACES[number if number < 3 else 1 + number % 2]
            )
            for number in range(have, have + count)
        ]

    def sync(self) -> None:
        """Bring in what came and send what waits."""
        self._runner.run(self._engine.once())

    def close(self) -> None:
        """The end of the day."""
        self._runner.close()
        self.desk.close()

    def place(self, name: str) -> str:
        """The id of a conversation."""
        return next(one.id for one in self.desk.conversations() if one.external_id == name)


def run(folder: Path, count: int) -> None:
    """Do `count` acts."""
    folder.mkdir(parents=True, exist_ok=True)
    day = Day(folder, 6)
    with (folder / "acknowledged").open("a") as file:

        def acknowledge(kind: str, **fields: Any) -> None:
            file.write(json.dumps({"kind": kind, **fields}) + "\n")
            file.flush()

        day.sync()
        acknowledge("begun")
        acts = Acts(day, acknowledge)
        for number in range(count):
            acts.act(number)
            if number % 30 == 29:
                # As the writer does when it is idle.
                db = connection.writer(day.desk.cache.path)
                writer._checkpoint(db)
                db.close()
    day.close()


class Acts:
    """What is done, drawn by lot."""

    def __init__(self, day: Day, acknowledge: Callable[..., None]) -> None:
        self._day = day
        self._tell = acknowledge
        self._cache = day.desk.cache
        self._operations = day.desk.operations
        self._chance = random.Random(7)
        self._answers, self._changes, self._words = (day.place(name) for name in PLACES)
        self._undoable: list[str] = []

    def act(self, number: int) -> None:
        """Do one thing, and say so."""
        kinds = {"reply": 4, "held": 1, "undo": 2, "label": 2, "field": 1, "note": 1, "draft": 4, "blob": 2, "sync": 3}
        kind = self._chance.choices(list(kinds), list(kinds.values()))[0]
        padding = " and so on" * self._chance.choice((0, 3, 200))
        match kind:
            case "reply":
                op = self._operations.reply(self._answers, f"answer {number}{padding}", hold=0)
                self._tell("reply", op=op.id, text=f"answer {number}{padding}")
            case "held":
                op = self._operations.reply(self._changes, f"held {number}", hold=60 * MINUTE)
                self._tell("held", op=op.id, text=f"held {number}")
                self._undoable.append(op.id)
            case "undo" if self._undoable:
                op_id = self._undoable.pop()
                assert not self._operations.undo(op_id).conflicts
                self._tell("undo", op=op_id)
            case "label":
                (op,) = self._operations.label([self._changes], add=(f"l{number}",))
                self._tell("op", op=op.id)
                self._undoable.append(op.id)
            case "field":
                priority = self._chance.choice(list(Priority))
                status = self._chance.choice((Status.OPEN, Status.WAITING))
                ops = self._operations.set_priority([self._words], priority)
                ops += self._operations.set_status([self._words], status)
                ops += self._operations.mark_read([self._words])
                for op in ops:
                    self._tell("op", op=op.id)
            case "note":
                op = self._operations.note(self._words, f"note {number}{padding}")
                self._tell("note", op=op.id, text=f"note {number}{padding}")
            case "draft":
                draft = Draft(self._cache.ids.new(), self._words, MessageKind.PUBLIC, f"{number} draft{padding}")
                self._cache.write(lambda tx: drafts.save(tx, draft))
                self._tell("draft", number=number)
            case "blob":
                self._cache.blobs.put(blob_of(number), durable=False)
                self._tell("blob", number=number, sha256=self._cache.blobs.put(blob_of(number)))
            case "sync":
                self._day.come(self._chance.randrange(4))
                self._day.sync()


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
