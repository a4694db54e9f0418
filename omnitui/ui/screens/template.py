"""Filling an approved template: its blanks, from the card where they are known, and what the customer will read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.sdk.contract import Template
from omnitui.services.texts.templates import Filled, guessed
from omnitui.text.safe import safe
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.panes.fields import Field, editable
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice
from omnitui.ui.widgets.lines import Lines

MOST_BLANKS = 20
"""Blanks of a template that are asked for; more than any back end takes."""


async def fill_template(
    desk: Desk, offered: Sequence[Template], facts: Mapping[str, str], fields: Mapping[str, str]
) -> Filled | None:
    """Ask which template, and for what its blanks say; None where that was left.

    Raises:
        OmniError: There is none.
    """
    if not offered:
        raise OmniError(
            _("the back end has no approved template for this channel"),
            hint=_("make one there; omnitui account check takes it in"),
        )
    language = facts.get("contact.language", "")[:2]
    ordered = sorted(offered, key=lambda one: (one.language[:2] != language, one.name, one.language))
    choices = [
        Choice(
            one,
            (
                (plain(one.name), "strong"),
                (f" {plain(one.language)}", "label"),
                (f"  {plain(' '.join(one.text.split()))}", "muted"),
            ),
            ((plain(one.category.lower()), "muted"),) if one.category else (),
        )
        for one in ordered
    ]
    chosen = await desk.ask(PickerScreen(_("Which template?"), among(choices)))
    if chosen is None:
        return None
    template: Template = chosen.value
    values = guessed(template, facts, fields)
    return await desk.ask(TemplateScreen(Filled(template, values)))


class TemplateScreen(LastHopModal[Filled | None]):
    """A field for each blank, and below them what the customer will read."""

    AUTO_FOCUS: ClassVar[str | None] = "Input"
    LINES: ClassVar[int] = 8
    """Of what the customer will read."""

    def __init__(self, filled: Filled) -> None:
        super().__init__()
        self._filled = filled
        self._fields = [
            Field(editable(value, multiline=False), placeholder=plain(example), compact=True)
            for value, example in zip(filled.values, _examples(filled.template), strict=False)
        ][:MOST_BLANKS]

    def compose(self) -> ComposeResult:
        """Title, blanks, text, hint."""
        with Vertical(classes="dialog"):
            yield Lines(classes="title")
            for name, field in zip(self._filled.template.blanks, self._fields, strict=False):
                label = Lines(classes="hint")
                label.show([((plain(name), "label"),)])
                yield label
                yield field
            text = Lines(id="template-text")
            text.private = True
            yield text
            yield Lines(id="template-hint", classes="hint")

    def on_mount(self) -> None:
        """Go to the first blank that is empty."""
        title = f"{plain(self._filled.template.name)} · {plain(self._filled.template.language)}"
        self.query_one(".title", Lines).show([((title, "title"),)])
        self._say(_("ctrl+s: {done}, Tab: next field, Esc: leave it").format(done=_("send")), "muted")
        empty = next((field for field in self._fields if not field.value.strip()), None)
        if empty is not None:
            empty.focus()
        self.redraw()

    def _say(self, text: str, role: str) -> None:
        self.query_one("#template-hint", Lines).show([((plain(text), role),)])

    @property
    def filled(self) -> Filled:
        """The template with what stands in the fields."""
        return Filled(self._filled.template, tuple(field.value.strip() for field in self._fields))

    def redraw(self) -> None:
        """What the customer will read."""
        text = self.query_one("#template-text", Lines)
        width = max((text.size.width or self.size.width - 6) - 4, 10)
        said = wrap(safe(self.filled.text, max_lines=self.LINES), width)[: self.LINES]
        lines: list[Line] = [(("│ ", "quote"), (line, "text")) for line in said]
        text.styles.height = max(len(lines), 1)
        text.show(lines)

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke in a blank."""
        event.stop()
        self.redraw()

    def on_resize(self) -> None:
        """Another width."""
        self.redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field; it never sends."""
        event.stop()
        self.focus_next()

    def on_key(self, event: events.Key) -> None:
        """Take or leave."""
        if event.key == "ctrl+s":
            filled = self.filled
            if filled.missing:
                names = ", ".join(filled.missing)
                self._say("! " + _("still to be filled in: {names}").format(names=names), "bad")
            else:
                self.dismiss(filled)
        elif event.key in ("escape", "ctrl+q"):
            self.dismiss(None)
        else:
            return
        event.stop()
        event.prevent_default()


def _examples(template: Template) -> tuple[str, ...]:
    return (*template.examples, *("",) * len(template.blanks))[: len(template.blanks)]
