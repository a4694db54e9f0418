"""Keeps what is being written: every change reaches the cache within a quarter of a second, and all at the end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from omnitui.errors import OmniError
from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.store import drafts
from omnitui.store.cache import Cache
from omnitui.store.faults import CacheError
from omnitui.store.writer import Tx

if TYPE_CHECKING:
    from omnitui.ui.picture import Picture

DELAY = 0.25
"""Seconds in which keystrokes become one commit."""

AGAIN = 1.0
"""Seconds until what could not be saved is tried again."""

Place = tuple[Ulid, MessageKind]
"""The conversation, or of a first message the draft itself; and the kind."""


class Drafting:
    """Saves drafts, one per conversation and kind. An empty one is dropped."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._unsaved: dict[Place, Draft] = {}
        self._known: dict[Place, str] = {}
        """What stands in the cache of each place, as far as this console knows."""
        self._timer: asyncio.TimerHandle | None = None
        self._saves: set[asyncio.Future[None]] = set()
        self._moved = False

    def begin(self, draft: Draft) -> None:
        """This is on the screen from now on: what somebody else writes there meanwhile is put aside, not lost."""
        place = draft.conversation_id, draft.kind
        if place not in self._unsaved:
            self._known[place] = draft.text

    def keep(self, draft: Draft) -> None:
        """Save this draft soon; a later one of the same place replaces it."""
        self._moved = True
        self._unsaved[draft.conversation_id or draft.id, draft.kind] = draft
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(DELAY, self._due)

    def moved(self) -> bool:
        """Whether anything was kept since this was asked last: what was read before may be older."""
        moved, self._moved = self._moved, False
        return moved

    @property
    def pending(self) -> bool:
        """Whether something that was kept is not in the cache yet."""
        return bool(self._unsaved or self._saves)

    def forget(self, draft: Draft) -> None:
        """What was written has become a message: nothing of it is to be saved any more."""
        self._unsaved.pop((draft.conversation_id or draft.id, draft.kind), None)

    def _due(self) -> None:
        self._timer = None
        unsaved = self._taken()
        if unsaved:
            save = asyncio.ensure_future(self._save(unsaved))
            self._saves.add(save)
            save.add_done_callback(self._saves.discard)

    async def _save(self, unsaved: Mapping[Place, Draft]) -> None:
        try:
            await asyncio.wrap_future(self._cache.submit(lambda tx: self._put(tx, unsaved)))
            self._learn(unsaved)
        except OmniError:
            # The desk says so for as long as the cache takes nothing.
            self._take_back(unsaved)

    async def flush(self) -> None:
        """Everything is on disk when this returns.

        Raises:
            CacheError: It cannot be written now; it is kept and tried again.
        """
        self._stop()
        if self._saves:
            await asyncio.wait(set(self._saves))
            self._stop()
        unsaved = self._taken()
        if unsaved:
            try:
                await self._cache.awrite(lambda tx: self._put(tx, unsaved))
                self._learn(unsaved)
            except OmniError:
                self._take_back(unsaved)
                raise

    async def settle(self) -> None:
        """Like `flush`; what cannot be written now stays here, and `over` shows it."""
        with suppress(CacheError):
            await self.flush()

    def over(self, found: Picture | None) -> Picture | None:
        """What was read of a conversation, with what is written there and could not be saved yet."""
        if found is None or not self._unsaved:
            return found
        own = {kind: draft for (place, kind), draft in self._unsaved.items() if place == found.conversation.id}
        return replace(found, drafts={**found.drafts, **own}) if own else found

    def rescue(self, folder: Path) -> Path | None:
        """At the very end: write what the cache did not take into a file that its author alone can read.

        Tried in `folder`, then where the machine keeps what is temporary; None where there is nothing, or nowhere.
        """
        from tempfile import gettempdir

        self._stop()
        texts = [draft.text for draft in self._taken().values() if draft.text.strip()]
        for place in (folder, *(Path(name) for name in (os.environ.get("XDG_RUNTIME_DIR"), gettempdir()) if name)):
            path = place / f"omnitui-unsaved-{os.getpid()}.txt"
            if not texts:
                return None
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(handle, "w", encoding="utf-8") as file:
                    file.write("\n\n".join(texts) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            else:
                return path
        return None

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take_back(self, unsaved: Mapping[Place, Draft]) -> None:
        self._unsaved = {**unsaved, **self._unsaved}
        self._timer = self._timer or asyncio.get_running_loop().call_later(AGAIN, self._due)

    def _taken(self) -> Mapping[Place, Draft]:
        unsaved, self._unsaved = self._unsaved, {}
        return unsaved

    def _learn(self, saved: Mapping[Place, Draft]) -> None:
        self._known.update((place, draft.text) for place, draft in saved.items() if place in self._known)

    def _put(self, tx: Tx, unsaved: Mapping[Place, Draft]) -> None:
        for place, draft in unsaved.items():
            addressed = not draft.conversation_id and (draft.extra.get("to") or draft.extra.get("subject"))
            if draft.text.strip() or draft.attachments or addressed:
                if place in self._known:
                    drafts.set_aside(tx, draft, self._known[place])
                drafts.save(tx, draft)
            elif draft.conversation_id:
                drafts.drop(tx, draft.conversation_id, draft.kind)
            else:
                drafts.drop_first(tx, draft.id)
