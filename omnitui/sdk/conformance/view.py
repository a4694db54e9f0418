"""What an agent would be shown after some events: each message once, in its newest revision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from omnitui.sdk.events import (
    Batch,
    FolderReset,
    MailFlags,
    MailLocation,
    MailReceived,
    MailVanished,
    MessageDeleted,
    MessageReceived,
    Reacted,
    Unsupported,
)

Shown = Mapping[str, str]
"""Identity → content, of everything that would be on the screen."""


def shown(batches: Iterable[Batch]) -> Shown:
    """Fold events as the cache does: known identities are not repeated, newer revisions win, deletions stay."""
    contents: dict[str, tuple[int, str]] = {}
    deleted: set[str] = set()
    places: dict[MailLocation, str] = {}
    for batch in batches:
        for event in batch.events:
            match event:
                case MessageReceived():
                    name = f"message {event.external_id}"
                    if event.revision >= contents.get(name, (0, ""))[0]:
                        contents[name] = (event.revision, event.text)
                case MailReceived():
                    name = f"mail {hashlib.sha256(event.raw).hexdigest()}"
                    contents[name] = (1, "")
                    places[event.location] = name
                case MailVanished():
                    places.pop(event.location, None)
                case FolderReset():
                    for place in [p for p in places if p.folder == event.folder]:
                        if place.uidvalidity != event.uidvalidity:
                            del places[place]
                case MessageDeleted():
                    deleted.add(f"message {event.external_id}")
                case Unsupported():
                    digest = hashlib.sha256(event.raw).hexdigest()
                    contents[f"unsupported {event.external_id or digest}"] = (1, event.kind)
                case Reacted():
                    name = f"reaction {event.external_id} {event.by.address} {event.emoji}"
                    if event.at >= contents.get(name, (0, ""))[0]:
                        contents[name] = (event.at, "" if event.withdrawn else event.emoji)
                case MailFlags():
                    pass
                case _:
                    pass
    return {name: text for name, (_, text) in contents.items() if name not in deleted}
