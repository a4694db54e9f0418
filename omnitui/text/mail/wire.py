"""A parsed mail as JSON and back: how the worker hands it over. Data only, so a parser that a mail has taken over can
say wrong things about that mail and do nothing else."""

from __future__ import annotations

import base64
import json
from dataclasses import fields
from typing import Any

from omnitui.text.mail.addresses import Address
from omnitui.text.mail.parsing import ParsedMail, PartInfo
from omnitui.text.mail.reports import Bounce

_PEOPLE = ("from_", "sender", "reply_to", "to", "cc", "bcc")
_TUPLES = ("in_reply_to", "references", "defects")


def to_wire(mail: ParsedMail) -> bytes:
    """JSON of `mail`."""
    data: dict[str, Any] = {item.name: getattr(mail, item.name) for item in fields(ParsedMail)}
    for name in _PEOPLE:
        data[name] = [(person.name, person.address) for person in data[name]]
    data["attachments"] = [
        (
            part.name,
            part.media_type,
            part.size,
            part.sha256,
            part.content_id,
            part.inline,
            None if part.content is None else base64.b64encode(part.content).decode("ascii"),
        )
        for part in mail.attachments
    ]
    if mail.bounce is not None:
        data["bounce"] = [getattr(mail.bounce, item.name) for item in fields(Bounce)]
    return json.dumps(data).encode("ascii")


def from_wire(raw: bytes) -> ParsedMail:
    """The mail in `raw`. Raises ValueError, TypeError or KeyError when it is none."""
    data: dict[str, Any] = json.loads(raw)
    for name in _PEOPLE:
        data[name] = tuple(Address(str(person), str(address)) for person, address in data[name])
    for name in _TUPLES:
        data[name] = tuple(map(str, data[name]))
    data["headers"] = tuple((str(name), str(value)) for name, value in data["headers"])
    data["attachments"] = tuple(
        PartInfo(
            str(name),
            str(media_type),
            int(size),
            str(sha256),
            str(content_id),
            bool(inline),
            None if content is None else base64.b64decode(content),
        )
        for name, media_type, size, sha256, content_id, inline, content in data["attachments"]
    )
    if data["bounce"] is not None:
        data["bounce"] = Bounce(*map(str, data["bounce"]))
    return ParsedMail(**data)
