"""Writing to somebody first: a composer of its own. What is written is a draft like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical

from omnitui.clock import SECOND
from omnitui.desk.naming import channel_word
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.accounts import Account
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Capabilities
from omnitui.services.actions import Scope
from omnitui.store.reads import accounts, drafts
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.drafts.shelf import Shelf
from omnitui.ui.keyboard import Keyboard, spelled
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.roles import plain
from omnitui.ui.panes.composer import ComposerPane
from omnitui.ui.panes.fields import TooLong
from omnitui.ui.panes.status import footer_line
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice
from omnitui.ui.widgets.lines import Lines
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True)
class Start:
    """An account that can write first, and its channel that can."""

    account: Account
    channel: str
    capabilities: Capabilities


async def write_new(desk: Desk) -> None:
    """Go on with a first message that was not sent, or ask for the account and begin one."""
    able = await desk.cache.aread(_able)
    if not able:
        raise OmniError(_("no account can write first"), hint=_("omnitui account add email"))
    every = await desk.cache.aread(_able, every=True)
    begun = [one for one in await desk.cache.aread(drafts.firsts) if _start(every, one) is not None]
    draft: Draft | None = begun[0] if begun else None
    if draft is None:
        start = able[0]
        if len(able) > 1:
            choices = [
                Choice(one, ((plain(one.account.name), "text"),), ((plain(channel_word(one.channel)), "muted"),))
                for one in able
            ]
            chosen = await desk.ask(PickerScreen(_("From which account?"), among(choices), small=True))
            if chosen is None:
                return
            start = chosen.value
        extra = {"account": start.account.id, "channel": start.channel}
        draft = Draft(desk.cache.ids.new(), "", MessageKind.PUBLIC, "", extra=extra)
    found = _start(every, draft)
    assert found is not None
    await desk.ask(NewScreen(desk, draft, found))


class NewScreen(LastHopModal[None]):
    """A composer with the keys of the one below the history."""

    AUTO_FOCUS: ClassVar[str | None] = None

    def __init__(self, desk: Desk, draft: Draft, start: Start) -> None:
        super().__init__()
        self._desk = desk
        self._draft = draft
        self._start = start
        self._keyboard = Keyboard(desk.screen.keyboard.keymap)
        self.composer = ComposerPane(desk.clock, desk.cache.ids, desk.drafting.keep, Shelf(desk.session), id="composer")
        self.composer.header_key = self._keyboard.keymap.key_of("composer.header")
        self.composer.ways_key = self._keyboard.keymap.key_of("composer.ways")

    def compose(self) -> ComposeResult:
        """The composer and its keys."""
        with Vertical(classes="dialog"):
            yield self.composer
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Begin, or go on, with the first field that is empty."""
        start = self._start
        own = self._desk.session.settings.replies.hold_by_channel.get(start.channel)
        hold = start.account.hold if own is None else round(own * SECOND)
        self.composer.open_first(
            self._draft, start.capabilities, account=start.account.name, channel=start.channel, hold=hold
        )
        empty = [field for field in self.composer.header.shown()[:1] if not field.value]
        (empty[0] if empty else self.composer.sheet).focus()
        self.on_resize()

    def on_resize(self) -> None:
        """The keys, as many as fit."""
        width = self.query_one(".hint", Lines).size.width or self.size.width
        self.query_one(".hint", Lines).show([footer_line(self._keyboard, Scope.COMPOSER, width, first=True)])

    def on_key(self, event: events.Key) -> None:
        """Keys that no field took."""
        press = self._keyboard.press(Scope.COMPOSER, spelled(event.key, event.character))
        if press.taken:
            event.stop()
            event.prevent_default()
        if press.action_id == "pane.back":
            self.composer.close()
            self.dismiss(None)
            self._desk.say(_("kept as a draft"))
        elif press.action_id.startswith("composer.") or press.action_id in ("app.quit", "app.suspend", "app.help"):
            acts.run(self._desk, press.action_id)

    @on(TooLong)
    def _too_long(self) -> None:
        self.composer.complain(_("too long to paste: attach it as a file"))


def _start(able: list[Start], draft: Draft) -> Start | None:
    """Where a draft was begun, if that can still write first."""
    own = [one for one in able if one.account.id == draft.extra.get("account")]
    return next((one for one in own if one.channel == draft.extra.get("channel")), own[0] if own else None)


def _able(db: sqlite3.Connection, *, every: bool = False) -> list[Start]:
    """The accounts that can write first, each with its first channel that can; `every`: with all that can."""
    found: list[Start] = []
    boxes = accounts.inboxes(db)
    for account in accounts.accounts(db):
        taken = accounts.capabilities(db, account.id)
        channels = dict.fromkeys(box.channel for box in boxes if box.account_id == account.id)
        able = [(channel, snapshot.read(taken, channel)) for channel in channels]
        found += [Start(account, channel, can) for channel, can in able if can.can_start][: None if every else 1]
    return found
