"""An orderly end when omnitui itself fails: no traceback, which would print customers' words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[Any]
else:
    _Base = object


class EndsInOrder(_Base):
    """Mixed into an app before Textual's class. Without a terminal (in tests) failures are raised as ever."""

    fault: tuple[str, str] | None = None
    """What to say after a crash: what happened, and what to do."""
    record_fault: Callable[[Exception], tuple[str, str]]
    """Writes the crash file and finds the words."""

    def fail(self, error: Exception) -> None:
        """End because of this error."""
        self._handle_exception(error)

    def _handle_exception(self, error: Exception) -> None:
        if self.is_headless:
            super()._handle_exception(error)
            return
        if self.fault is None:
            self.fault = self.record_fault(error)
        self.exit(1, return_code=1)


def screen_lines(app: App[Any]) -> list[str]:
    """What is on the screen of an app that has no terminal, line by line."""
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]
