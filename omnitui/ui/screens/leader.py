"""The leader's menu: groups of all actions, then the actions of one, each by a letter, with its own key beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.desk.lettering import lettered
from omnitui.i18n import N_, _
from omnitui.services.actions import ACTIONS, READING, Action, Scope, actions_of
from omnitui.text.widths import cell_width
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.keyboard import spelled
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.roles import Line, Piece, cropped, plain
from omnitui.ui.widgets.lines import Lines

GROUPS = {
    "conversation": N_("Conversation"),
    "go": N_("Go to"),
    "app": N_("omnitui"),
    "pane": N_("Panes"),
    "recording": N_("Recordings"),
    "contact": N_("Contact"),
    "copy": N_("Copy"),
    "list": N_("List"),
    "history": N_("History"),
    "message": N_("Message"),
    "card": N_("Card"),
    "sidebar": N_("Views"),
    "composer": N_("Composer"),
    "agent": N_("Agent"),
    "command": N_("Commands of your own"),
}
"""What the first words of ids are called."""
WIDEST = 4

Item = tuple[str, str, str, str]
"""Letter, label, key, and why it cannot be done now."""


class LeaderScreen(LastHopModal[str | None]):
    """Two levels of letters at the bottom of the screen. Escape goes one level up, and then away."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._groups = _grouped(desk)
        names = [*self._groups]
        self._letters = dict(zip(lettered(names), names, strict=True))
        self._group = ""

    def compose(self) -> ComposeResult:
        """Lines in columns."""
        with Vertical(classes="menu"):
            yield Lines()

    def on_mount(self) -> None:
        """The groups first."""
        self._draw()

    def on_resize(self) -> None:
        """Another width."""
        self._draw()

    def _draw(self) -> None:
        width = max(self.app.size.width, 20)
        title = self._title(self._group) if self._group else _("Which group?")
        lines = columns(self._items(), width)
        room = max(self.app.size.height - 3, 3)
        self.query_one(Lines).show([((" ", ""), (title, "title"), ("  " + _("esc goes back"), "muted")), *lines[:room]])

    def _items(self) -> list[Item]:
        if not self._group:
            return [
                (letter, f"{self._title(name)} …", str(len(self._groups[name])), "")
                for letter, name in self._letters.items()
            ]
        keymap = self._desk.screen.keyboard.keymap
        return [
            (letter, action.label, keymap.key_of(action.id), acts.why_not(self._desk, action.id))
            for letter, action in self._actions().items()
        ]

    def _title(self, name: str) -> str:
        return _(GROUPS[name]) if name in GROUPS else name

    def _actions(self) -> dict[str, Action]:
        actions = self._groups[self._group]
        letters = lettered([action.id.partition(".")[2] for action in actions])
        return dict(zip(letters, actions, strict=True))

    def on_key(self, event: events.Key) -> None:
        """A letter goes on; anything else but going back means nothing."""
        event.stop()
        event.prevent_default()
        key = spelled(event.key, event.character)
        if key in ("escape", "backspace", "ctrl+q"):
            if self._group and key != "ctrl+q":
                self._group = ""
                self._draw()
            else:
                self.dismiss(None)
        elif not self._group and key in self._letters:
            self._group = self._letters[key]
            self._draw()
        elif self._group and (action := self._actions().get(key)) is not None:
            self.dismiss(action.id)

    def on_click(self) -> None:
        """A click leaves."""
        self.dismiss(None)


def _grouped(desk: Desk) -> dict[str, list[Action]]:
    scope = desk.screen.scope
    live = {action.id for action in actions_of(scope)}
    if scope in READING:
        live |= {action.id for action in ACTIONS.values() if action.scope is Scope.DESK}
    found: dict[str, list[Action]] = {name: [] for name in GROUPS}
    for action in ACTIONS.values():
        if action.id in live and action.id != "app.leader":
            found.setdefault(action.id.partition(".")[0], []).append(action)
    return {name: actions for name, actions in found.items() if actions}


def columns(items: Sequence[Item], width: int) -> list[Line]:
    """Items in as many columns as fit, read downwards."""
    if not items:
        return []
    cell = max(cell_width(label) + cell_width(key) for _letter, label, key, _reason in items) + 7
    across = max(min((width - 1) // cell, WIDEST), 1)
    rows = -(-len(items) // across)
    lines: list[Line] = []
    for row in range(rows):
        pieces: list[Piece] = [(" ", "")]
        for letter, label, key, reason in items[row::rows]:
            gap = cell - 5 - cell_width(label) - cell_width(key)
            pieces += [
                (f"{letter} ", "muted" if reason else "key"),
                (plain(label), "muted" if reason else "text"),
                (f" {key}" + " " * (gap + 2), "muted"),
            ]
        lines.append(cropped(tuple(pieces), width))
    return lines


async def open_leader(desk: Desk) -> None:
    """Ask for a group and an action, and run it."""
    chosen = await desk.ask(LeaderScreen(desk))
    if chosen is not None:
        acts.run(desk, chosen)
