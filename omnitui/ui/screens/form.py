"""A small form: named fields, perhaps a text; ctrl+s takes it, Escape leaves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, TextArea

from omnitui.i18n import _
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.roles import plain
from omnitui.ui.panes.fields import Field, Sheet, TooLong, editable
from omnitui.ui.screens.picker import ROOMY
from omnitui.ui.widgets.lines import Lines


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of a form."""

    name: str
    label: str
    value: str = ""
    long: bool = False
    """Whether it takes many lines."""


class FormScreen(LastHopModal[Mapping[str, str] | None]):
    """Fields with their names before them."""

    AUTO_FOCUS: ClassVar[str | None] = "Input, TextArea"

    def __init__(self, title: str, entries: tuple[Entry, ...], *, done: str) -> None:
        super().__init__()
        self._title_text = title
        self._entries = entries
        self._done = done

    def compose(self) -> ComposeResult:
        """Title, fields, hint."""
        self.set_class(self.app.size.width < ROOMY, "-close", update=False)
        with Vertical(classes="dialog form"):
            yield Lines(classes="title")
            for entry in self._entries:
                yield Lines(id=f"label-{entry.name}", classes="hint")
                if entry.long:
                    yield Sheet(editable(entry.value), id=f"field-{entry.name}", show_line_numbers=False, compact=True)
                else:
                    yield Field(editable(entry.value, multiline=False), id=f"field-{entry.name}", compact=True)
            yield Lines(id="form-hint", classes="hint")

    def on_mount(self) -> None:
        """Fill in the words."""
        self.query_one(".title", Lines).show([((plain(self._title_text), "title"),)])
        for entry in self._entries:
            self.query_one(f"#label-{entry.name}", Lines).show([((entry.label, "label"),)])
        hint = _("ctrl+s: {done}, Tab: next field, Esc: leave it").format(done=self._done)
        self.query_one("#form-hint", Lines).show([((hint, "muted"),)])

    def on_resize(self) -> None:
        """Another size."""
        self.set_class(self.app.size.width < ROOMY, "-close")

    def values(self) -> dict[str, str]:
        """What is in the fields."""
        found: dict[str, str] = {}
        for entry in self._entries:
            widget = self.query_one(f"#field-{entry.name}")
            found[entry.name] = widget.text if isinstance(widget, TextArea) else ""
            if isinstance(widget, Input):
                found[entry.name] = widget.value.strip()
        return found

    def complain(self, text: str) -> None:
        """Say what is wrong, below the fields."""
        self.query_one("#form-hint", Lines).show([((plain(f"! {text}"), "bad"),)])

    def on_key(self, event: events.Key) -> None:
        """Take or leave; Enter goes to the next field."""
        if event.key == "ctrl+s":
            self.dismiss(self.values())
        elif event.key in ("escape", "ctrl+q"):
            self.dismiss(None)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_too_long(self, event: TooLong) -> None:
        """Nothing of what was pasted is there."""
        event.stop()
        self.complain(_("too long to paste"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field; it never sends."""
        event.stop()
        self.focus_next()
