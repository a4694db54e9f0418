"""Programs of the user's that are run when something happens: executables in the hooks folder, by the event's name."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.services import records
from omnitui.store.reads import history, inbox
from omnitui.text.safe import safe

if TYPE_CHECKING:
    import sqlite3

    from omnitui.ids import Ulid
    from omnitui.model.operations import OutboxEntry
    from omnitui.paths import Profile
    from omnitui.store.cache import Cache

LOG = logger(__name__)

BEFORE_SEND: Final = "before_send"
MESSAGE_RECEIVED: Final = "message_received"
AFTER_SEND: Final = "after_send"
CONVERSATION_RESOLVED: Final = "conversation_resolved"
AFTER: Final = (MESSAGE_RECEIVED, AFTER_SEND, CONVERSATION_RESOLVED)
"""Events that have come to pass: what a hook says to them changes nothing."""
EVENTS: Final = (BEFORE_SEND, *AFTER)


def found(folder: Path, event: str) -> list[Path]:
    """The hooks of an event, in the order of their names: `before_send`, `before_send.10-spelling`."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return []
    return [folder / name for name in names if name == event or name.startswith(f"{event}.")]


def fault(path: Path) -> str:
    """Why a hook is not run; "" where it is."""
    for one in (path.parent, path):
        try:
            held = one.stat()
        except OSError as error:
            return _("{file} cannot be read: {why}").format(file=one, why=error.strerror)
        if held.st_mode & 0o022 or held.st_uid not in (0, os.getuid()):
            return _("{file} may be written by other users").format(file=one)
    if not stat.S_ISREG(path.stat().st_mode) or not os.access(path, os.X_OK):
        return _("{file} is no program that can be run").format(file=path)
    return ""


class Hooks:
    """The hooks of one profile."""

    def __init__(self, profile: Profile, cache: Cache, seconds: float) -> None:
        self._profile = profile
        self._cache = cache
        self._seconds = seconds

    async def before_send(self, entry: OutboxEntry) -> str:
        """Ask the hooks about a message that is about to leave: why it must not; "" where it may.

        A hook that cannot be run, fails or takes too long keeps the message back: what it would have looked for is
        not known.
        """
        for path in found(self._profile.hooks, BEFORE_SEND):
            if why := fault(path) or await self._asked(path, entry):
                LOG.warning("hook %s kept back op %s", path.name, entry.op_id)
                return f"{safe(path.name, multiline=False)}: {why}"
        return ""

    async def _asked(self, path: Path, entry: OutboxEntry) -> str:
        from omnitui.services import programs

        told = await self._cache.aread(told_of, BEFORE_SEND, entry.conversation_id, entry.message_id, entry.op_id)
        try:
            ran = await programs.run([str(path)], told, seconds=self._seconds, profile=self._profile.name)
        except OmniError as error:
            return error.message
        if not ran.code:
            return ""
        return ran.words or _("ended with {code}").format(code=ran.code)


def told_of(
    db: sqlite3.Connection,
    event: str,
    conversation_id: Ulid | None,
    message_id: Ulid | None = None,
    op_id: Ulid | None = None,
) -> str:
    """What a hook reads: the message and its conversation, as `omnitui show --json` has them."""
    message = history.message(db, message_id) if message_id else None
    place = inbox.conversation(db, conversation_id) if conversation_id else None
    fields = {
        "event": event,
        "op_id": op_id,
        "message": records.message(message) if message is not None else None,
        "conversation": records.conversation(place, inbox.ref(db, place.id)) if place is not None else None,
    }
    return records.to_json("hook", fields) + "\n"
