"""Which panes are on the screen: columns, drawers, zoom, and the border that keys move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from omnitui.services.actions import Scope
from omnitui.ui.arrangement import Arrangement

if TYPE_CHECKING:
    from omnitui.ui.screens.main import MainScreen

STEP = 4
LEAST = 24
LEAST_VIEWS = 14
READING = 32
"""Columns that the history keeps at least."""
CARD = 36
SIDEBAR = 22
"""Columns of both where nobody chose others, as the style sheet has them."""
LIST_PERCENT = 36
LEAST_LIST = 30
"""The list's share and its least, as the style sheet has them."""
HIDEABLE = frozenset({"card", "views"})
ZOOMED = {"list": "list", "card": "card", "sidebar": "views"}
"""What the style sheet calls the pane of a widget that has the focus; all others are in the history's."""
BREAKPOINTS = {"-narrow": 0, "-medium": 80, "-wide": 120, "-broad": 160}
"""What the style sheet calls a terminal, and the columns that it has at least."""


class Layout:
    """Classes on the main screen; the style sheet says what they mean."""

    _views: Widget
    _queue: Widget
    _about: Widget
    _columns: tuple[Widget, ...]
    """What looks otherwise in a terminal of another width."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        self.arrangement = Arrangement(screen.session.profile.state)
        self._reading = False
        """Whether, where there is room for one pane, it is the history."""
        self._zoomed = ""
        """The pane that has the whole screen."""

    @property
    def zoomed(self) -> bool:
        """Whether one pane has the whole screen because the agent wants so."""
        return bool(self._zoomed)

    @property
    def narrow(self) -> bool:
        """Whether there is room for one pane only."""
        return self._screen.app.size.width < 80

    @property
    def wide(self) -> bool:
        """Whether the card has a column of its own."""
        return self._screen.app.size.width >= 120

    @property
    def as_at_start(self) -> bool:
        """Whether the screen is as the next start will show it: the first view, no drawer, no zoom."""
        passing = any(map(self._screen.has_class, ("-views", "-card", "-read")))
        desk = self._screen.desk
        return desk.view is desk.session.views.first and not passing and not self._zoomed

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
        self._unzoom("list", "card", "views")
        if focus:
            self._screen.history.focus()

    def home(self) -> None:
        """The list comes to the screen and takes the keys."""
        screen = self._screen
        self._reading = False
        self._mark()
        screen.remove_class("-views")
        self._unzoom("history", "card", "views")
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
            self.arrangement.hide("card", not hidden)
            self.fit()
            screen.rested()
            shown = hidden
        else:
            shown = not screen.has_class("-card")
            screen.set_class(shown, "-card")
        if shown:
            screen.call_after_refresh(screen.card.focus)
        elif screen.card.has_focus:
            self._focus_pane()

    def toggle_views(self) -> None:
        """Show or hide the views."""
        screen = self._screen
        if screen.app.size.width >= 160:
            screen.toggle_class("-no-views")
            self.arrangement.hide("views", screen.has_class("-no-views"))
            self.fit()
            screen.rested()
            if screen.has_class("-no-views") and screen.sidebar.has_focus:
                screen.queue.focus()
            return
        screen.toggle_class("-views")
        if screen.has_class("-views"):
            screen.call_after_refresh(screen.sidebar.focus)
        else:
            self._focus_pane()

    def _focus_pane(self) -> None:
        """A drawer has closed: the pane that lay below it takes the keys."""
        (self._screen.queue if self._screen.queue.region else self._screen.history).focus()

    def close_views(self) -> None:
        """A view was chosen: the drawer closes."""
        self._screen.remove_class("-views")
        self._unzoom("views")

    def zoom(self) -> None:
        """Give the focused pane the whole screen, or take it back."""
        screen = self._screen
        if self._zoomed:
            self._unzoom(self._zoomed)
            return
        focused = screen.focused
        self._zoomed = ZOOMED.get(focused.id or "", "history") if focused is not None else "history"
        screen.add_class(f"-zoom-{self._zoomed}")
        self.fit()

    def _unzoom(self, *names: str) -> None:
        """Take the whole screen back from one of these panes."""
        if self._zoomed in names:
            self._screen.remove_class(f"-zoom-{self._zoomed}")
            self._zoomed = ""
            self.fit()

    def back(self) -> None:
        """One step back: the composer, a zoom, a drawer, the history."""
        screen = self._screen
        if screen.composer.draft is not None:
            screen.leave_composer()
        elif self._zoomed:
            self._unzoom(self._zoomed)
        elif screen.has_class("-views"):
            screen.remove_class("-views")
            self._focus_pane()
        elif screen.has_class("-card") and not self.wide:
            screen.remove_class("-card")
            (screen.history if screen.history.region else screen.queue).focus()
        else:
            self.home()

    # Borders

    def begin(self, views: Widget, queue: Widget, reading: Widget, about: Widget) -> None:
        """Arrange the panes before the first layout, as they were left."""
        self._views, self._queue, self._about = views, queue, about
        self._columns = views, queue, reading, about
        screen = self._screen
        for name in self.arrangement.hidden & HIDEABLE:
            screen.add_class(f"-no-{name}", update=False)
        screen.add_class(width_class(screen.app.size.width), update=False)
        self._widen(screen.app.size.width)

    @property
    def _room(self) -> str:
        return next((name for name in ("broad", "wide", "medium") if self._screen.has_class(f"-{name}")), "narrow")

    @property
    def _widths(self) -> dict[str, int]:
        return self.arrangement.widths.setdefault(self._room, {})

    def move_border(self, by: int) -> bool:
        """Move the border of the pane in focus by steps to the right; in the history, the list's. False: it cannot."""
        panes: dict[Scope, Widget] = {Scope.CARD: self._about, Scope.SIDEBAR: self._views}
        pane = panes.get(self._screen.scope, self._queue)
        before = pane.outer_size.width
        self._set(pane, before + (-by if pane is self._about else by) * STEP)
        self.arrangement.save()
        return self._widths.get(pane.id or "", before) != before

    def drag(self, split: Widget, column: int, *, done: bool) -> None:
        """The border of a pane goes with the mouse."""
        if split is self._about:
            self._set(split, split.region.right - column)
        elif split is self._views:
            self._set(split, column + 1 - split.region.x)
        else:
            self._set(self._queue, column - self._queue.region.x)
        if done:
            self.arrangement.save()

    def _set(self, pane: Widget, width: int) -> None:
        if pane.id is not None and not self.narrow:
            self._widths[pane.id] = width
            self.fit()
            self._widths[pane.id] = self._held(pane.id, self._screen.app.size.width) or width
            self._screen.call_after_refresh(self._screen.captions.redraw)
            self._screen.rested()

    def _held(self, name: str, total: int) -> int | None:
        """The width that a pane is to have within what the terminal has; None: what the style sheet says."""
        if self._room == "narrow" or self._zoomed:
            return None
        chosen = self._widths.get(name)
        wanted = self._usual(name, total) if chosen is None else chosen
        least = {"views": LEAST_VIEWS, "about": LEAST}.get(name, LEAST_LIST)
        held = max(min(wanted, self._most(name, total)), least)
        return None if chosen is None and held == wanted else held

    def _usual(self, name: str, total: int) -> int:
        """What the style sheet says."""
        return {"views": SIDEBAR, "about": CARD}.get(name, max(total * LIST_PERCENT // 100, LEAST_LIST))

    def _most(self, name: str, total: int) -> int:
        """What leaves to the other columns what they need at least: the views yield to the card, the list to both."""
        views = self._room == "broad" and not self._screen.has_class("-no-views")
        about = self.wide and not self._screen.has_class("-no-card")
        if name == "views":
            return (
                total - LEAST_LIST - READING - (self._width("about", total) if about else 0) if views else total - STEP
            )
        if name == "about":
            return total - LEAST_LIST - READING - (LEAST_VIEWS if views else 0) if about else total - STEP
        beside = (self._width("about", total) if about else 0) + (self._width("views", total) if views else 0)
        return total - READING - beside

    def _width(self, name: str, total: int) -> int:
        return self._held(name, total) or self._usual(name, total)

    def _widen(self, total: int) -> None:
        for pane in (self._views, self._queue, self._about):
            width = self._held(pane.id or "", total)
            if width is None:
                pane.styles.clear_rule("width")
            else:
                pane.styles.width = width

    def resize(self) -> None:
        """The terminal has another width: show the panes that it has room for."""
        screen = self._screen
        name = width_class(screen.app.size.width)
        if not screen.has_class(name):
            # Told of the class itself, Textual would style every widget of the screen.
            screen.remove_class(*BREAKPOINTS, update=False).add_class(name, update=False)
            screen.app.stylesheet.update_nodes(self._columns)
        self.fit()

    def fit(self) -> None:
        """Keep the chosen widths within what the screen has."""
        self._mark()
        if self.narrow and self._reading and self._screen.composer.draft is None:
            self._screen.call_after_refresh(self._screen.history.focus)
        self._widen(self._screen.app.size.width)

    # The other pane

    def scroll_other(self, by: int, *, pages: bool = False) -> None:
        """Scroll the history from elsewhere, the list from the history, where it is shown; the focus stays."""
        screen = self._screen
        if screen.scope is Scope.HISTORY:
            if screen.queue.region:
                screen.queue.scroll_rows(by * (max(screen.queue.window.height - 1, 1) if pages else 1))
        elif screen.history.region:
            screen.history.scroll_lines(by * (max(screen.history.size.height - 1, 1) if pages else 1))


def width_class(width: int) -> str:
    """What the style sheet calls a terminal of so many columns."""
    return [name for name, least in BREAKPOINTS.items() if width >= least][-1]
