"""An app that shows text of strangers unguarded in many sinks, for the last hop's tests. Run as a program."""

from __future__ import annotations

import asyncio
import sys

from textual import events
from textual.app import ComposeResult
from textual.constants import MAX_FPS
from textual.content import Content
from textual.drivers._writer_thread import MAX_QUEUED_WRITES
from textual.widgets import DataTable, Header, Input, Label, OptionList, RichLog, Static, Tree

from omnitui.ui.last_hop import LastHopApp, LastHopModal

HOSTILE = (
    "M1\x1b]0;pwned\x07 \x1b]52;c;cHduZWQ=\x07 \x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x1b[2J\x1b[31mred "
    "\x9b31m\x9d0;t\x9c \x90q\x9c \x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\ \x1bc \x08\x7f\x00 "
    "\u202egnp.exe\u202c \u2066x\u2069 \U000e0041\U000e007f \ud83d \x0e\x0f \x05 日本語 M2"
)


class Asker(LastHopModal[None]):
    """Opened by a key, closed by Escape; keeps what is typed."""

    BINDINGS = [("escape", "app.pop_screen", "Close")]  # noqa: RUF012

    def compose(self) -> ComposeResult:
        yield Input(id="asker")


class HostileApp(LastHopApp[None]):
    """Every sink at once."""

    CSS = """
    OptionList, DataTable, RichLog, Tree { height: 4; }
    #framed { border: round white; height: 3; }
    Label.raw { height: 1; }
    Asker Input { width: 40; }
    """
    BINDINGS = [  # noqa: RUF012
        ("ctrl+q", "quit", "Quit"),
        ("o", "ask", "Ask"),
        ("x", "crash", "Crash"),
        ("z", "suspend_process", "Suspend"),
        ("e", "edit", "Edit"),
    ]

    def compose(self) -> ComposeResult:
        yield Header()
        yield OptionList(Content(HOSTILE), Content("second"), markup=False)
        yield Static(HOSTILE, markup=False, id="framed")
        yield Label(Content(HOSTILE))
        yield DataTable(id="table")
        yield RichLog(id="log")
        yield Tree(Content(HOSTILE).plain.replace("\n", " "), id="tree")
        yield Input(HOSTILE, id="input")
        yield Label("keys: ", id="keys", classes="raw")

    def on_mount(self) -> None:
        """Fill what can only be filled later."""
        self.title = HOSTILE
        framed = self.query_one("#framed", Static)
        framed.border_title = Content(HOSTILE)
        framed.tooltip = Content(HOSTILE)
        table = self.query_one("#table", DataTable)
        table.add_columns("a", "b")
        from rich.text import Text

        table.add_row(Text(HOSTILE), Text("x"))
        self.query_one("#log", RichLog).write(Text(HOSTILE))
        self.notify(HOSTILE, title=HOSTILE, markup=False, timeout=60)
        self.set_terminal_title(HOSTILE)
        self.copy_to_clipboard(HOSTILE.encode("utf-8", "replace").decode())
        self.query_one(OptionList).focus()
        self.query_one("#keys", Label).update("keys: ready")

    def on_paste(self, event: events.Paste) -> None:
        """Show what was pasted."""
        self.query_one("#keys", Label).update(Content(f"pasted: {event.text}"))

    def action_ask(self) -> None:
        """Open the modal."""
        self.push_screen(Asker())

    async def action_edit(self) -> None:
        """Give the terminal away, as to an editor, while the screen goes on changing."""
        keys = self.query_one("#keys", Label)
        with self.suspend():
            for number in range(2 * MAX_QUEUED_WRITES):
                keys.update(f"keys: changed {number}")
                await asyncio.sleep(2 / MAX_FPS)
        keys.update("keys: edited")

    def action_crash(self) -> None:
        """Fail with a customer's text at hand."""
        secret = "the customer's secret"
        raise RuntimeError(secret)


if __name__ == "__main__":
    app = HostileApp()
    app.run()
    sys.exit(app.return_code)

__all__ = ["HOSTILE", "Asker", "HostileApp"]
