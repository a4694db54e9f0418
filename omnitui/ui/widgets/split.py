"""A pane whose left border moves with the mouse."""

from __future__ import annotations

from textual import events
from textual.containers import Vertical
from textual.message import Message


class Split(Vertical):
    """Says where its left border is dragged to."""

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

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take the border."""
        if event.screen_x == self.region.x and self.styles.border_left[0]:
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
