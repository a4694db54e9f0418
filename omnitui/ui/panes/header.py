"""The fields above the text: to, Cc, Bcc, subject. Folded into one line until they are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from omnitui.i18n import N_, _
from omnitui.model.accounts import Json
from omnitui.text.safe import SafeText
from omnitui.ui.look.roles import Line, Piece, plain
from omnitui.ui.panes.fields import Field, editable
from omnitui.ui.widgets.lines import Lines

LABELS: Mapping[str, str] = {"to": N_("To"), "cc": "Cc", "bcc": "Bcc", "subject": N_("Subject")}
ADDRESSED = ("to", "cc", "bcc")
"""Fields that take addresses, several with commas between them."""


class Header(Vertical):
    """One row a field, and the folded line. Its fields are made when they are shown first."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.names: tuple[str, ...] = ()
        """The fields that the channel has."""
        self.open = False
        self._line = Lines(id="header-line")
        self._line.private = True
        self._labels = {name: Lines(classes="header-label") for name in LABELS}
        self._fields = {name: Field(id=f"composer-{name}", compact=True) for name in LABELS}
        self._rows: dict[str, Horizontal] = {}
        self._faults: set[str] = set()
        self._key = ""

    def compose(self) -> ComposeResult:
        """The folded line; rows come when they are needed."""
        yield self._line

    def load(self, names: Sequence[str], values: Mapping[str, Json], *, unfolded: bool) -> None:
        """Have these fields with these values."""
        self.names = tuple(names)
        self._faults.clear()
        for name, field in self._fields.items():
            value = values.get(name, "") if name in names else ""
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            field.value = editable(text, multiline=False)
        self.display = bool(names)
        self.unfold(unfolded)

    def unfold(self, wide: bool) -> None:
        """Show each field in its row, or all in one line."""
        self.open = wide
        if wide and not self._rows:
            for name, field in self._fields.items():
                self._rows[name] = Horizontal(self._labels[name], field, classes="header-row")
            self.mount(*self._rows.values())
        for name, row in self._rows.items():
            row.display = wide and name in self.names
        self._line.display = not wide
        self.redraw()

    def values(self) -> dict[str, Json]:
        """What is in the fields: lists of addresses, and the subject. Empty ones are left out."""
        found: dict[str, Json] = {name: addresses(self._fields[name].value) for name in ADDRESSED if name in self.names}
        if "subject" in self.names:
            found["subject"] = self._fields["subject"].value.strip()
        return {name: value for name, value in found.items() if value}

    def add(self, name: str, text: str) -> None:
        """Put an address into a field, unless it is there."""
        field = self._fields[name]
        if text.lower() not in (one.lower() for one in addresses(field.value)):
            field.value = editable(", ".join((*addresses(field.value), text)), multiline=False)

    def blame(self, name: str) -> None:
        """Mark a field as wrong, and go there."""
        self._faults.add(name)
        self.unfold(True)
        self._fields[name].focus()

    def absolve(self, name: str) -> bool:
        """Take the mark off; whether it was there."""
        marked = name in self._faults
        self._faults.discard(name)
        if marked:
            self.redraw()
        return marked

    def name_of(self, field: Input) -> str:
        """The name of a field."""
        return next((name for name, own in self._fields.items() if own is field), "")

    def shown(self) -> list[Field]:
        """The fields that are on the screen, from top to bottom."""
        return [self._fields[name] for name in LABELS if self.open and name in self.names]

    def redraw(self, key: str = "") -> None:
        """Labels, faults and the folded line; `key` unfolds it."""
        for name, label in self._labels.items():
            wrong = name in self._faults
            label.show([((f" {'! ' if wrong else ''}{_(LABELS[name])}", "bad" if wrong else "muted"),)])
        self._key = key or self._key
        self._line.show([self._folded()])

    def _folded(self) -> Line:
        pieces: list[Piece] = []
        for name in LABELS:
            value: SafeText = plain(self._fields[name].value.strip())
            if name in self.names and value:
                pieces += [(f" {_(LABELS[name])} ", "muted"), (value, "text"), (" ", "")]
        if self._key:
            pieces.append((f" {self._key}: {' '.join(_(LABELS[name]) for name in self.names)}", "muted"))
        return tuple(pieces)


def addresses(text: str) -> list[str]:
    """What stands between commas."""
    return [part.strip() for part in text.replace(";", ",").replace("、", ",").split(",") if part.strip()]
