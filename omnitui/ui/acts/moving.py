"""Moving in and between panes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from omnitui.ui.acts.handler import Handler, doing, moving
from omnitui.ui.desk import Desk


def _list(step: Callable[[Desk, int], object]) -> Handler:
    def handler(desk: Desk, count: int | None) -> None:
        step(desk, count or 1)
        # At once: a key that follows this one means the row that it went to.
        desk.point(desk.screen.queue.selected)

    return handler


def _history_page(share: float) -> Handler:
    def handler(desk: Desk, count: int | None) -> None:
        pane = desk.screen.history
        rows = max(int(pane.size.height * abs(share)) - (1 if abs(share) == 1 else 0), 1)
        pane.scroll_lines((rows if share > 0 else -rows) * (count or 1))

    return handler


HANDLERS: Mapping[str, Handler] = {
    "pane.next": doing(lambda desk: desk.screen.layouts.step(1)),
    "pane.previous": doing(lambda desk: desk.screen.layouts.step(-1)),
    "pane.back": doing(lambda desk: desk.screen.layouts.back()),
    "pane.zoom": doing(lambda desk: desk.screen.layouts.zoom()),
    "pane.narrower": moving(lambda desk, n: desk.screen.layouts.move_border(-n)),
    "pane.wider": moving(lambda desk, n: desk.screen.layouts.move_border(n)),
    "pane.card": doing(lambda desk: desk.screen.layouts.toggle_card()),
    "pane.views": doing(lambda desk: desk.screen.layouts.toggle_views()),
    "list.down": _list(lambda desk, n: desk.screen.queue.move(n)),
    "list.up": _list(lambda desk, n: desk.screen.queue.move(-n)),
    "list.page_down": _list(lambda desk, n: desk.screen.queue.turn(n)),
    "list.page_up": _list(lambda desk, n: desk.screen.queue.turn(-n)),
    "list.half_down": _list(lambda desk, n: desk.screen.queue.turn(n / 2)),
    "list.half_up": _list(lambda desk, n: desk.screen.queue.turn(-n / 2)),
    "list.top": doing(lambda desk: desk.screen.queue.top()),
    "list.bottom": doing(lambda desk: desk.screen.queue.bottom()),
    "list.open": doing(lambda desk: desk.screen.queue.open()),
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
    "card.down": moving(lambda desk, n: desk.screen.card.scroll_lines(n)),
    "card.up": moving(lambda desk, n: desk.screen.card.scroll_lines(-n)),
    "sidebar.down": moving(lambda desk, n: desk.screen.sidebar.move(n)),
    "sidebar.up": moving(lambda desk, n: desk.screen.sidebar.move(-n)),
    "sidebar.open": doing(lambda desk: desk.screen.sidebar.choose()),
}
