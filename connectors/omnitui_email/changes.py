"""What agents do with mails, done in the mailbox too: read marks, labels, the move to Archive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from omnitui.sdk import Json, Outbound, Status, Verb
from omnitui_email.client_imap import ImapSession
from omnitui_email.keywords import keyword

Places = Mapping[tuple[str, int], list[int]]
"""(folder, uidvalidity) → UIDs."""


def places(locations: Iterable[Json]) -> Places:
    """The locations of an op by folder."""
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    for folder, uidvalidity, uid in locations:
        found[str(folder), int(uidvalidity)].append(int(uid))
    return found


def apply(session: ImapSession, op: Outbound) -> None:
    """Do what `op` says to its mails. Doing it twice is the same as once; mails that moved meanwhile are left alone."""
    source = target = ""
    if op.verb is Verb.STATUS:
        folders = session.folders()
        done = op.fields.get("status") in (Status.RESOLVED, Status.CLOSED)
        source, target = ("INBOX", folders.archive or "Archive") if done else (folders.archive, "INBOX")
        if done and not folders.archive:
            session.create("Archive")
    for (folder, uidvalidity), uids in places(op.locations).items():
        if op.verb is Verb.STATUS and folder.upper() != source.upper():
            continue
        if not session.reopen(folder, uidvalidity):
            continue
        if op.verb is Verb.READ:
            seen = bool(op.fields.get("read", True))
            session.store(uids, ["\\Seen"] if seen else [], [] if seen else ["\\Seen"])
        elif op.verb is Verb.LABEL and session.keywords:
            add, remove = (_words(op.fields.get(name)) for name in ("add", "remove"))
            session.store(uids, [keyword(word) for word in add], [keyword(word) for word in remove])
        elif op.verb is Verb.STATUS:
            session.move(uids, target)


def _words(value: Json) -> list[str]:
    return [str(word) for word in value or () if str(word)]
