"""The command line: the shell's verbs and a few of the console's own, completed, on what is marked or shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from textual import events
from textual.widgets import Input

from omnitui.config.checks import nearest
from omnitui.desk.fuzzy import fit
from omnitui.desk.querying.completion import Completion, Names, complete
from omnitui.desk.querying.parsing import QueryError
from omnitui.desk.views import View
from omnitui.errors import OmniError
from omnitui.i18n import N_, _
from omnitui.model.states import Status
from omnitui.services.actions import ACTIONS
from omnitui.services.keys.commandline import CommandError, Said, Word, words
from omnitui.text.safe import safe
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.knowledge import learn
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen
from omnitui.ui.widgets.choices import Choice, Choices

REMEMBERED = "commands"
OWN = {
    "view": N_("make a view or a query the list: view is:open label:vip"),
    "search": N_("search all messages"),
    "theme": N_("change the colours"),
    "quit": N_("leave omnitui"),
}
"""Verbs that only the console has."""

Step = Callable[[], Any]
"""What a line comes to, once the command line is gone."""


class CommandScreen(PickerScreen):
    """A line with completion. Enter runs it, Tab completes, up and down bring earlier lines."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(_("Command"), self._find, hint=_usual(), small=True)
        self._desk = desk
        self._names = desk.names or Names()
        self._learning: asyncio.Task[None] | None = None
        self._verbs = desk.verbs() if desk.verbs is not None else None
        self._base = ""
        self._filled: str | None = None
        self._history = desk.memory.recall(REMEMBERED)[:]
        self._back = -1
        self._doing: asyncio.Task[None] | None = None

    @property
    def placeholder(self) -> str:
        """Examples."""
        return "resolve · snooze tomorrow 9 · label +vip · view is:open"

    def on_mount(self) -> None:
        """The names of agents and labels come a little later."""
        self._learning = asyncio.create_task(self._learn())

    async def _learn(self) -> None:
        self._names = await learn(self._desk)
        if self.is_open and self._filled is None and self.typed:
            self._ask()

    def on_unmount(self) -> None:
        """Nobody asks for names any more."""
        if self._learning is not None:
            self._learning.cancel()

    async def _find(self, text: str) -> Sequence[Choice]:
        self._hint = self._about(text)
        return [_choice(one, self._help()) for one in self._complete(text, len(text))]

    def _help(self) -> dict[str, str]:
        verbs = self._verbs
        own = {name: _(about) for name, about in OWN.items()}
        return {**(verbs.names() if verbs is not None else {}), **own}

    def _about(self, text: str) -> str:
        found = self._help()
        typed = [word.text for word in words(text)]
        about = found.get(" ".join(typed[:2])) or found.get(" ".join(typed[:1]))
        return about if about and " " in text else _usual()

    def _complete(self, text: str, position: int) -> list[Completion]:
        first, _space, _rest = text.partition(" ")
        start = len(first) + 1
        if _space and first in ("view", "search"):
            every = self._desk.session.views.every
            views = [one.id for one in every if first == "view" and one.id.startswith(text[start:])]
            found = complete(text[start:], position - start, self._names)
            shifted = [Completion(one.text, one.start + start, one.end + start) for one in found]
            return [*(Completion(one, start, len(text)) for one in views), *shifted]
        if _space and first == "theme":
            from omnitui.ui.look.themes import names as themes

            known = themes(self._desk.session.profile.themes)
            return [Completion(one, start, len(text)) for one in known if text[start:] in one]
        verbs = self._verbs
        found = verbs.complete(text, position, self._names) if verbs is not None else []
        if not _space:
            own = [Completion(one, 0, len(text)) for one in OWN if one.startswith(text)]
            acts_found = [Completion(one, 0, len(text)) for one in ACTIONS if "." in text and fit(text, one)]
            return [*own, *found, *acts_found] if text else [*found, *own]
        return found

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke of the agent's asks for completions; what was filled in does not."""
        event.prevent_default()
        if self.typed == self._filled:
            event.stop()
            self.last = event.value
            self.below(())
            return
        self._filled = None
        super().on_input_changed(event)

    def _show(self, text: str, found: Sequence[Choice]) -> None:
        super()._show(text, found)
        self.choices.load(found, -1)

    def on_key(self, event: events.Key) -> None:
        """Completion and history."""
        choices = self.choices
        if event.key in ("tab", "shift+tab"):
            self._fill(choices, 1 if event.key == "tab" else -1)
        elif event.key in ("up", "down"):
            self._recall(1 if event.key == "up" else -1)
        elif event.key == "enter":
            self._choose()
        else:
            super().on_key(event)
            return
        event.stop()
        event.prevent_default()

    def _fill(self, choices: Choices, by: int) -> None:
        if not choices.choices:
            return
        choices.move(by)
        chosen = choices.current
        if chosen is not None:
            self._put_in(chosen.value, alone=len(choices.choices) == 1)

    def _put_in(self, one: Completion, *, alone: bool) -> None:
        base = self._base if self._filled is not None else self.typed
        self._base = base
        blank = " " if alone and not one.text.endswith(":") else ""
        line = base[: one.start] + one.text + blank + base[one.end :]
        self._filled = None if alone else line
        self.put(line)

    def take(self, chosen: Choice) -> None:
        """A completion that is clicked is filled in; a line is run by Enter alone, and never changed while it runs."""
        if self._doing is None or self._doing.done():
            self._put_in(chosen.value, alone=True)

    def _recall(self, by: int) -> None:
        self._back = min(max(self._back + by, -1), len(self._history) - 1)
        self.put(self._history[self._back] if self._back >= 0 else "")

    def _choose(self) -> None:
        if self._doing is None or self._doing.done():
            self.choosing = True
            self._doing = asyncio.create_task(self._run(self.typed.strip()))

    async def _run(self, line: str) -> None:
        try:
            step = await self._step(line)
        except OmniError as error:
            self.complain(error)
        else:
            if self in self.app.screen_stack[1:]:
                self.dismiss(Choice((line, step), ()))
        finally:
            self.choosing = False

    async def _step(self, line: str) -> Step:
        """Do what a line says, or check it; what is left to do is done when the command line is gone.

        Raises:
            OmniError: It cannot be done.
        """
        desk = self._desk
        found = words(line)
        if not found:
            return lambda: None
        first = found[0]
        rest = line[first.end :].strip()
        at = line.index(rest, first.end) if rest else len(line)
        if first.text in OWN:
            return self._own(first.text, rest, at)
        if first.text in ACTIONS:
            return lambda: acts.run(desk, first.text)
        verbs = self._verbs
        if verbs is None:
            raise _unknown(first)
        marked = sorted(desk.screen.queue.marked)
        ids = marked or ([desk.shown] if desk.shown else [])
        said = await desk.act_first(verbs.run, desk.session, line, ids, desk.shown)
        return lambda: _tell(desk, line, said, bool(marked))

    def _own(self, verb: str, rest: str, at: int) -> Step:
        from omnitui.ui.screens.offers import open_query
        from omnitui.ui.screens.search import open_search

        desk = self._desk
        if verb == "quit":
            return lambda: acts.run(desk, "app.quit")
        if verb == "theme":
            known = sorted(desk.screen.app.available_themes)
            if rest not in known:
                message = _("there is no theme called {name}").format(name=rest)
                raise CommandError(message, hint=nearest(rest, known), position=at, word=rest)
            return lambda: setattr(desk.screen.app, "theme", rest)
        if verb == "view" and (standing := desk.session.views.find(rest)) is not None:
            return lambda: _open(desk, standing)
        try:
            desk.session.query(rest)
        except QueryError as error:
            raise CommandError(error.message, hint=error.hint, position=at + error.position, word=error.word) from None
        if verb == "search":
            return lambda: open_search(desk, rest)
        return lambda: open_query(desk, rest)


def _open(desk: Desk, standing: View) -> None:
    desk.open_view(standing)
    desk.screen.layouts.home()


def _usual() -> str:
    return _("Tab completes, ↑ ↓ earlier lines, Enter runs it")


def _unknown(word: Word) -> CommandError:
    message = _("there is no verb “{word}”").format(word=word.text)
    return CommandError(message, hint=nearest(word.text, sorted(OWN)), position=word.start, word=word.text)


def _choice(one: Completion, about: dict[str, str]) -> Choice:
    return Choice(one, ((plain(one.text), "strong"), (f"  {plain(about.get(one.text, ''))}", "muted")))


async def open_commandline(desk: Desk) -> None:
    """Ask for a line and do what it says."""
    chosen = await desk.ask(CommandScreen(desk))
    if chosen is None:
        return
    line, step = chosen.value
    desk.remember(REMEMBERED, line)
    work = step()
    if asyncio.iscoroutine(work):
        await work


async def _tell(desk: Desk, line: str, said: Said, marked: bool) -> None:
    """Say what a verb did; what it printed is shown on a page."""
    if said.ops:
        from omnitui.ui.acts.changing import leave, told

        for op in said.ops:
            status = op.after.get("status")
            if isinstance(status, str):
                leave(desk, (op.object_id,), Status(status))
        if marked:
            desk.screen.queue.clear_marks()
        desk.say(" · ".join(part for part in (told(said.ops), said.words) if part), "warn" if said.code else "good")
    elif said.text.strip():
        await show_text(desk, line, said.text, said.words)
    else:
        desk.say(said.words or _("it was so already"), "warn" if said.code else "good")


async def show_text(desk: Desk, title: str, text: str, words_beside: str = "", *, mark: str = ":") -> None:
    """Show what a verb printed."""
    from omnitui.ui.screens.page import PageScreen, of_text, unhurried

    clean = await asyncio.to_thread(safe, text.rstrip("\n"), max_lines=20_000, max_chars=2_000_000)
    write = unhurried(of_text(clean, plain(words_beside)), len(clean))
    await desk.ask(PageScreen(f"{mark}{title}", write))
