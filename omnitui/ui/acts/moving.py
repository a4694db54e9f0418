"""Moving in and between panes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from textual.worker import WorkerCancelled

from omnitui.i18n import _
from omnitui.services.actions import Scope
from omnitui.text.listing.rows import Density
from omnitui.ui.acts.handler import Handler, doing, moving
from omnitui.ui.desk import Desk

if TYPE_CHECKING:
    from omnitui.ui.panes.card import CardPane
    from omnitui.ui.panes.sidebar import SidebarPane


def _list(step: Callable[[Desk, int], object]) -> Handler:
    def handler(desk: Desk, count: int | None) -> None:
        step(desk, count or 1)
        # At once: a key that follows this one means the row that it went to.
        desk.point(desk.screen.queue.selected)
        if not desk.screen.queue.held:
            desk.show_ready()

    return handler


def _history_page(share: float) -> Handler:
    def handler(desk: Desk, count: int | None) -> None:
        pane = desk.screen.history
        rows = max(int(pane.size.height * abs(share)) - (1 if abs(share) == 1 else 0), 1)
        pane.scroll_lines((rows if share > 0 else -rows) * (count or 1))

    return handler


def _mark(desk: Desk, count: int | None) -> None:
    queue = desk.screen.queue
    for _step in range(count or 1):
        queue.toggle_mark()
        queue.move(1)
    desk.point(queue.selected)


async def _bottom(desk: Desk) -> None:
    # Keys that follow wait for it: they mean the row at the end.
    with suppress(WorkerCancelled):
        await desk.screen.queue.bottom().wait()
    desk.point(desk.screen.queue.selected)
    desk.load_soon()


def _newest(desk: Desk) -> None:
    queue = desk.screen.queue
    if queue.window.new:
        queue.top()
    else:
        desk.say(_("nothing new above"), "muted")


def _density(desk: Desk) -> None:
    screen = desk.screen
    other = Density.ONE if screen.queue.density is Density.TWO else Density.TWO
    screen.queue.set_density(other)
    screen.layouts.arrangement.choose_rows(other.name, desk.session.settings.interface.rows)
    screen.rested()


async def _columns(desk: Desk) -> None:
    from omnitui.ui.screens.columns import choose_columns

    await choose_columns(desk)


def _back(desk: Desk) -> None:
    """One step back: marks, a filter, then what the layout shows for a while."""
    screen = desk.screen
    listing = screen.scope is Scope.LIST and screen.composer.draft is None
    if listing and (screen.queue.marked or screen.queue.marking.ranging):
        screen.queue.clear_marks()
    elif listing and screen.narrowing.text:
        screen.narrowing.clear()
    else:
        screen.layouts.back()


def _beside(pane: CardPane | SidebarPane, halves: int) -> None:
    """Scroll a pane that has not the keys by half its height."""
    pane.scroll_lines(halves * max(pane.size.height // 2, 1))


def _border(desk: Desk, by: int) -> None:
    if not desk.screen.layouts.move_border(by):
        desk.say(_("the border cannot go further there"), "muted")


async def _keep(desk: Desk) -> None:
    from omnitui.ui.screens.view_form import keep_as_view

    await keep_as_view(desk, f"{desk.view.text} {desk.screen.narrowing.text}".strip())


HANDLERS: Mapping[str, Handler] = {
    "pane.next": doing(lambda desk: desk.screen.layouts.step(1)),
    "pane.previous": doing(lambda desk: desk.screen.layouts.step(-1)),
    "pane.back": doing(_back),
    "pane.zoom": doing(lambda desk: desk.screen.layouts.zoom()),
    "pane.narrower": moving(lambda desk, n: _border(desk, -n)),
    "pane.wider": moving(lambda desk, n: _border(desk, n)),
    "pane.other_down": moving(lambda desk, n: desk.screen.layouts.scroll_other(n)),
    "pane.other_up": moving(lambda desk, n: desk.screen.layouts.scroll_other(-n)),
    "pane.other_page_down": moving(lambda desk, n: desk.screen.layouts.scroll_other(n, pages=True)),
    "pane.other_page_up": moving(lambda desk, n: desk.screen.layouts.scroll_other(-n, pages=True)),
    "pane.card_down": moving(lambda desk, n: _beside(desk.screen.card, n)),
    "pane.card_up": moving(lambda desk, n: _beside(desk.screen.card, -n)),
    "pane.views_down": moving(lambda desk, n: _beside(desk.screen.sidebar, n)),
    "pane.views_up": moving(lambda desk, n: _beside(desk.screen.sidebar, -n)),
    "pane.card": doing(lambda desk: desk.screen.layouts.toggle_card()),
    "pane.views": doing(lambda desk: desk.screen.layouts.toggle_views()),
    "list.down": _list(lambda desk, n: desk.screen.queue.move(n)),
    "list.up": _list(lambda desk, n: desk.screen.queue.move(-n)),
    "list.page_down": _list(lambda desk, n: desk.screen.queue.turn(n)),
    "list.page_up": _list(lambda desk, n: desk.screen.queue.turn(-n)),
    "list.half_down": _list(lambda desk, n: desk.screen.queue.turn(n / 2)),
    "list.half_up": _list(lambda desk, n: desk.screen.queue.turn(-n / 2)),
    "list.top": doing(lambda desk: desk.screen.queue.top()),
    "list.bottom": lambda desk, count: _bottom(desk),
    "list.open": doing(lambda desk: desk.screen.queue.open()),
    "list.newest": doing(_newest),
    "list.mark": _mark,
    "list.range": doing(lambda desk: desk.screen.queue.toggle_range()),
    "list.mark_all": doing(lambda desk: desk.screen.queue.mark_all()),
    "list.filter": doing(lambda desk: desk.screen.narrowing.begin()),
    "list.density": doing(_density),
    "list.columns": lambda desk, count: _columns(desk),
    "list.keep": lambda desk, count: _keep(desk),
    "history.down": moving(lambda desk, n: desk.screen.history.scroll_lines(n)),
    "history.up": moving(lambda desk, n: desk.screen.history.scroll_lines(-n)),
    "history.page_down": _history_page(1),
    "history.page_up": _history_page(-1),
    "history.half_down": _history_page(0.5),
    "history.half_up": _history_page(-0.5),
    "history.first": lambda desk, count: desk.reading.to_first(),
    "history.last": lambda desk, count: desk.reading.to_last(),
    "history.next_message": moving(lambda desk, n: desk.screen.history.go_messages(n)),
    "history.previous_message": moving(lambda desk, n: desk.screen.history.go_messages(-n)),
    "history.quotes": doing(lambda desk: desk.screen.history.fold()),
    "sidebar.down": moving(lambda desk, n: desk.screen.sidebar.move(n)),
    "sidebar.up": moving(lambda desk, n: desk.screen.sidebar.move(-n)),
    "sidebar.open": doing(lambda desk: desk.screen.sidebar.choose()),
}
