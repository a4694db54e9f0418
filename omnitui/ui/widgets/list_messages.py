"""What the list of conversations says."""

from __future__ import annotations

from typing import Final

from textual.message import Message

from omnitui.ids import Ulid

NAMESPACE: Final = "conversation_list"
"""Handlers are called after the widget: `on_conversation_list_opened`."""


class Selected(Message, namespace=NAMESPACE):
    """Another conversation is selected (None: there is none). Posted at once."""

    def __init__(self, conversation_id: Ulid | None) -> None:
        super().__init__()
        self.conversation_id = conversation_id

    def can_replace(self, message: Message) -> bool:
        """Only the newest selection matters."""
        return type(message) is type(self)


class Settled(Selected, namespace=NAMESPACE):
    """The selection has come to rest: time to show the conversation."""


class Opened(Message, namespace=NAMESPACE):
    """A conversation was opened (Enter, or a second click)."""

    def __init__(self, conversation_id: Ulid) -> None:
        super().__init__()
        self.conversation_id = conversation_id


class Newcomers(Message, namespace=NAMESPACE):
    """So many rows came above what is visible (0: the top is in sight)."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class Marked(Message, namespace=NAMESPACE):
    """Other conversations are marked than before."""

    def __init__(self, count: int, *, more: bool = False) -> None:
        """`more`: not all that were meant are marked, there are too many."""
        super().__init__()
        self.count = count
        self.more = more


class Loaded(Message, namespace=NAMESPACE):
    """Rows are on the screen: for the first time after `show`."""
