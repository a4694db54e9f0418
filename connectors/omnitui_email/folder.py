"""Following one folder: what is new, changed and gone since a remembered state; blocking, over an `ImapSession`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from omnitui_email import uids as uidset
from omnitui_email.client_imap import ImapSession
from omnitui_email.mailbox import Listed, Status

BATCH_MAILS = 100
FIRST_MAILS = 25
"""The first batch of a new account is small: it fills the screen."""
BATCH_BYTES = 8 * 1024 * 1024
FLAG_WINDOW = 1_000
"""Newest mails whose flags are compared where the server keeps no modseq."""
MOST_KNOWN = uidset.MOST
"""Newest UIDs remembered where the server does not report what vanished."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """What the cursor remembers of a folder."""

    uidvalidity: int
    uidnext: int
    """All smaller UIDs are known or in `todo`."""
    modseq: int = 0
    todo: tuple[uidset.Range, ...] = ()
    """UIDs that are still to be handed over, in ranges."""
    floor: int = 1
    """Smaller UIDs are left to backfill."""
    known: str = ""
    """UIDs last seen, where the server does not report what vanished."""

    @classmethod
    def read(cls, value: Any) -> FolderState | None:
        """The state from a cursor's JSON; None where it makes no sense."""
        try:
            todo = tuple((int(low), int(high)) for low, high in value["todo"])
            return cls(
                int(value["uidvalidity"]),
                int(value["uidnext"]),
                int(value["modseq"]),
                todo,
                int(value["floor"]),
                str(value["known"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def write(self) -> dict[str, Any]:
        """The state as JSON."""
        return {
            "uidvalidity": self.uidvalidity,
            "uidnext": self.uidnext,
            "modseq": self.modseq,
            "todo": [list(span) for span in self.todo],
            "floor": self.floor,
            "known": self.known,
        }


@dataclass(frozen=True, slots=True)
class Mail:
    """A raw mail at its place."""

    uid: int
    raw: bytes
    row: Listed


@dataclass(slots=True)
class Pull:
    """What one step found in a folder."""

    folder: str
    state: FolderState
    reset: bool = False
    mails: list[Mail] = field(default_factory=list)
    flags: dict[int, tuple[str, ...]] = field(default_factory=dict)
    vanished: list[int] = field(default_factory=list)
    exists: int = 0
    oldest: datetime | None = None
    """When the oldest of `mails` arrived."""
    gap: str = ""
    """What the server refuses to give, in its own words."""

    @property
    def empty(self) -> bool:
        return not (self.reset or self.mails or self.flags or self.vanished or self.gap)


class FolderPull:
    """Follows one folder. After `open`: `more` until it gives None, then `look` after each wait, and `more` again."""

    def __init__(
        self, session: ImapSession, folder: str, state: FolderState | None, *, initial: int, limit: int
    ) -> None:
        self.session = session
        self.folder = folder
        self._state = state
        self._initial = initial
        self._limit = limit
        self._fresh = state is None
        self._flags: dict[int, tuple[str, ...]] = {}
        self._gone: set[int] = set()

    def open(self) -> Pull:
        """Select the folder and find what changed since the remembered state."""
        known = self._state
        status = self.session.open(self.folder, known.uidvalidity if known else 0, known.modseq if known else 0)
        if known is None or known.uidvalidity != status.uidvalidity:
            return self._begin(status, reset=known is not None)
        return self._changed(known, ask=not (self.session.qresync and known.modseq))

    def look(self) -> Pull:
        """What the server says has changed in the folder; selects it anew where it is not."""
        state = self._state
        if state is None or not self.session.reopen(self.folder, state.uidvalidity):
            return self.open()
        return self._changed(state, ask=True)

    def more(self) -> Pull | None:
        """The next batch of mails, newest first; None when all have been handed over."""
        state = self._state
        if state is None or not state.todo:
            return None
        if not self.session.reopen(self.folder, state.uidvalidity):
            return self.open()
        low, high = state.todo[-1]
        window = FIRST_MAILS if self._fresh else BATCH_MAILS
        self._fresh = False
        rows, bottom = newest(self.session, low, high, window)
        mails, bottom, gap = collect(self.session, rows, bottom, self._limit)
        rest = (*state.todo[:-1], *([(low, bottom - 1)] if bottom > low else []))
        self._state = replace(state, todo=rest)
        return Pull(self.folder, self._state, mails=mails, exists=self.session.count(), oldest=oldest(mails), gap=gap)

    def _begin(self, status: Status, *, reset: bool) -> Pull:
        # After a reset every place is void, so all mails are handed over again, not only the newest.
        floor = 1 if reset else self.session.lowest_of_newest(self._initial, status.exists)
        uidnext = status.uidnext or max(self.session.uids(1), default=0) + 1
        todo = ((floor, uidnext - 1),) if status.exists and uidnext > floor else ()
        self._flags, self._gone = {}, set()
        self._state = FolderState(status.uidvalidity, uidnext, status.modseq, todo, floor, self._known(uidnext))
        return Pull(self.folder, self._state, reset=reset, exists=status.exists)

    def _changed(self, state: FolderState, *, ask: bool) -> Pull:
        session = self.session
        vanished: list[int] = []
        modseq, top = state.modseq, state.uidnext
        if session.condstore and state.modseq:
            flags, vanished, modseq = session.changes(state.modseq, state.uidnext, ask=ask)
            top = max([state.uidnext, *(uid + 1 for uid in flags)])
            # The select that took a known state tells changed flags only of mails; new ones may come without.
            top = max([top, *(uid + 1 for uid in session.uids(top))])
        else:
            present = session.uids(state.uidnext)
            top = max([state.uidnext, *(uid + 1 for uid in present)])
            flags = session.flags(max(1, state.uidnext - FLAG_WINDOW))
        known = state.known
        if not session.qresync:
            known = self._known(top)
            left = set(uidset.newest_first(uidset.parse(known), top))
            lowest = max(1, top - MOST_KNOWN)
            before = uidset.newest_first(uidset.parse(state.known), top)
            vanished = [uid for uid in before if uid >= lowest and uid not in left]
        vanished = [uid for uid in vanished if uid not in self._gone]
        self._gone.update(vanished)
        changed = {uid: names for uid, names in flags.items() if uid < state.uidnext and self._flags.get(uid) != names}
        self._flags.update(flags)
        todo = (*state.todo, (state.uidnext, top - 1)) if top > state.uidnext else state.todo
        self._state = replace(state, uidnext=top, modseq=max(modseq, state.modseq), todo=todo, known=known)
        return Pull(self.folder, self._state, flags=changed, vanished=vanished, exists=session.count(len(vanished)))

    def _known(self, uidnext: int) -> str:
        return "" if self.session.qresync else uidset.write(self.session.uids(max(1, uidnext - MOST_KNOWN)))


def newest(session: ImapSession, low: int, high: int, count: int) -> tuple[list[Listed], int]:
    """About `count` mails from the top of a range, newest first, and the lowest UID that was looked at.

    UIDs may lie far apart: the window doubles until it holds some.
    """
    rows: list[Listed] = []
    bottom, span = high + 1, count
    while bottom > low and len(rows) < max(1, count // 2):
        start = max(low, bottom - span)
        rows += session.listing(start, bottom - 1)
        bottom, span = start, span * 2
    return rows, bottom


def collect(session: ImapSession, rows: list[Listed], bottom: int, limit: int) -> tuple[list[Mail], int, str]:
    """The bodies of `rows`, as many as fit into a batch, the lowest UID handled, and what could not be had."""
    size = 0
    for index, row in enumerate(rows):
        size += min(row.size, limit)
        if index and size > BATCH_BYTES:
            rows, bottom = rows[:index], rows[index - 1].uid
            break
    bodies, refused = session.bodies(rows, limit)
    gap = "; ".join(f"the server refuses to give mail {uid}: {words}" for uid, words in refused.items())
    return [Mail(row.uid, bodies[row.uid], row) for row in rows if row.uid in bodies], bottom, gap


def oldest(mails: list[Mail]) -> datetime | None:
    """When the oldest of these arrived."""
    return min((mail.row.at for mail in mails if mail.row.at), default=None)
