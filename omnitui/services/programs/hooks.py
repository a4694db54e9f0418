"""Programs of the user's that are run when something happens: executables in the hooks folder, by the event's name."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.model.operations import ANYWAY
from omnitui.services.exchange import records
from omnitui.store.reads import history, inbox
from omnitui.text.safe import safe

if TYPE_CHECKING:
    import sqlite3

    from omnitui.ids import Ulid
    from omnitui.model.operations import OutboxEntry
    from omnitui.paths import Profile
    from omnitui.services.programs.running import Ran
    from omnitui.store.cache import Cache

LOG = logger(__name__)

BEFORE_SEND: Final = "before_send"
MESSAGE_RECEIVED: Final = "message_received"
AFTER_SEND: Final = "after_send"
CONVERSATION_RESOLVED: Final = "conversation_resolved"
AFTER: Final = (MESSAGE_RECEIVED, AFTER_SEND, CONVERSATION_RESOLVED)
"""Events that have come to pass: what a hook says to them changes nothing."""
EVENTS: Final = (BEFORE_SEND, *AFTER)
_CRASHED: Final = (126, 127)
"""Exit codes of a shell that could not run what it was to run."""


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
    """The hooks of one profile.

    Args:
        profile: Whose.
        cache: What they are told of.
        seconds: How long one may take.
        lenient: Whether a message leaves all the same when a hook cannot say whether it may.
    """

    def __init__(self, profile: Profile, cache: Cache, seconds: float, *, lenient: bool = False) -> None:
        self._profile = profile
        self._cache = cache
        self._seconds = seconds
        self._lenient = lenient

    async def before_send(self, entry: OutboxEntry) -> str:
        """Ask the hooks about a message that is about to leave: why it must not; "" where it may.

        Of a hook that cannot be run, is killed or takes too long nobody knows what it would have said: it keeps the
        message back, unless the settings let it leave.
        """
        if entry.payload.get(ANYWAY):
            LOG.info("op %s leaves without asking the hooks: its author said so", entry.op_id)
            return ""
        for path in found(self._profile.hooks, BEFORE_SEND):
            name = safe(path.name, multiline=False)
            try:
                if why := await self._asked(path, entry):
                    LOG.warning("hook %s kept back op %s", path.name, entry.op_id)
                    return f"{name}: {why}"
            except OmniError as error:
                if not self._lenient:
                    LOG.warning("hook %s failed and kept back op %s", path.name, entry.op_id)
                    return f"{name}: {error.message}"
                LOG.warning("hook %s failed, and op %s leaves all the same: %s", path.name, entry.op_id, error.message)
        return ""

    async def _asked(self, path: Path, entry: OutboxEntry) -> str:
        """What one says. Raises OmniError: nobody knows."""
        from omnitui.services.programs import running as programs

        if why := fault(path):
            raise OmniError(why)
        told = await self._cache.aread(told_of, BEFORE_SEND, entry.conversation_id, entry.message_id, entry.op_id)
        ran = await programs.run([str(path)], told, seconds=self._seconds, profile=self._profile.name)
        if ran.code < 0:
            raise OmniError(_("it was killed (signal {number})").format(number=-ran.code))
        if ran.code in _CRASHED:
            raise OmniError(_("ended with {code}").format(code=ran.code))
        if why := blocked(ran):
            return why
        return (ran.words or _("ended with {code}").format(code=ran.code)) if ran.code else ""


def blocked(ran: Ran) -> str:
    """The reason that a hook gives as JSON, {"block": "…"}, as all that it prints or its last line; "" where none.

    Raises:
        OmniError: It speaks of blocking in what is no JSON: cut short, perhaps.
    """
    text = ran.out.strip("\ufeff \t\r\n")
    for part in (text, text.rpartition("\n")[2]):
        try:
            said: Any = json.loads(part) if part.startswith("{") else None
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            reason = said.get("block")
            words = " ".join(reason.split()) if isinstance(reason, str) else _("no reason named") if reason else ""
            return safe(words, multiline=False, max_chars=300)
    if text.startswith("{") and '"block"' in text:
        raise OmniError(_("what it prints is no JSON"))
    return ""


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
