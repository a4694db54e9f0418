"""What a process does that syncs the profile in a folder with a back end in a file, to be killed anywhere.

It writes two replies on its first run, each acknowledged by a line in `acknowledged` once it is committed. One that
was committed before a kill is there at the next run: nobody writes it again.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from omnitui.clock import SystemClock
from omnitui.model.states import SendState
from omnitui.sdk import Idempotency
from omnitui.store.reads import outbox
from omnitui.sync import engine as engines
from omnitui.sync.engine import Engine
from tests.support.connector import a_message
from tests.support.sync_desk import PARSER, SyncDesk, a_mail

REPLIES = 2
CHATS = 4
MAILS = 3
EVENTS = CHATS + MAILS


def sync(folder: Path, idempotency: Idempotency) -> None:
    """Sync until nothing waits to leave."""
    engines.QUIET_SECONDS = 0.01
    asyncio.run(_sync(folder, idempotency))


async def _sync(folder: Path, idempotency: Idempotency) -> None:
    desk = SyncDesk(folder, SystemClock(), idempotency=idempotency, size=2)
    chat = [a_message(number, conversation=f"c{number % 2}") for number in range(1, CHATS + 1)]
    desk.back_end.events += [*chat, *(a_mail(number, subject=f"Matter {number}") for number in range(1, MAILS + 1))]
    engine = Engine(desk.cache, desk.connect, parser=PARSER)
    await engine.once()
    acknowledged = folder / "acknowledged"
    done = acknowledged.read_text().split() if acknowledged.exists() else []
    for number in range(len(done), REPLIES):
        text = f"reply-{number}"
        conversation = next(one for one in desk.conversations() if one.external_id == f"c{number % 2}")
        if text not in {message.text for message in desk.messages() if message.op_id}:
            desk.operations.reply(conversation.id, text)
        with acknowledged.open("a") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
    while True:
        await engine.once()
        waiting = (SendState.HELD, SendState.QUEUED, SendState.SENDING, SendState.DEFERRED)
        if not desk.cache.read(outbox.entries, waiting):
            break
        await asyncio.sleep(0.02)
    desk.close()
