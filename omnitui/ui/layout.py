"""Which panes are on the screen: columns, drawers, zoom, and the border that keys move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

if TYPE_CHECKING:
    from omnitui.ui.screens.main import MainScreen

STEP = 4
LEAST = 24


class Layout:
    """Classes on the main screen; the style sheet says what they mean."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self._width: int | None = None
        self._reading = False
        """Whether, where there is room for one pane, it is the history."""

    @property
    def narrow(self) -> bool:
        """Whether there is room for one pane only."""
        return self._screen.size.width < 80

    @property
    def wide(self) -> bool:
        """Whether the card has a column of its own."""
        return self._screen.size.width >= 120

    def order(self) -> list[Widget]:
        """The panes that are on the screen, from left to right."""
        screen = self._screen
        panes: list[Widget] = [screen.sidebar, screen.queue, screen.history, screen.card]
        if screen.composer.draft is not None:
            panes.insert(3, screen.composer.sheet)
        return [pane for pane in panes if pane.region and pane.display]

    def step(self, by: int) -> None:
        """Move the focus by panes."""
        order = self.order()
        focused = self._screen.focused
        at = next((index for index, pane in enumerate(order) if pane is focused), -1 if by > 0 else 0)
        if order:
            order[(at + by) % len(order)].focus()

    def read(self, *, focus: bool = True) -> None:
        """The history comes to the screen, where there is room for one pane."""
        self._reading = True
        self._mark()
        self._screen.remove_class("-zoom-list", "-zoom-card")
        if focus:
            self._screen.history.focus()

    def home(self) -> None:
        """The list comes to the screen and takes the keys."""
        screen = self._screen
        self._reading = False
        self._mark()
        screen.remove_class("-views", "-zoom-history", "-zoom-card")
        if screen.queue.region and screen.queue.display:
            screen.queue.focus()
        else:
            screen.call_after_refresh(screen.queue.focus)

    def _mark(self) -> None:
        """The class costs a look at every widget's style: it is there only where it says something.

        While one writes it is there anyway: the text field must not lose the focus when the screen becomes narrow.
        """
        writing = self._screen.composer.draft is not None
        self._screen.set_class(self._reading and (self.narrow or writing), "-read")

    def toggle_card(self) -> None:
        """Show or hide the card."""
        screen = self._screen
        if self.wide:
            hidden = screen.has_class("-no-card")
            screen.set_class(not hidden, "-no-card")
            shown = hidden
        else:
            shown = not screen.has_class("-card")
            screen.set_class(shown, "-card")
        if shown:
            screen.call_after_refresh(screen.card.focus)
        elif screen.card.has_focus:
            screen.queue.focus()

    def toggle_views(self) -> None:
        """Show or hide the views."""
        screen = self._screen
        if screen.size.width >= 160:
            screen.toggle_class("-no-views")
            if screen.has_class("-no-views") and screen.sidebar.has_focus:
                screen.queue.focus()
            return
        screen.toggle_class("-views")
        if screen.has_class("-views"):
            screen.call_after_refresh(screen.sidebar.focus)
        else:
            screen.queue.focus()

    def close_views(self) -> None:
        """A view was chosen: the drawer closes."""
        self._screen.remove_class("-views")

    def zoom(self) -> None:
        """Give the focused pane the whole screen, or take it back."""
        screen = self._screen
        zoomed = [name for name in screen.classes if name.startswith("-zoom-")]
        if zoomed:
            screen.remove_class(*zoomed)
            return
        focused = screen.focused
        name = focused.id if focused is not None and focused.id in ("list", "card") else "history"
        screen.add_class(f"-zoom-{name}")

    def back(self) -> None:
        """One step back: the composer, a zoom, a drawer, the history."""
        screen = self._screen
        zoomed = [name for name in screen.classes if name.startswith("-zoom-")]
        if screen.composer.draft is not None:
            screen.leave_composer()
        elif zoomed:
            screen.remove_class(*zoomed)
        elif screen.has_class("-views"):
            screen.remove_class("-views")
            screen.queue.focus()
        elif screen.has_class("-card") and not self.wide:
            screen.remove_class("-card")
            (screen.history if screen.history.region else screen.queue).focus()
        else:
            self.home()

    def move_border(self, by: int) -> None:
        """Make the list wider or narrower by steps."""
        queue = self._screen.query_one("#queue")
        self._width = (self._width or queue.size.width) + by * STEP
        self.fit()
        self._screen.rested()

    def fit(self) -> None:
        """Keep the list's chosen width within what the screen has."""
        self._mark()
        if self.narrow and self._reading and self._screen.composer.draft is None:
            self._screen.call_after_refresh(self._screen.history.focus)
        queue = self._screen.query_one("#queue")
        if self._width is None or self.narrow:
            queue.styles.clear_rule("width")
            return
        room = self._screen.size.width - LEAST - (36 if self.wide else 0)
        self._width = min(max(self._width, LEAST), max(room, LEAST))
        queue.styles.width = self._width
