"""Old mail of one folder, newest first, in the background."""

from __future__ import annotations

from dataclasses import dataclass

from omnitui.sdk import Batch, Extent, Json, Millis
from omnitui_email import mapping
from omnitui_email.client_imap import ImapSession
from omnitui_email.folder import FolderState, Mail, collect, newest, oldest
from omnitui_email.settings import EmailSettings

BATCH_MAILS = 200


@dataclass(frozen=True, slots=True)
class History:
    """Where backfill of a folder stands: everything from UID `below` on has been handed over."""

    uidvalidity: int
    below: int

    @classmethod
    def read(cls, before: Json, state: FolderState | None) -> History | None:
        """From the last batch's cursor, else from where `inbound` began; None to begin at the top."""
        if isinstance(before, dict):
            return cls(int(before["uidvalidity"]), int(before["below"]))
        return cls(state.uidvalidity, state.floor) if state else None


def older(
    session: ImapSession, folder: str, at: History | None, settings: EmailSettings, *, sent: bool, now: Millis
) -> Batch:
    """The next older mails; begins at the top again where the folder's UIDVALIDITY changed."""
    if at is None or not session.reopen(folder, at.uidvalidity):
        status = session.open(folder)
        at = History(status.uidvalidity, status.uidnext or max(session.uids(1), default=0) + 1)
    mails: list[Mail] = []
    bottom, gap = 1, ""
    if at.below > 1:
        rows, bottom = newest(session, 1, at.below - 1, BATCH_MAILS)
        mails, bottom, gap = collect(session, rows, bottom, settings.mail_limit)
    first = oldest(mails)
    since = 0 if bottom <= 1 else mapping.millis(first) if first else None
    return Batch(
        events=tuple(
            mapping.received(mail, folder, at.uidvalidity, settings.address, settings.ours, sent=sent, now=now)
            for mail in mails
        ),
        cursor={"uidvalidity": at.uidvalidity, "below": bottom},
        extents=(Extent(folder, remote_count=session.count(), complete_since=since),),
        caught_up=bottom <= 1,
        gap=f"{folder}: {gap}" if gap else "",
    )
