"""The composer: a reply, a note or a first message, unmistakably one of them. Enter never sends, nor does a paste."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, TextArea

from omnitui.clock import SECOND, Clock, Millis
from omnitui.desk.canned import Canned, code_before, fitting
from omnitui.desk.mentions import mentioned
from omnitui.i18n import _
from omnitui.ids import Ids, Ulid
from omnitui.model.conversations import Conversation, Draft, Message
from omnitui.model.states import MessageKind
from omnitui.sdk.capabilities import Capabilities, Policy
from omnitui.sync.allowance import Allowance, policy_of
from omnitui.ui.drafts.composing import (
    copy_pieces,
    ends_at,
    file_pieces,
    first_title,
    folded,
    hold_pieces,
    limit_pieces,
    rule_pieces,
    split_pieces,
    title_pieces,
    way_pieces,
)
from omnitui.ui.drafts.enclosing import fault_of, size_of
from omnitui.ui.drafts.offering import Offer, address_offers, address_part, agent_offers, canned_offers, offer
from omnitui.ui.drafts.shelf import Shelf
from omnitui.ui.drafts.spelling import misspelt
from omnitui.ui.look.roles import Line, Piece, line_width, plain, spread
from omnitui.ui.panes.fields import Sheet, editable
from omnitui.ui.panes.header import ADDRESSED, LABELS, Header
from omnitui.ui.panes.tabbing import Tabbing
from omnitui.ui.picture import Picture
from omnitui.ui.widgets.lines import Lines

COUNTED = 90 * SECOND
"""How near an end has to be to be counted by the second."""
SPELL_AFTER = 0.8
"""Seconds without a key after which the spelling is looked at."""


class ComposerPane(Vertical):
    """Writes into one conversation. `keep` is given the draft after every keystroke."""

    def __init__(self, clock: Clock, ids: Ids, keep: Callable[[Draft], None], shelf: Shelf, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.keep = keep
        self.clock = clock
        self.ids = ids
        self.shelf = shelf
        self.conversation: Conversation | None = None
        self.draft: Draft | None = None
        self.capabilities: Capabilities | None = None
        self.hold: Millis = 0
        self.to = ""
        self.meanwhile = False
        """Whether somebody wrote since the newest message that was seen."""
        self.facts: dict[str, str] = {}
        """What the names in canned responses stand for."""
        self.header_key = ""
        """The key that unfolds the header."""
        self.ways_key = ""
        """The key that shows what can be done where the channel takes no answer."""
        self.allowed = Allowance()
        self.typed: Callable[[Conversation], None] = lambda conversation: None
        """Told of each keystroke of an answer."""
        self.sheet = Sheet(id="composer-text", soft_wrap=True, show_line_numbers=False, compact=True)
        """The text field."""
        self.header = Header(id="composer-header")
        self._title = Lines(id="composer-title")
        self._title.private = True
        self._rules = Lines(id="composer-rules")
        self._line = Lines(id="composer-offers")
        self._line.private = True
        self._info = Lines(id="composer-info")
        self._tabbing = Tabbing(self._line)
        self._others: tuple[str, ...] = ()
        self._all_key = ""
        self._channel = self._account = ""
        self._loading = False
        self._complained: str | None = None
        """The text of which something wrong was said."""
        self._spelling: asyncio.TimerHandle | None = None
        self._spelt: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None

    def compose(self) -> ComposeResult:
        """A title, the channel's rules, the header where the channel has one, the text, offers, and what is left."""
        yield self._title
        yield self._rules
        yield self.header
        yield self.sheet
        yield self._line
        yield self._info

    @property
    def text(self) -> str:
        """What is written."""
        return self.sheet.text

    @property
    def policy(self) -> Policy | None:
        """What the channel allows now; None for a note, a first message, and while nothing is being written."""
        if self.conversation is None or self.capabilities is None or self.kind in (None, MessageKind.NOTE):
            return None
        return policy_of(self.capabilities, self.conversation, self.clock.now(), self.allowed)

    @property
    def closing(self) -> bool:
        """Whether what the channel allows changes within a minute or so."""
        ends = ends_at(self.policy)
        return ends is not None and ends - self.clock.now() < COUNTED

    @property
    def kind(self) -> MessageKind | None:
        """Reply or note; None while nothing is being written."""
        return self.draft.kind if self.draft is not None else None

    def open(
        self,
        picture: Picture,
        kind: MessageKind,
        seen: Ulid | None,
        *,
        to: str,
        hold: Millis,
        to_all: bool = False,
        all_key: str = "",
    ) -> None:
        """Write a reply or a note into this conversation, going on where its draft ended.

        With `to_all` the others who got the customer's mail are put into Cc; `all_key` is the key that does so.
        """
        self.conversation, self.allowed = picture.conversation, picture.allowed
        self._channel, self.to = picture.answered.channel, to
        self.facts = self.shelf.facts(picture)
        known = picture.drafts.get(kind) or Draft(self.ids.new(), picture.conversation.id, kind, "")
        self._others = picture.others if picture.capabilities.cc and kind is MessageKind.PUBLIC else ()
        self._all_key = all_key
        self._begin(replace(known, seen_message_id=seen or known.seen_message_id), picture.capabilities, hold)
        if to_all:
            for one in self._others:
                self.header.add("cc", one)
            self.changed()

    def open_first(self, draft: Draft, capabilities: Capabilities, *, account: str, channel: str, hold: Millis) -> None:
        """Write to somebody first, on this account and channel."""
        self.conversation = None
        self._account, self._channel = account, channel
        self.facts = self.shelf.facts(None) | {"conversation.account": account, "conversation.channel": channel}
        self._begin(draft, capabilities, hold)

    def _begin(self, draft: Draft, capabilities: Capabilities, hold: Millis) -> None:
        self.capabilities, self.hold, self.meanwhile = capabilities, hold, False
        self.draft = draft
        self._loading = True
        first = not draft.conversation_id
        self.header.load(self._fields(), draft.extra, unfolded=first)
        self.sheet.misspelt = ()
        self.sheet.load_text(editable(draft.text))
        self.sheet.move_cursor(self.sheet.document.end)
        self._loading = False
        self._tabbing.say(())
        self.set_class(draft.kind is MessageKind.NOTE, "-note")
        self.display = True
        self.redraw()
        self._renewing = asyncio.create_task(self.shelf.renew())
        self._spell_soon()

    def _fields(self) -> tuple[str, ...]:
        if self.draft is None or self.capabilities is None or self.draft.kind is MessageKind.NOTE:
            return ()
        has = {
            "to": not self.draft.conversation_id,
            "cc": self.capabilities.cc,
            "bcc": self.capabilities.cc,
            "subject": self.capabilities.subject,
        }
        return tuple(name for name in LABELS if has[name])

    def close(self) -> None:
        """Nothing is being written any more; the draft is kept."""
        self.changed()
        self.leave()

    def leave(self) -> None:
        """Nothing is being written any more; what becomes of the draft is settled elsewhere."""
        self.draft = self.conversation = None
        self.display = False
        for task in (self._spelt, self._asking):
            if task is not None:
                task.cancel()
        if self._spelling is not None:
            self._spelling.cancel()

    def put(self, text: str) -> None:
        """Replace the text, as an editor did; it is one step of the field's undo."""
        self.sheet.history.checkpoint()
        self.sheet.replace(editable(text), (0, 0), self.sheet.document.end, maintain_selection_offset=False)
        self.sheet.move_cursor(self.sheet.document.end)

    def insert(self, one: Offer) -> None:
        """Put a canned response in at the cursor."""
        self.sheet.history.checkpoint()
        self.sheet.replace(editable(one.text), *sorted(self.sheet.selection), maintain_selection_offset=False)
        self._warn_of(one)
        self.sheet.focus()

    def canned(self, code: str = "") -> list[Offer]:
        """The canned responses for this conversation, filled in: all, or those with this code."""
        return [offer(one, self.facts) for one in self._fitting() if code in ("", one.code)]

    def _fitting(self) -> list[Canned]:
        return fitting(self.shelf.canned, self._channel, self.facts.get("contact.language", "")[:2])

    def goes_to(self, address: str) -> None:
        """The reply goes to somebody else than it said before."""
        self.to = address
        self.redraw()

    def answer(self, message: Message, quote: str, to: str) -> None:
        """Let the reply to `to` answer this message: by the channel's own quote where it has one, else with `quote`."""
        if self.draft is None or self.capabilities is None:
            return
        self.to = to
        self._amend(replace(self.draft, extra={**self.draft.extra, "reply_to": message.id}))
        if not self.capabilities.quotes or self.draft.kind is MessageKind.NOTE:
            before = self.text.rstrip("\n")
            self.put(f"{before}\n\n{quote}" if before else quote)
        self.changed()

    def attach(self, path: str) -> None:
        """Add a file.

        Raises:
            OmniError: The channel takes none, or not of this size.
        """
        if self.draft is not None and self.capabilities is not None:
            fault = fault_of(path, self.capabilities, note=self.draft.kind is MessageKind.NOTE)
            if fault is not None:
                raise fault
            self._amend(replace(self.draft, attachments=(*self.draft.attachments, path)))

    def detach(self, path: str) -> None:
        """Take a file away; "" lets go of the message that is answered."""
        if self.draft is not None and path:
            rest = tuple(one for one in self.draft.attachments if one != path)
            self._amend(replace(self.draft, attachments=rest))
        elif self.draft is not None:
            extra = {name: value for name, value in self.draft.extra.items() if name != "reply_to"}
            self._amend(replace(self.draft, extra=extra))

    def tag(self, name: str, reason: str) -> None:
        """Let the answer go under a tag, for a reason; "" lets go of it."""
        if self.draft is not None:
            rest = {key: value for key, value in self.draft.extra.items() if key not in ("tag", "reason")}
            self._amend(replace(self.draft, extra={**rest, **({"tag": name, "reason": reason} if name else {})}))

    def _amend(self, draft: Draft) -> None:
        self.draft = replace(draft, updated_at=self.clock.now())
        self.settle()
        self.keep(self.draft)
        self.redraw()

    def complain(self, text: str, field: str = "") -> None:
        """Say what is wrong with what is written, at the field that it concerns."""
        if field:
            self.header.blame(field)
        self._complained = self.text
        self._tabbing.say(((f" ! {plain(text)}", "bad"),))

    def learn(self, picture: Picture) -> None:
        """The conversation that is answered changed: its window may be another one."""
        if self.conversation is not None and self.conversation.id == picture.conversation.id:
            self.conversation, self.allowed = picture.conversation, picture.allowed
            self.redraw()

    def wrote_meanwhile(self, wrote: bool) -> None:
        """Somebody wrote that the author has not seen yet."""
        if wrote != self.meanwhile:
            self.meanwhile = wrote
            self.redraw()

    # Keys

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """A keystroke."""
        event.stop()
        self.changed()
        if self.text != self._complained and not self._tabbing.settled(self.text):
            self._tabbing.offer(self._offers() or (), self.size.width)
        self._spell_soon()

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke in the header."""
        event.stop()
        name = self.header.name_of(event.input)
        self.header.absolve(name)
        self.changed()
        if self._tabbing.settled(event.value) or not event.input.has_focus:
            return
        self._tabbing.say(())
        before = event.value[: event.input.cursor_position]
        if self._asking is not None:
            self._asking.cancel()
        if name in ADDRESSED and len(address_part(before)) > 1:
            self._asking = asyncio.create_task(self._ask(event.input, before))

    async def _ask(self, field: Input, before: str) -> None:
        known = await self.shelf.addresses(address_part(before))
        if field.has_focus and field.value[: field.cursor_position] == before:
            self._tabbing.offer(address_offers(before, known), self.size.width)

    def _offers(self) -> Sequence[Offer] | None:
        row, column = self.sheet.cursor_location
        before = self.sheet.document.get_line(row)[:column]
        if (found := canned_offers(before, self._fitting(), self.facts)) is not None:
            return found
        return agent_offers(before, self.shelf.agents) if self.kind is MessageKind.NOTE else None

    def on_key(self, event: events.Key) -> None:
        """Tab takes what is offered, else it goes through the fields; Escape first drops an offer."""
        field = self.screen.focused
        if event.key not in ("tab", "shift+tab", "escape") or not isinstance(field, Input | TextArea):
            return
        step = -1 if event.key == "shift+tab" else 1
        if event.key == "escape":
            if not self._tabbing.active:
                return
            self._tabbing.say(())
        elif self._tabbing.active:
            self._warn_of(self._tabbing.take(field, step, self.size.width))
        elif field is self.sheet and step > 0 and self._code():
            self.complain(_("no canned response {code} here").format(code=self._code()))
        elif not self._step(field, step):
            return
        event.stop()
        event.prevent_default()

    def _code(self) -> str:
        row, column = self.sheet.cursor_location
        return code_before(self.sheet.document.get_line(row)[:column]) or ""

    def _step(self, field: Input | TextArea, step: int) -> bool:
        """Go to the next field; False where there is none on that side."""
        order: list[Input | TextArea] = [*self.header.shown(), self.sheet]
        at = order.index(field) + step if field in order else -1
        if not 0 <= at < len(order):
            return False
        order[at].focus()
        self._tabbing.say(())
        return True

    def _warn_of(self, taken: Offer) -> None:
        if taken.missing:
            names = ", ".join(f"{{{name}}}" for name in taken.missing)
            self.complain(_("to be filled in: {names}").format(names=names))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field; it never sends."""
        event.stop()
        self._step(event.input, 1)

    # What is written

    def changed(self) -> None:
        """Have what is written kept, where it differs from the draft."""
        if self.settle() and self.draft is not None:
            self.keep(self.draft)
            if self.text and self.kind is MessageKind.PUBLIC and self.conversation is not None:
                self.typed(self.conversation)
        self.redraw()

    def settle(self) -> bool:
        """Bring the draft in step with the fields; gives whether it was not."""
        if self.draft is None or self._loading:
            return False
        other = {name: value for name, value in self.draft.extra.items() if name not in LABELS}
        extra = {**other, **self.header.values()}
        if (self.text, extra) == (self.draft.text, dict(self.draft.extra)):
            return False
        self.draft = replace(self.draft, text=self.text, extra=extra, updated_at=self.clock.now())
        return True

    def redraw(self) -> None:
        """Title, rules and limits."""
        if self.draft is None or self.capabilities is None:
            return
        width = max(self.size.width, 20)
        kind = self.draft.kind
        title: list[Piece] = first_title(self._account, self._channel)
        rules: list[Piece] = []
        ways: list[Piece] = []
        if self.conversation is not None:
            title = title_pieces(kind, self.to, self._channel)
            if (policy := self.policy) is not None:
                tag, now = str(self.draft.extra.get("tag", "")), self.clock.now()
                rules = rule_pieces(policy, self.capabilities, now, tag)
                ways = way_pieces(policy, tag, self.ways_key)
        warning: Line = ((f"! {_('somebody wrote meanwhile')} ", "bad"),) if self.meanwhile else ()
        self._title.show([spread(tuple(title), warning, width)])
        cuts = split_pieces(kind, self.capabilities, self.text, width)
        beside = line_width((*rules, *ways)) < width
        said = [spread(tuple(rules), tuple(ways), width)] if beside else [*folded(rules, width), tuple(ways)]
        lines = [line for line in said if line] if rules else []
        lines += [tuple(cuts)] if cuts else []
        self._rules.show(lines)
        self._rules.display = bool(lines)
        self.header.redraw(self.header_key)
        limits = limit_pieces(kind, self.capabilities, self.text, len(self.draft.attachments))
        self._info.show([spread(tuple(self._left()), tuple(limits), width)])

    def _left(self) -> list[Piece]:
        assert self.draft is not None
        assert self.capabilities is not None
        limit = self.capabilities.attachment_limit if self.draft.kind is not MessageKind.NOTE else None
        pieces = file_pieces([(path, size_of(path)) for path in self.draft.attachments], limit)
        if self.draft.extra.get("reply_to"):
            pieces.insert(0, (f" {_('answers one message')} ", "chip"))
        if self.draft.extra.get("continues"):
            pieces.insert(0, (f" {_('goes on from another channel')} ", "chip"))
        if self.sheet.misspelt:
            pieces.append((f" {_('spelling')}: {plain(', '.join(self.sheet.misspelt))} ", "warn"))
        if self.draft.kind is MessageKind.NOTE:
            named = mentioned(self.text, self.shelf.agents)
            return [*pieces, *[(f" @{plain(agent.name)} ", "chip") for agent in named]]
        cc = self.header.values().get("cc") or ()
        return [*pieces, *copy_pieces(self._others, cc, self._all_key), *hold_pieces(self.draft.kind, self.hold)]

    def _spell_soon(self) -> None:
        if self._spelling is not None:
            self._spelling.cancel()
        if self.shelf.spell:
            self._spelling = asyncio.get_running_loop().call_later(SPELL_AFTER, self._begin_spelling)

    def _begin_spelling(self) -> None:
        if self._spelt is not None:
            self._spelt.cancel()
        if self.draft is not None:
            self._spelt = asyncio.create_task(self._spell(self.text))

    async def _spell(self, text: str) -> None:
        found = await misspelt(self.shelf.spell, text) if text.strip() else ()
        if self.draft is not None and text == self.text and found is not None and found != self.sheet.misspelt:
            self.sheet.underline(found)
            self.redraw()

    def on_resize(self) -> None:
        """Another width."""
        self.redraw()
