"""Choosing one thing from many, narrowed down as one types: the base of palette, search, help and all pickers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from omnitui.desk.fuzzy import fit
from omnitui.desk.querying.matching import fold
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.text.widths import cell_width, wrap
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.last_hop.ending import EndsInOrder
from omnitui.ui.look.roles import Line, lit, plain
from omnitui.ui.panes.fields import Field, editable
from omnitui.ui.widgets.choices import Choice, Choices
from omnitui.ui.widgets.lines import Lines

__all__ = ["PickerScreen", "Source", "among", "fold"]

Source = Callable[[str], Awaitable[Sequence[Choice]] | AsyncIterator[Sequence[Choice]]]
"""Finds the choices for what was typed: at once, or more and more of them."""

ROOMY = 80
"""Columns from which on a dialog leaves something of the screen beside it."""
STEPS = {"down": 1, "up": -1, "ctrl+n": 1, "ctrl+j": 1, "tab": 1, "shift+tab": -1}


class PickerScreen(LastHopModal[Choice | None]):
    """A field and the choices that fit what is in it. Enter chooses, Escape leaves."""

    AUTO_FOCUS: ClassVar[str | None] = "Input"
    HINT_LINES: ClassVar[int] = 2
    """Lines below the choices at most."""
    TITLE_LINES: ClassVar[int] = 3
    """Lines of a title at most."""
    LISTED: ClassVar[int] = 16
    """Choices that a small dialog shows at once, where there is room."""

    def __init__(
        self, title: str, source: Source, *, hint: str = "", text: str = "", small: bool = False, at: object = None
    ) -> None:
        """`at`: the value on which the cursor begins."""
        super().__init__()
        self._first = at
        self._title_text = title
        self._source = source
        self._hint = hint
        self._text = text
        self._small = small
        self._work: asyncio.Task[None] | None = None
        self._answered: str | None = None
        self._moved = False
        """Whether the cursor was moved since the last letter."""
        self.last = text
        """What was in the field last."""
        self.choosing = False
        """Whether Enter waits for the choices that fit what was typed before it."""

    def compose(self) -> ComposeResult:
        """Title, field, a line that belongs to the field, choices, one line of hint."""
        # Textual would mark the width after the first layout, and style every widget a second time for it.
        self.set_class(self.app.size.width < ROOMY, "-close", update=False)
        with Vertical(classes="dialog picker -small" if self._small else "dialog picker"):
            yield Lines(classes="title")
            yield Field(value=editable(self._text, multiline=False), placeholder=plain(self.placeholder), compact=True)
            yield Lines(classes="below")
            choices = Choices()
            self._fit(choices)
            yield choices
            yield Lines(classes="hint")

    @property
    def placeholder(self) -> str:
        """What an empty field says."""
        return _("type to narrow down")

    def on_mount(self) -> None:
        """Show all choices first."""
        self._entitle()
        self.query_one(".below", Lines).show([()])
        self.say(self._hint)
        self._ask()

    @property
    def field(self) -> Input:
        """The field."""
        return self.query_one(Input)

    @property
    def is_open(self) -> bool:
        """Whether there is still something to show an answer in: a dialog that closes loses its parts first."""
        return self.is_attached and bool(self.query(Input)) and bool(self.query(Choices))

    @property
    def choices(self) -> Choices:
        """The list of choices."""
        return self.query_one(Choices)

    @property
    def typed(self) -> str:
        """What is in the field."""
        return self.field.value

    def put(self, text: str) -> None:
        """Fill the field, the cursor at its end."""
        self.field.value = editable(text, multiline=False)
        self.field.cursor_position = len(self.field.value)

    def say(self, text: str, role: str = "muted") -> None:
        """Show a line below the choices, more where it takes them."""
        hint = self.query_one(".hint", Lines)
        width = max(hint.size.width or self._inner_width, 20)
        lines = wrap(plain(text), width)[: self.HINT_LINES] if text else [""]
        hint.show([((line, role),) for line in lines])

    @property
    def _inner_width(self) -> int:
        """What the style sheet will give to a line, before it has."""
        total = self.app.size.width
        return (total if total < ROOMY else min(total * 4 // 5, 70 if self._small else 100)) - 4

    def below(self, line: Line) -> None:
        """Show a line right below the field."""
        self.query_one(".below", Lines).show([line])

    def point(self, position: int, word: str) -> None:
        """Mark a word of the field from below."""
        field = self.field
        text = field.value
        start = cell_width(text[:position]) - round(field.scroll_x)
        size = max(cell_width(text[position : position + len(word)]), 1)
        shown = max(min(start, field.size.width - 1), 0)
        self.below(((" " * shown, ""), ("^" * max(min(size + min(start, 0), field.size.width - shown), 1), "bad")))

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke: ask again; an answer to an older question is not shown any more."""
        event.stop()
        self.last = event.value
        self._moved = False
        self._ask()

    def on_resize(self) -> None:
        """Another size."""
        self.set_class(self.app.size.width < ROOMY, "-close")
        self._entitle()
        for choices in self.query(Choices):
            self._fit(choices)

    def _entitle(self) -> None:
        """The title: a question is told whole."""
        lines = self._title_lines
        for title in self.query(".title").results(Lines):
            if len(lines) > 1 or title.styles.has_rule("height"):
                title.styles.height = len(lines)
            title.show([((line, "title"),) for line in lines])

    @property
    def _title_lines(self) -> list[str]:
        return wrap(plain(self._title_text), max(self._inner_width, 20))[: self.TITLE_LINES] or [""]

    def _fit(self, choices: Choices) -> None:
        """Leave room for the hint below the choices of a small dialog, whose height is what it holds."""
        if self._small:
            width, height = self.app.size
            # Beside the choices there are a border, the title, the field and the line below it.
            beside = 4 + len(self._title_lines) + self.HINT_LINES
            room = (height if width < ROOMY else height * 4 // 5) - beside
            choices.styles.max_height = max(min(room, self.LISTED), 3)

    def _ask(self) -> None:
        if self._work is not None:
            self._work.cancel()
        self._answered = None
        self._work = asyncio.create_task(self._answer(self.typed))

    async def _answer(self, text: str) -> None:
        try:
            found = self._source(text)
            if isinstance(found, AsyncIterator):
                async for choices in found:
                    if self.is_open:
                        self._show(text, choices)
            else:
                choices = await found
                if self.is_open:
                    self._show(text, choices)
        except OmniError as error:
            self.choosing = False
            if self.is_open:
                self.complain(error)
            return
        except Exception as error:
            # A fault of our own: nobody awaits this task, so that it would be heard of nowhere.
            self.app.fail(error) if isinstance(self.app, EndsInOrder) else self.app._handle_exception(error)
            return
        if self.is_open and text == self.typed and self.choosing:
            self._take()

    def complain(self, error: OmniError) -> None:
        """Say what is wrong with what was typed."""
        self.say(f"! {error.message}" + (f" ({error.hint})" if error.hint else ""), "warn")
        word = getattr(error, "word", None)
        if word is not None:
            self.point(getattr(error, "position", 0), word)

    def _show(self, text: str, found: Sequence[Choice]) -> None:
        if text != self.typed:
            return
        choices = self.choices
        more = self._answered == text
        self._answered = text
        if not more:
            self.say(self._hint)
            self.below(())
        kept = more and (self._moved or not (found and found[0].named))
        sought = self._first if not text and self._first is not None else object()
        first = next((index for index, one in enumerate(found) if one.value == sought), 0)
        choices.load(found, _place(choices.current, found) if kept else first)
        if self.choosing and found:
            self._take()

    def on_key(self, event: events.Key) -> None:
        """Keys that the field does not take."""
        choices = self.choices
        page = max(choices.size.height - 1, 1)
        steps = {**STEPS, "pagedown": page, "pageup": -page}
        if event.key in steps:
            self._moved = True
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
        done = self._work is None or self._work.done()
        if self._answered == self.typed and (done or self.choices.current is not None):
            self._take()
            return
        self.choosing = True
        if done:
            self._ask()

    @on(Choices.Chosen)
    def _take(self) -> None:
        self.choosing = False
        # A second click, or one that comes when the console ends, finds this dialog gone already.
        if self in self.app.screen_stack[1:]:
            chosen = self.choices.current
            if chosen is None:
                self.say(_("nothing here fits"), "warn")
            else:
                self.take(chosen)

    def take(self, chosen: Choice) -> None:
        """Something was chosen: that is the answer."""
        self.dismiss(chosen)

    def on_unmount(self) -> None:
        """An unanswered question is dropped."""
        if self._work is not None:
            self._work.cancel()


def _place(current: Choice | None, found: Sequence[Choice]) -> int:
    """Where the choice under the cursor is now."""
    if current is None:
        return 0
    return next((index for index, one in enumerate(found) if one.value == current.value), 0)


def fitting(text: str, choices: Sequence[Choice]) -> list[tuple[int, Choice]]:
    """The choices that fit what was typed, each with how well and with its matched letters marked; best first."""
    found: list[tuple[int, Choice]] = []
    for choice in choices:
        name = "".join(text for text, _role in choice.left)
        fitted = fit(text, name, choice.aside)
        if fitted is not None:
            marked = replace(choice, left=lit(choice.left, set(fitted.places))) if fitted.places else choice
            found.append((fitted.score, marked))
    return sorted(found, key=lambda one: -one[0])


def distinct(choices: Sequence[Choice]) -> list[Choice]:
    """The choices of which none before them does the same."""
    found: dict[object, Choice] = {}
    for choice in choices:
        found.setdefault(choice.value, choice)
    return list(found.values())


def among(choices: Sequence[Choice]) -> Callable[[str], Awaitable[Sequence[Choice]]]:
    """Choices that fit what was typed, the best first; equally good ones in the order that was given."""

    async def source(text: str) -> Sequence[Choice]:
        return [choice for _score, choice in fitting(text, choices)] if text.strip() else choices

    return source
