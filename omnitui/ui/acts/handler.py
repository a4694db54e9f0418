"""The shape of a handler."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from omnitui.ui.desk import Desk

Handler = Callable[[Desk, int | None], Coroutine[Any, Any, Any] | None]
"""Takes the desk and the count that was typed; what it returns is awaited in the background."""


def doing(step: Callable[[Desk], object]) -> Handler:
    """A handler of a step that takes no count and waits for nothing."""

    def handler(desk: Desk, count: int | None) -> None:
        step(desk)

    return handler


def moving(step: Callable[[Desk, int], object]) -> Handler:
    """A handler of a step that is repeated by its count."""

    def handler(desk: Desk, count: int | None) -> None:
        step(desk, count or 1)

    return handler
