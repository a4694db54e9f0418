"""What is promised to customers, and calling them."""

from __future__ import annotations

from collections.abc import Mapping

from omnitui.ids import Ulid
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk


async def _promise(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.tasks import promise

    await promise(desk, ids)


async def _complete(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    from omnitui.ui.screens.tasks import complete_first

    await complete_first(desk, ids)


async def _call(desk: Desk, conversation_id: str) -> None:
    from omnitui.ui.screens.calls import call

    await call(desk, conversation_id)


async def _open(desk: Desk) -> None:
    from omnitui.ui.screens.tasks import open_tasks

    await open_tasks(desk)


HANDLERS: Mapping[str, Handler] = {
    "conversation.task": lambda desk, count: _promise(desk, desk.targets()),
    "conversation.task_done": lambda desk, count: _complete(desk, desk.targets()),
    "conversation.call": lambda desk, count: _call(desk, desk.need()),
    "go.tasks": lambda desk, count: _open(desk),
}
