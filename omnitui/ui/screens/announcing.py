"""Telling all customers of an incident: written once, then what each channel gets, with what is wrong with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final, Literal

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.desk.naming import first_name
from omnitui.errors import OmniError
from omnitui.i18n import _, ngettext
from omnitui.model.conversations import Conversation
from omnitui.model.incidents import Incident
from omnitui.sdk.measure import UNITS
from omnitui.services.incidents.announcing import Announcement, Announcing, Place, Variant
from omnitui.services.texts.templates import Filled
from omnitui.store.reads import incidents
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.template import fill_template
from omnitui.ui.widgets.choices import Choice, Choices
from omnitui.ui.widgets.lines import Lines

Wish = Literal["here", "language", "channel", "all", "template", "tag", "out", "send"]
CLOSE: Final = 100
"""Columns below which the dialog takes the whole screen."""
_KEYS: Final[Mapping[str, Wish]] = {
    "enter": "here",
    "e": "here",
    "l": "language",
    "c": "channel",
    "a": "all",
    "t": "template",
    "g": "tag",
    "x": "out",
    "ctrl+s": "send",
}


class AnnounceScreen(LastHopModal[tuple[Wish, Place] | None]):
    """A row for each channel and language: how many get it, how long it is, what is wrong; below it the words."""

    AUTO_FOCUS: ClassVar[str | None] = None
    SHOWN: ClassVar[int] = 7
    """Lines of the words."""

    def __init__(self, title: str, variants: Sequence[Variant], at: Place | None) -> None:
        super().__init__()
        self._title_text = title
        self._variants = variants
        self._at = at

    def compose(self) -> ComposeResult:
        """Title, rows, the words of the one under the cursor, the keys."""
        with Vertical(classes="dialog picker"):
            yield Lines(classes="title")
            yield Choices()
            words = Lines(id="announce-words")
            words.private = True
            yield words
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Show it all."""
        told = sum(len(one.told) for one in self._variants)
        total = sum(one.total for one in self._variants)
        count = _("{told} of {total} are told").format(told=told, total=total)
        role = "good" if told == total else "warn"
        self.query_one(".title", Lines).show([((plain(self._title_text), "title"), (f"  {count}", role))])
        places = [one.place for one in self._variants]
        at = places.index(self._at) if self._at in places else 0
        self.query_one(Choices).load([_row(one) for one in self._variants], at)
        self._redraw()

    def on_resize(self) -> None:
        """Another size."""
        self.set_class(self.app.size.width < CLOSE, "-close")
        self.call_after_refresh(self._redraw)

    def _redraw(self) -> None:
        """The words below, and the keys."""
        if not self.is_attached:
            return
        words = self.query_one("#announce-words", Lines)
        width = max(words.size.width or self.app.size.width - 8, 20)
        lines = _words(self.variant, width, self.SHOWN) if self._variants else []
        words.styles.height = max(len(lines), 1)
        words.show(lines)
        keys = _("Enter words here, a for all, l for the language, c for the channel, t template, g tag, x leave out")
        send = _("ctrl+s sends, held for undo; Esc back")
        hint = self.query_one(".hint", Lines)
        hint.show([((line, "muted"),) for line in wrap(plain(f"{keys}, {send}"), max(hint.size.width or width, 20))])

    @property
    def variant(self) -> Variant:
        """The one under the cursor."""
        return self._variants[self.query_one(Choices).at]

    def on_key(self, event: events.Key) -> None:
        """Move, ask for something, or leave."""
        move = dict.fromkeys(("j", "down", "tab"), 1) | dict.fromkeys(("k", "up", "shift+tab"), -1)
        move |= {"home": -1_000_000, "end": 1_000_000, "pageup": -10, "pagedown": 10}
        if event.key in move:
            self.query_one(Choices).move(move[event.key])
            self._redraw()
        elif event.key in ("escape", "q", "ctrl+q"):
            self.dismiss(None)
        elif event.key in _KEYS and self._variants:
            self.dismiss((_KEYS[event.key], self.variant.place))
        else:
            return
        event.stop()
        event.prevent_default()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """A click shows its words."""
        event.stop()
        self._redraw()


def _row(one: Variant) -> Choice:
    _account, channel, language = one.place
    limit = "" if one.limit is None else f"/{one.limit}"
    wrong = one.wrong or (Counter(why for _row, why in one.left).most_common(1)[0][0] if one.left else "")
    by = Counter(each.by for each in one.told)
    ways = [(_("{n} by template"), by["template"]), (_("{n} under the tag"), by["tag"])]
    left: Line = (
        ("! " if one.left else "✓ ", "bad" if not one.told else "warn" if one.left else "good"),
        (f"{plain(phrases.channel_word(channel))} ", "strong"),
        (f"{plain(language)} " if language else "", "label"),
        (f"{plain(one.account)}  ", "muted"),
        (f"{len(one.told)}/{one.total}", "text"),
        *((f" {words.format(n=n)}", "label") for words, n in ways if n),
        (f" {_('{n} told elsewhere').format(n=len(one.also))}" if one.also else "", "muted"),
        (f"  {plain(wrong)}" if wrong else "", "warn"),
    )
    return Choice(one.place, left, ((f"{one.used}{limit} {_(UNITS[one.unit])}", "bad" if one.wrong else "muted"),))


def _words(one: Variant, width: int, most: int) -> list[Line]:
    text = next((each.text for each in one.told if each.by == "template"), one.text)
    lines: list[Line] = [(("│ ", "quote"), (line, "text")) for line in wrap(plain_lines(text), width - 2)[: most - 2]]
    reasons = Counter(why for _conversation, why in one.left).most_common(2)
    lines += [((f"! {n} × {plain(why)}", "warn"),) for why, n in reasons]
    lines += [((f"= {_told_in(row, place)}", "muted"),) for row, place in one.also[:2]]
    if one.left and (one.templates or one.tag):
        ways = [_("t: a template")] if one.templates else []
        ways += [_("g: under the tag {tag}").format(tag=one.tag)] if one.tag else []
        lines.append(((", ".join(ways), "muted"),))
    return lines


def _told_in(row: Conversation, place: str) -> str:
    return plain(_("{name} is told in #{place}").format(name=row.contact, place=place))


def plain_lines(text: str) -> str:
    """Text of many lines, safe to draw."""
    from omnitui.text.safe import safe

    return safe(text, max_lines=40)


async def announce(desk: Desk, incident: Incident) -> None:
    """Write once, look at what each channel gets, change it there, and send it as one act."""
    service = Announcing(desk.session.cache, desk.session.holds, desk.zone)
    kept = desk.doing.announcements
    said: Announcement | None = kept.get(incident.id)
    if said is None or (incident.told_at is not None and said.text == incident.told):
        text = await _ask(desk, _("What do all customers of {title} hear?").format(title=incident.title), incident.told)
        if not text:
            return
        said = Announcement(text)
    at: Place | None = None
    while True:
        # What is half written is there again the next time.
        kept[incident.id] = said
        variants = await asyncio.to_thread(service.foresee_announcement, incident.id, said)
        if not variants:
            raise OmniError(_("no conversation is linked to it"), hint=_("mark some in the list, and press si"))
        answer = await desk.ask(AnnounceScreen(incident.title, variants, at))
        if answer is None:
            return
        wish, at = answer
        variant = next(one for one in variants if one.place == at)
        if wish == "send":
            try:
                done = await desk.act(lambda told=said, seen=incident: service.announce(seen.id, told, seen=seen))
            except OmniError as error:
                desk.complain(error)
                now: Incident | None = await desk.cache.aread(incidents.incident, incident.id)
                incident = now or incident
                continue
            told = ngettext("{n} customer is told", "{n} customers are told", len(done.sent)).format(n=len(done.sent))
            left = ngettext("{n} is not", "{n} are not", len(done.left)).format(n=len(done.left)) if done.left else ""
            desk.say(" · ".join(filter(None, (told, left))), "warn" if left else "good")
            return
        try:
            said = await _changed(desk, said, variant, wish)
        except OmniError as error:
            desk.complain(error)


async def _changed(desk: Desk, said: Announcement, variant: Variant, wish: Wish) -> Announcement:
    place = variant.place
    _account, channel, language = place
    match wish:
        case "template":
            if place in said.templates:
                return replace(said, templates={own: one for own, one in said.templates.items() if own != place})
            if not variant.templates:
                raise OmniError(_("nobody here needs a template, or the back end has none"))
            one = next((row for row, _why in variant.left), None) or variant.told[0].conversation
            names = {"contact.name": one.contact, "contact.first_name": first_name(one.contact)}
            filled = await fill_template(desk, variant.templates, {"contact.language": language, **names}, {})
            if filled is None:
                return said
            # What names the customer is filled in for each of them.
            named = tuple("" if value in names.values() else value for value in filled.values)
            return replace(said, templates={**said.templates, place: Filled(filled.template, named)})
        case "tag":
            if not variant.tag:
                raise OmniError(_("nobody here needs a tag, or the channel has none"))
            return replace(said, tagged=said.tagged ^ {place})
        case "out":
            return replace(said, left_out=said.left_out ^ {place})
        case "all":
            text = await _ask(desk, _("For all who have no other words"), said.text)
            return replace(said, text=text) if text else said
        case "language" if language:
            text = await _ask(desk, _("For all who speak {language}").format(language=language), said.words(place))
            return replace(said, languages={**said.languages, language: text}) if text else said
        case "channel":
            text = await _ask(
                desk, _("For all on {channel}").format(channel=phrases.channel_word(channel)), said.words(place)
            )
            return replace(said, channels={**said.channels, channel: text}) if text else said
        case _:
            title = " ".join(filter(None, (phrases.channel_word(channel), language, variant.account)))
            text = await _ask(desk, _("Here alone: {place}").format(place=title), said.words(place))
            return replace(said, places={**said.places, place: text}) if text else said


async def _ask(desk: Desk, title: str, text: str) -> str:
    """Ask for words; empty where that was left."""
    found = await desk.ask(FormScreen(title, (Entry("text", _("Words"), text, long=True),), done=_("go on")))
    return found["text"].strip() if found is not None else ""
