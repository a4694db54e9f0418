"""A pane whose border moves with the mouse."""

from __future__ import annotations

from textual import events
from textual.containers import Vertical
from textual.message import Message


class Split(Vertical):
    """Says where its left border, or its right one, is dragged to."""

    class Dragged(Message):
        """The border is to be in this column of the screen; `done` when the button was let go."""

        def __init__(self, split: Split, column: int, done: bool) -> None:
            super().__init__()
            self.split = split
            self.column = column
            self.done = done

        def can_replace(self, message: Message) -> bool:
            """Only where the mouse is now matters."""
            return isinstance(message, Split.Dragged) and message.split is self.split and not self.done

    _dragging = False

    def __init__(self, *, id: str, right: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self.right = right
        """Whether it is the right border that moves."""

    @property
    def _edge(self) -> int | None:
        """The column of the screen in which the border is, while there is one."""
        if not (self.styles.border_right if self.right else self.styles.border_left)[0]:
            return None
        return self.region.right - 1 if self.right else self.region.x

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the border."""
        if event.screen_x == self._edge:
            self._dragging = True
            self.capture_mouse()
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move it."""
        if self._dragging:
            self.post_message(self.Dragged(self, event.screen_x, False))
            event.stop()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Leave it where it is."""
        if self._dragging:
            self._dragging = False
            self.release_mouse()
            self.post_message(self.Dragged(self, event.screen_x, True))
            event.stop()
