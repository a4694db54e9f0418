"""A scripted day of an agent and a back end, in a process that is killed anywhere and begun again.

What was done is acknowledged by a line in `acknowledged` once its call returned; what a killed process left undone is
done by the next one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from omnitui.clock import MINUTE, SystemClock
from omnitui.model.states import SendState, Status
from omnitui.sdk import Idempotency
from omnitui.store import outbox
from omnitui.store.reads import oplog
from omnitui.store.reads.outbox import entries
from omnitui.sync import engine as engines
from omnitui.sync.engine import Engine
from tests.support.connector import a_message
from tests.support.forked import cut
from tests.support.sync_desk import PARSER, SyncDesk, a_mail

CHATS = 6
MAILS = 2
TAKEN_BACK = "taken back"


def day(folder: Path, idempotency: Idempotency) -> None:
    """Live the day, or the rest of it."""
    engines.QUIET_SECONDS = 0.01
    asyncio.run(_day(folder, idempotency))


async def _day(folder: Path, idempotency: Idempotency) -> None:
    desk = SyncDesk(folder, SystemClock(), idempotency=idempotency, size=3)
    desk.back_end.events += [
        *(a_message(number, conversation=f"c{number % 2}") for number in range(1, CHATS + 1)),
        *(a_mail(number, subject=f"Matter {number}") for number in range(1, MAILS + 1)),
    ]
    engine = Engine(desk.cache, desk.connect, parser=PARSER)
    await engine.once()
    acknowledged = folder / "acknowledged"
    done = acknowledged.read_text().split("\n") if acknowledged.exists() else []
    for name, act in _acts(desk):
        if name in done:
            continue
        act()
        with acknowledged.open("a") as file:
            file.write(f"{name}\n")
    for _try in range(200):
        await engine.once()
        if not desk.cache.read(outbox.due, desk.clock.now() + MINUTE) and not desk.cache.read(outbox.sending):
            break
        await asyncio.sleep(0.02)
    desk.close()


def _acts(desk: SyncDesk) -> list[tuple[str, Callable[[], object]]]:
    first, second = (next(one for one in desk.conversations() if one.external_id == name).id for name in ("c0", "c1"))
    operations = desk.operations

    def reply(conversation_id: str, text: str, hold: int = 0) -> None:
        # A process that was killed may have done it without saying so.
        if not any(message.text == text for message in desk.messages(conversation_id)):
            operations.reply(conversation_id, text, hold=hold)

    def take_back() -> None:
        found = [one for one in desk.messages(first) if one.text == TAKEN_BACK]
        for one in found:
            operations.undo(one.op_id)

    return [
        ("reply-0", lambda: reply(first, "reply-0")),
        ("label", lambda: operations.label([first], add=("urgent",))),
        ("held", lambda: reply(first, TAKEN_BACK, 60 * MINUTE)),
        ("read", lambda: operations.mark_read([first, second])),
        ("undo", take_back),
        ("reply-1", lambda: reply(second, "reply-1")),
        ("note", lambda: operations.note(second, "a note")),
        ("solve", lambda: operations.set_status([second], Status.RESOLVED)),
        ("reply-2", lambda: reply(first, "reply-2")),
    ]


def rehearse(folder: Path, idempotency: Idempotency, *, failpoint: str = "", seconds: float | None = None) -> bool:
    """Live the day in a process that ends at a failpoint or is killed after a time; whether it was."""
    errors = folder.parent / f"{folder.name}.errors"
    return cut(lambda: day(folder, idempotency), errors, failpoint=failpoint, seconds=seconds)


def check(folder: Path, idempotency: Idempotency) -> None:
    """What has to hold once the day is over, wherever it was cut."""
    desk = SyncDesk(folder, SystemClock(), idempotency=idempotency)
    try:
        acknowledged = (folder / "acknowledged").read_text().split("\n")[:-1]
        assert len(acknowledged) == len(set(acknowledged)) == len(_acts(desk))
        replies = [item for item in desk.back_end.sent() if item["verb"] == "reply"]
        keys, texts = [item["key"] for item in replies], [item["text"] for item in replies]
        assert len(keys) == len(set(keys)), "a customer got something twice"
        assert len(texts) == len(set(texts)), "a customer got something twice"
        assert TAKEN_BACK not in texts, "what was taken back was sent"
        messages = desk.messages()
        incoming = sorted(message.external_id for message in messages if message.state is None and not message.op_id)
        assert len(incoming) == len(set(incoming)) == CHATS + MAILS
        # Words wait behind whatever is unknown in their conversation, flags too.
        unknown = bool(desk.cache.read(entries, (SendState.UNKNOWN,)))
        for text in ("reply-0", "reply-1", "reply-2"):
            states = [message.state for message in messages if message.text == text]
            assert len(states) == 1, f"{text} is shown {len(states)} times"
            if states[0] is SendState.UNKNOWN:
                assert idempotency is Idempotency.UNKNOWABLE
            elif states[0] is SendState.QUEUED:
                assert unknown, "waits for nothing"
                assert text not in texts
            else:
                assert states[0] is SendState.ACCEPTED, states
                assert text in texts, "shown as sent, but it never arrived"
        assert sum(message.text == "a note" for message in messages) >= 1
        first, second = (next(one for one in desk.conversations() if one.external_id == name) for name in ("c0", "c1"))
        assert "urgent" in first.labels
        assert second.status is Status.RESOLVED
        assert desk.cache.read(oplog.verify_chain)
        assert desk.cache.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
        assert desk.cache.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []
    finally:
        desk.close()


def moments(seed: int, longest: float) -> Iterator[float]:
    """Random seconds at which days are cut, without end."""
    chance = random.Random(seed)
    while True:
        yield chance.uniform(0.0, longest)
