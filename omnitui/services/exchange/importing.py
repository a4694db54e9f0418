"""Mail that lies in files: .eml, mbox, Maildir, folders of them; and the record that `omnitui import` prints."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from omnitui.clock import rfc3339
from omnitui.errors import NotFound, OmniError
from omnitui.i18n import _
from omnitui.text.mail.parsing import MAX_MESSAGE, Address, ParsedMail

_CHUNK: Final = 1 << 16
_FROM_LINE = re.compile(
    rb"From (?:\S.{0,300}?\s)?(?:.{0,60}\d{1,2}:\d\d(?::\d\d)?.{0,40}|"
    rb"\S{0,300}\s.{0,60}\d{4}.{0,20})\r?\n?$"
)
_ESCAPED = re.compile(rb">+From ")
_LOOKS_LIKE_MAIL = re.compile(
    rb"\s{0,4}(?:From |>From )?(?:return-path|received|message-id|date|subject|mime-version|to|from|delivered-to|"
    rb"content-type|"
    rb"reply-to|sender|cc|x-[a-z0-9-]{1,40}|dkim-signature|authentication-results|envelope-to|list-[a-z]+|status):",
    re.I,
)
_SINGLE: Final = (".eml", ".msg", ".mail", ".emlx", ".mht")


def read_mail(paths: Iterable[str | os.PathLike[str]]) -> Iterator[tuple[str, bytes]]:
    """The mails in `paths`, one at a time, each with where it lies (`file#3` for the third of an mbox).

    Args:
        paths: Files (one mail, or an mbox), Maildirs, folders of them, or "-" for standard input.

    Raises:
        NotFound: A path does not exist.
        OmniError: A named file cannot be read.
    """
    for given in paths:
        name = os.fspath(given)
        if name == "-":
            yield from _stream(name, sys.stdin.buffer)
            continue
        path = Path(name)
        if path.is_dir():
            yield from _folder(path)
        elif path.exists():
            try:
                yield from _file(path)
            except OSError as fault:
                raise OmniError(f"{name}: {fault.strerror or fault}", hint=_("check that you may read it")) from fault
        else:
            raise NotFound(_("{name}: no such file or folder").format(name=name))


def _folder(top: Path) -> Iterator[tuple[str, bytes]]:
    for where, folders, files in os.walk(top):
        folders.sort()
        here = Path(where)
        if here.name == "tmp" and _is_maildir(here.parent):
            continue
        in_maildir = here.name in ("cur", "new") and _is_maildir(here.parent)
        for file in sorted(files):
            path = here / file
            if not path.is_file() or (file.startswith(".") and not in_maildir):
                continue
            try:
                if in_maildir:
                    yield str(path), _limited(path)
                elif path.suffix.lower() in _SINGLE or _is_mail(path):
                    yield from _file(path)
            except OSError:
                # One unreadable file in a folder hides no other.
                continue


def _is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir()


def _is_mail(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(512)
    return _LOOKS_LIKE_MAIL.match(head) is not None or _FROM_LINE.match(head.split(b"\n", 1)[0]) is not None


def _limited(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_MESSAGE + 1)


def _file(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.suffix.lower() in _SINGLE:
        yield str(path), _without_emlx_count(path, _limited(path))
        return
    with path.open("rb") as file:
        yield from _stream(str(path), file)


def _without_emlx_count(path: Path, raw: bytes) -> bytes:
    """Apple Mail's .emlx begins with the mail's length on a line of its own, and has a property list behind it."""
    first, newline, rest = raw.partition(b"\n")
    if path.suffix.lower() == ".emlx" and newline and first.strip().isdigit() and len(first) < 20:
        return rest[: int(first)]
    return raw


def _stream(name: str, file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """The mails of an mbox; what does not begin like one is a single mail."""
    first = file.readline(_CHUNK)
    if not _FROM_LINE.match(first):
        rest = file.read(MAX_MESSAGE + 1 - len(first)) if first else b""
        if first or name != "-":
            yield name, first + rest
        return
    messages = _split(file)
    before = next(messages, b"")
    number = 1
    for raw in messages:
        yield f"{name}#{number}", before
        before = raw
        number += 1
    yield (f"{name}#{number}" if number > 1 else name), before


def _split(file: BinaryIO) -> Iterator[bytes]:
    """The mails behind the first From_ line, without these lines, `>From` restored."""
    lines: list[bytes] = []
    size = 0
    blank = False
    whole = True
    while line := file.readline(_CHUNK):
        if whole and blank and line.startswith(b"From ") and _FROM_LINE.match(line):
            yield _mail(lines)
            lines, size, blank = [], 0, False
            continue
        at_start, whole = whole, line.endswith(b"\n")
        blank = at_start and not line.strip(b"\r\n")
        if at_start and line.startswith(b">") and _ESCAPED.match(line):
            line = line[1:]
        size += len(line)
        if size <= MAX_MESSAGE + _CHUNK:
            lines.append(line)
    yield _mail(lines)


def _mail(lines: list[bytes]) -> bytes:
    if lines and not lines[-1].strip(b"\r\n"):
        lines.pop()  # the blank line that parts it from the next From_ line
    return b"".join(lines)


def record(path: str, mail: ParsedMail) -> dict[str, Any]:
    """What `omnitui import --dry-run --jsonl` prints of one mail (docs/cli.md, type "mail")."""
    bounce = mail.bounce
    return {
        "v": 1,
        "type": "mail",
        "path": path,
        "message_id": mail.message_id,
        "subject": mail.subject,
        "from": ", ".join(map(_person, mail.from_)),
        "to": [_person(person) for person in mail.to],
        "date": None if mail.date is None else rfc3339(mail.date),
        "text": mail.text,
        "reply_text": mail.reply_text,
        "attachments": [
            {"name": part.name, "media_type": part.media_type, "size": part.size} for part in mail.attachments
        ],
        "auto_reply": mail.auto_reply,
        "bounce": None
        if bounce is None
        else {
            "recipient": bounce.recipient,
            "action": bounce.action,
            "status": bounce.status,
            "diagnostic": bounce.diagnostic,
            "original_message_id": bounce.original_message_id,
        },
        "defects": list(mail.defects),
    }


def _person(person: Address) -> str:
    return f"{person.name} <{person.address}>" if person.name else person.address
