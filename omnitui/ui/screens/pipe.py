"""The prompt of a pipe: a command with its words; the earlier ones fit below."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events

from omnitui.i18n import _
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice


class PipeScreen(PickerScreen):
    """Tab takes the chosen earlier line into the field."""

    @property
    def placeholder(self) -> str:
        """Examples."""
        return "jq .subject · wc -w · trans -b :en"

    def on_key(self, event: events.Key) -> None:
        """Tab completes."""
        if event.key != "tab":
            super().on_key(event)
            return
        chosen = self.choices.current
        lines = [one for one in self.choices.choices if one.value != self.typed.strip()]
        if chosen is not None and chosen.value == self.typed.strip():
            chosen = lines[0] if lines else None
        if chosen is not None:
            self.put(str(chosen.value))
        event.stop()
        event.prevent_default()


async def ask_command(desk: Desk, title: str, earlier: Sequence[str]) -> str:
    """Ask for a command line; "" where the agent left."""

    async def source(text: str) -> Sequence[Choice]:
        typed = text.strip()
        lines = [line for line in earlier if typed in line and line != typed]
        return [Choice(line, ((plain(line), "text"),)) for line in [*([typed] if typed else []), *lines]]

    hint = _("no shell: words and quotes only; tab completes, Enter runs it for at most 30 seconds")
    chosen = await desk.ask(PipeScreen(title, source, hint=hint, small=True))
    return str(chosen.value) if chosen is not None else ""
