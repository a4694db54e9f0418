"""Everything about a person written out into a folder: what the law lets them ask for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from omnitui.errors import NotFound, OmniError, Refused
from omnitui.i18n import _
from omnitui.services.exchange import records
from omnitui.store.reads import belongings, card, history, inbox, merging, oplog, tasks
from omnitui.sync.files import Files
from omnitui.text.filenames import safe_name
from omnitui.text.mail.worker import ParseWorker
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.ids import Ulid
    from omnitui.model.accounts import Account
    from omnitui.model.conversations import Attachment, Message
    from omnitui.store.cache import Cache

NAME: Final = "contact.jsonl"
_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Written:
    """What a dossier holds."""

    contacts: int
    conversations: int
    messages: int
    files: int
    missing: tuple[str, ...]
    """Files that are at the back end alone: open them in the console and export again."""


def write(cache: Cache, contact_ids: Sequence[Ulid], folder: Path) -> Written:
    """Write all that is known of some contacts into a new folder, for nobody else's eyes.

    `contact.jsonl` has the contacts, their conversations with all messages, what they wrote elsewhere, and what was
    done about them; `files/` and `mail/` hold attachments and mails as they came.

    Raises:
        Refused: The folder is there already, or cannot be written.
        NotFound: There is no such contact.
    """
    try:
        folder.mkdir(mode=0o700)
        (folder / "files").mkdir(mode=0o700)
        (folder / "mail").mkdir(mode=0o700)
    except FileExistsError as error:
        raise Refused(_("{path} exists already").format(path=folder), hint=_("choose another name")) from error
    except OSError as error:
        raise Refused(_("{path} cannot be written: {why}").format(path=folder, why=error.strerror)) from error
    with ParseWorker() as parser, asyncio.Runner() as runner:
        return runner.run(_Dossier(cache, folder, Files(cache, _nobody, parser)).write(contact_ids))


class _Dossier:
    def __init__(self, cache: Cache, folder: Path, files: Files) -> None:
        self._cache = cache
        self._folder = folder
        self._files = files
        self._said: dict[Ulid, Message] = {}
        self._lines: list[str] = []
        self._kept = 0
        self._missing: list[str] = []

    async def write(self, contact_ids: Sequence[Ulid]) -> Written:
        cache = self._cache
        for contact_id in contact_ids:
            found = cache.read(card.card, contact_id)
            if found is None:
                raise NotFound(_("there is no such contact"))
            self._lines.append(records.to_json("contact", records.card(found)))
        doomed = cache.read(belongings.rows_of, contact_ids)
        talks = cache.read(belongings.conversations_of, doomed.conversations)
        for conversation_id in talks:
            self._conversation(conversation_id)
        for message_id in cache.read(belongings.messages_of, doomed.messages):
            if message_id not in self._said and (message := cache.read(history.message, message_id)) is not None:
                self._said[message_id] = message
                self._lines.append(records.to_json("message", records.message(message)))
        for object_id in (*contact_ids, *self._said):
            self._lines += [records.to_json("op", records.op(op)) for op in cache.read(oplog.about, object_id)]
        for conversation_id in talks:
            self._lines += [records.to_json("op", records.op(op)) for op in cache.read(oplog.about, conversation_id)]
        for message in self._said.values():
            await self._keep(message)
        _put(self._folder / NAME, "".join(f"{line}\n" for line in self._lines).encode())
        return Written(len(contact_ids), len(talks), len(self._said), self._kept, tuple(self._missing))

    def _conversation(self, conversation_id: Ulid) -> None:
        found = self._cache.read(inbox.conversation, conversation_id)
        if found is None:
            return
        said = list(self._messages(conversation_id))
        self._said |= {message.id: message for message in said}
        if self._cache.read(merging.parts, conversation_id):
            # It may be another person's.
            found = replace(found, snippet="")
        fields = records.transcript(found, self._cache.read(inbox.ref, conversation_id), said)
        self._lines.append(records.to_json("conversation", fields))
        for task in self._cache.read(tasks.of_conversation, conversation_id, done=True):
            if task.conversation_id != conversation_id:
                continue
            self._lines.append(records.to_json("task", records.task(task)))
            self._lines += [records.to_json("op", records.op(op)) for op in self._cache.read(oplog.about, task.id)]

    def _messages(self, conversation_id: Ulid) -> Iterator[Message]:
        after: tuple[int, str] | None = (-1, "")
        while after is not None:
            page = self._cache.read(history.page, conversation_id, after=after, limit=_PAGE)
            # What is shown as one with it may be another person's.
            yield from (message for message in page if message.conversation_id == conversation_id)
            after = (page[-1].received_at, page[-1].id) if len(page) == _PAGE else None

    async def _keep(self, message: Message) -> None:
        if message.raw:
            self._copy(message.raw, f"mail/{message.id}.eml", message.subject)
        for file in message.attachments:
            try:
                sha256 = file.sha256 or await self._files.fetch(file.id)
            except OmniError:
                self._missing.append(file.name)
                continue
            self._copy(sha256, f"files/{file.id}-{safe_name(file.name)}", file.name, file)

    def _copy(self, sha256: str, path: str, name: str, file: Attachment | None = None) -> None:
        try:
            _put(self._folder / path, self._cache.blobs.get(sha256))
        except NotFound:
            self._missing.append(name)
            return
        self._kept += 1
        fields = {"path": path, "sha256": sha256, "attachment_id": None if file is None else file.id}
        self._lines.append(records.to_json("file", fields))


def _nobody(_account: Account) -> NoReturn:
    raise NotFound(_("the file is at the back end alone"))


def _put(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(data)
