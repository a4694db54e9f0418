"""Choosing one thing from many, narrowed down as one types: the base of palette, search, help and all pickers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.text.analyser import normalised
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.panes.fields import Field
from omnitui.ui.roles import plain
from omnitui.ui.widgets.choices import Choice, Choices
from omnitui.ui.widgets.lines import Lines

Source = Callable[[str], Awaitable[Sequence[Choice]]]
"""Finds the choices for what was typed."""


class PickerScreen(LastHopModal[Choice | None]):
    """A field and the choices that fit what is in it. Enter chooses, Escape leaves."""

    AUTO_FOCUS: ClassVar[str | None] = "Input"

    def __init__(self, title: str, source: Source, *, hint: str = "", text: str = "", small: bool = False) -> None:
        super().__init__()
        self._title_text = title
        self._source = source
        self._hint = hint
        self._text = text
        self._small = small
        self._asked = 0
        self._work: asyncio.Task[None] | None = None
        self.last = text
        """What was in the field last."""
        self.choosing = False
        """Whether Enter waits for the choices that fit what was typed before it."""

    def compose(self) -> ComposeResult:
        """Title, field, choices, one line of hint."""
        with Vertical(classes="dialog -small" if self._small else "dialog"):
            yield Lines(classes="title")
            yield Field(value=self._text, placeholder=_("type to narrow down"), compact=True)
            yield Choices()
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Show all choices first."""
        self.query_one(".title", Lines).show([((plain(self._title_text), "title"),)])
        self.say(self._hint)
        self._ask()

    @property
    def typed(self) -> str:
        """What is in the field."""
        return self.query_one(Input).value

    def say(self, text: str, role: str = "muted") -> None:
        """Show a line below the choices."""
        self.query_one(".hint", Lines).show([((plain(text), role),)])

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke: ask again; an answer to an older question is not shown any more."""
        event.stop()
        self.last = event.value
        self._ask()

    def _ask(self) -> None:
        if self._work is not None:
            self._work.cancel()
        self._work = asyncio.create_task(self._answer(self.typed))

    async def _answer(self, text: str) -> None:
        try:
            found = await self._source(text)
        except OmniError as error:
            self.choosing = False
            self.say(f"! {error.message}" + (f" ({error.hint})" if error.hint else ""), "warn")
            return
        if text == self.typed and self.is_attached:
            self.say(self._hint)
            self.query_one(Choices).load(found)
            if self.choosing:
                self._take()

    def on_key(self, event: events.Key) -> None:
        """Keys that the field does not take."""
        choices = self.query_one(Choices)
        page = max(choices.size.height - 1, 1)
        steps = {
            "down": 1,
            "up": -1,
            "ctrl+n": 1,
            "ctrl+j": 1,
            "pagedown": page,
            "pageup": -page,
            "tab": 1,
            "shift+tab": -1,
        }
        if event.key in steps:
            choices.move(steps[event.key])
        elif event.key in ("escape", "ctrl+q"):
            self.dismiss(None)
        elif event.key == "enter":
            self._choose()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter chooses."""
        event.stop()
        self._choose()

    def _choose(self) -> None:
        # What is listed may still fit an older text: taking the first of that would do something never asked for.
        if self._work is None or self._work.done():
            self._take()
        else:
            self.choosing = True

    @on(Choices.Chosen)
    def _take(self) -> None:
        self.choosing = False
        # A second click, or one that comes when the console ends, finds this dialog gone already.
        if self in self.app.screen_stack[1:]:
            self.dismiss(self.query_one(Choices).current)

    def on_unmount(self) -> None:
        """An unanswered question is dropped."""
        if self._work is not None:
            self._work.cancel()


def among(choices: Sequence[Choice]) -> Source:
    """Choices that contain all words that were typed, in any order; those that begin so come first."""
    folded = [(fold(choice.text), choice) for choice in choices]

    async def source(text: str) -> Sequence[Choice]:
        words = fold(text).split()
        if not words:
            return choices
        found = [(not key.startswith(words[0]), index) for index, (key, _choice) in enumerate(folded)
                 if all(word in key for word in words)]  # fmt: skip
        return [folded[index][1] for _later, index in sorted(found)]

    return source


def fold(text: str) -> str:
    """A text as searches in choices compare it."""
    return normalised(text).casefold()
