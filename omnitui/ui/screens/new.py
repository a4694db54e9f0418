"""Writing to somebody first. What was written is kept until it is sent, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.accounts import Account
from omnitui.sdk import snapshot
from omnitui.store.reads import accounts
from omnitui.ui.desk import Desk
from omnitui.ui.roles import plain
from omnitui.ui.screens.form import Entry, FormScreen
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

if TYPE_CHECKING:
    import sqlite3


async def write_new(desk: Desk) -> None:
    """Ask for the account, then for address, subject and text, and send it, held for undo."""
    able = await desk.cache.aread(_able)
    if not able:
        raise OmniError(_("no account can write first"), hint=_("omnitui account add email"))
    account = able[0]
    if len(able) > 1:
        choices = [Choice(one, ((plain(one.name), "text"),), ((plain(one.kind), "muted"),)) for one in able]
        chosen = await desk.ask(PickerScreen(_("From which account?"), among(choices), small=True))
        if chosen is None:
            return
        account = chosen.value
    kept: Mapping[str, str] = desk.unsent
    while True:
        title = _("New conversation from {account}").format(account=plain(account.name))
        found = await desk.ask(FormScreen(title, _entries(kept), done=_("send")))
        if found is None:
            return
        desk.unsent = kept = found
        try:
            await desk.act(
                desk.session.operations.new, account.id, found["to"], found["subject"], found["text"], cc=_cc(found)
            )
        except OmniError as error:
            desk.complain(error)
            continue
        desk.unsent = {}
        desk.say(_("held for undo, then it leaves"))
        return


def _entries(kept: Mapping[str, str]) -> tuple[Entry, ...]:
    return (
        Entry("to", _("To"), kept.get("to", "")),
        Entry("cc", "Cc", kept.get("cc", "")),
        Entry("subject", _("Subject"), kept.get("subject", "")),
        Entry("text", _("Text"), kept.get("text", ""), long=True),
    )


def _cc(found: Mapping[str, str]) -> list[str]:
    return [part.strip() for part in found["cc"].split(",") if part.strip()]


def _able(db: sqlite3.Connection) -> list[Account]:
    found = []
    boxes = accounts.inboxes(db)
    for account in accounts.accounts(db):
        capabilities = accounts.capabilities(db, account.id)
        channels = [box.channel for box in boxes if box.account_id == account.id]
        if any(snapshot.read(capabilities, channel).can_start for channel in channels):
            found.append(account)
    return found
