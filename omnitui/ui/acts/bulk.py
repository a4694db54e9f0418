"""What an act on marked conversations says first, and what becomes of the list and the marks after it."""

from __future__ import annotations

from collections.abc import Callable

from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.store.reads import inbox
from omnitui.ui import phrases
from omnitui.ui.desk import Desk

UNASKED = 20
"""Up to so many conversations are changed without asking, where it can be undone."""


async def agreed(
    desk: Desk, ids: tuple[Ulid, ...], deed: str, done: Callable[[Conversation], bool], *, ask: bool = False
) -> bool:
    """Whether an act on these conversations is wanted: where they are many, or `ask`, it says what it will do.

    Args:
        desk: The desk.
        ids: What it is about.
        deed: What will be done, in a word or two.
        done: Whether a conversation is so already.
        ask: Ask in any case.
    """
    if len(ids) <= UNASKED and not ask:
        return True
    from omnitui.ui.screens.confirm import confirmed

    found = await desk.cache.aread(inbox.conversations, ids)
    already = sum(map(done, found))
    return await confirmed(desk, preview(len(ids), deed, already), deed)


def preview(count: int, deed: str, already: int) -> str:
    """12 conversations: resolve; 2 are so already."""
    told = _("{conversations}: {deed}").format(conversations=phrases.conversations_word(count), deed=deed)
    if already:
        told += "; " + ngettext("{n} is so already", "{n} are so already", already).format(n=already)
    return told


def done(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """The act is under way: marked conversations it was about are marked no more."""
    if len(ids) > 1 or set(ids) <= desk.screen.queue.marked:
        desk.screen.queue.clear_marks()


def named(desk: Desk, ids: tuple[Ulid, ...]) -> str:
    """What a notice calls the conversations: the customer of one, else how many there are."""
    if len(ids) > 1:
        return phrases.conversations_word(len(ids))
    shown = desk.conversation
    if shown is None or shown.id not in ids:
        return ""
    from omnitui.ui.roles import plain

    return plain(shown.contact or shown.subject)
