"""Acts on one conversation or many: asked for where they are many, done as one, told, kept for being done again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from omnitui.desk.acting.steps import Foreseen
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.ui.desk import Desk
from omnitui.ui.doing import Act
from omnitui.ui.look import phrases

UNASKED = 20
"""Up to so many conversations are changed without asking, where it can be undone."""


def carry_out(
    desk: Desk, ids: tuple[Ulid, ...], act: Act, said: str, *, asked: bool = False, ask: bool = False
) -> Coroutine[Any, Any, None]:
    """Do an act, after a preview where the conversations are many.

    Args:
        desk: The desk.
        ids: What it is about.
        act: What to do.
        said: The notice when it is done.
        asked: It was agreed to already.
        ask: Show the preview in any case.
    """
    settled = asked or (len(ids) <= UNASKED and not ask)
    desk.doing.keep(act)
    queue = desk.screen.queue
    places: list[Ulid | None] = []
    marks = queue.marked

    def begin() -> None:
        places.append(queue.selected)
        if act.begin is not None:
            act.begin(desk, ids)
        done(desk, ids)
        places.append(queue.selected)

    def go_back() -> None:
        """Nothing was done: the same keys once more mean the same conversations, unless the agent went on."""
        before, after = places
        if marks and not queue.marked:
            queue.mark(marks)
        if before == after or before is None or queue.selected != after:
            queue.refresh_rows()
            return
        desk.go(before)
        queue.bring_back(before, to_top=False)

    async def work() -> None:
        operations = desk.session.operations
        wanted = await asyncio.to_thread(act.plan, desk, ids)
        if not settled:
            from omnitui.ui.screens.foreseen import agreed_to

            found = await asyncio.to_thread(operations.foresee, wanted)
            if not await agreed_to(desk, found, act.deed):
                return
            begin()
        try:
            performed = await desk.act(operations.perform, wanted, act.reason)
        except OmniError:
            go_back()
            raise
        if performed.left and not performed.ops:
            go_back()
        if performed.left and performed.ops:
            changed = len({op.conversation_id for op in performed.ops})
            told = _("{conversations}: {deed}").format(conversations=phrases.conversations_word(changed), deed=act.deed)
            tell(desk, told, True, performed.left)
        else:
            tell(desk, said, bool(performed.ops), performed.left)

    if settled:
        begin()
    return work()


def tell(desk: Desk, said: str, changed: bool, left: Sequence[Foreseen]) -> None:
    """Say what was done, and what was left and why."""
    if not left:
        desk.say(said if changed else _("it was so already"))
        return
    queue = desk.screen.queue
    queue.refresh_rows()
    why = left[0].why_not
    if not changed and len(left) == 1:
        desk.say(f"! {why}", "warn")
        return
    rest = _("{conversations} left as they are: {why}").format(
        conversations=phrases.conversations_word(len(left)), why=why
    )
    desk.say(f"{said} · {rest}" if changed else f"! {rest}", "warn")


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
    from omnitui.ui.look.roles import plain

    return plain(shown.contact or shown.subject)
