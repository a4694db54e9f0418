"""A reply as WhatsApp wants it: one call, one message. Pure.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from omnitui.sdk import Outbound, OutboundFile, Template

Json = dict[str, Any]
TEXT = 4_096
CAPTION = 1_024
MEGABYTE = 1024 * 1024
DOCUMENT = 100 * MEGABYTE
_LIMITS = {"image": 5 * MEGABYTE, "audio": 16 * MEGABYTE, "video": 16 * MEGABYTE, "document": DOCUMENT}
_KINDS = {
    "image/jpeg": "image",
    "image/png": "image",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mp4": "audio",
    "audio/mpeg": "audio",
    "audio/ogg": "audio",
    "video/3gpp": "video",
    "video/mp4": "video",
}
"""What is shown as what it is; anything else, and what is too large for that, goes as a document."""
_BLANK = re.compile(r"{{\s*(\w+)\s*}}")
_BUSINESS_SCOPED = re.compile(r"[A-Z]{2}\.\w+(\.\w+)*", re.ASCII)
Part = tuple[str, int, tuple[str, ...], list[str]]
"""Header, body or button of a template; which button; the names of its blanks; what Meta gives as examples of them."""


def why_not(op: Outbound) -> str:
    """Why WhatsApp would not take this; empty where it would."""
    if len(op.files) > 1:
        return "WhatsApp takes one file in a message: send the others by themselves"
    if len(op.text) > TEXT:
        return f"the text has {len(op.text):,} characters; WhatsApp takes {TEXT:,}"
    if op.files and len(op.text) > CAPTION:
        return f"the text has {len(op.text):,} characters; beside a file WhatsApp takes {CAPTION:,}"
    if op.files and len(op.files[0].data) > DOCUMENT:
        return f"{op.files[0].name} is larger than 100 MB"
    if op.files and op.fields.get("template"):
        return "a template takes no files"
    return "" if op.text or op.files or op.fields.get("template") else "there is nothing to send"


def kind_of(file: OutboundFile, caption: str) -> str:
    """As what a file goes. Nothing can stand beside a sound, so that with words it is a document."""
    kind = _KINDS.get(file.media_type, "document")
    if len(file.data) > _LIMITS[kind] or (kind == "audio" and caption):
        return "document"
    return kind


def message(op: Outbound, customer: str, media: str = "", *, template: Json | None = None) -> Json:
    """What `/messages` is told.

    Args:
        op: The reply.
        customer: The customer's number or id, or a group's.
        media: The id under which the file was left.
        template: What stands for the text.
    """
    said: Json = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    if _BUSINESS_SCOPED.fullmatch(customer):
        said["recipient"] = customer
    else:
        said["to"] = customer.removeprefix("+")
        if not said["to"].isdecimal():
            said["recipient_type"] = "group"
    # It comes back with each status: that tells what became of a reply whose answer was lost.
    said["biz_opaque_callback_data"] = op.idempotency_key
    if op.reply_to_external_id.startswith("wamid."):
        said["context"] = {"message_id": op.reply_to_external_id}
    if template is not None:
        return {**said, "type": "template", "template": template}
    if not op.files:
        return {**said, "type": "text", "text": {"body": op.text}}
    file = op.files[0]
    kind = kind_of(file, op.text)
    shown: Json = {"id": media}
    if op.text:
        shown["caption"] = op.text
    if kind == "document":
        shown["filename"] = file.name
    return {**said, "type": kind, kind: shown}


def offered(found: Json) -> Template | None:
    """A template of `/message_templates`; None where it is not approved, or has what words cannot fill."""
    parts = _parts(found)
    if found.get("status") != "APPROVED" or parts is None:
        return None
    texts = []
    for component in found["components"]:
        kind = component["type"]
        if kind in ("HEADER", "BODY", "FOOTER"):
            texts.append(_named(str(component.get("text", "")), _prefix(kind)))
        for number, button in enumerate(component.get("buttons") or ()):
            texts.append(_named(f"[{button.get('text', '')}] {button.get('url', '')}".rstrip(), f"button_{number}_"))
    blanks = [name for _part, _number, names, _examples in parts for name in names]
    examples = [one for _part, _number, names, given in parts for one in [*given, *[""] * len(names)][: len(names)]]
    return Template(
        name=str(found["name"]),
        language=str(found["language"]),
        text="\n\n".join(text for text in texts if text),
        blanks=tuple(blanks),
        examples=tuple(examples) if any(examples) else (),
        category=str(found.get("category", "")),
        channel="whatsapp",
    )


def filled(found: Json, values: Sequence[str]) -> Json:
    """A template with its values, as it is sent. Raises `ValueError` where they are too few."""
    parts = _parts(found) or []
    wanted = sum(len(names) for _part, _number, names, _examples in parts)
    if len(values) != wanted:
        raise ValueError(f"the template {found['name']} has {wanted} blanks, and {len(values)} are filled")
    left = iter(values)
    named = found.get("parameter_format") == "NAMED"
    components: list[Json] = []
    for part, number, names, _given in parts:
        parameters = []
        for name in names:
            parameter = {"type": "text", "text": next(left)}
            parameters.append({**parameter, "parameter_name": name} if named and part != "button" else parameter)
        button: Json = {"sub_type": "url", "index": str(number)} if part == "button" else {}
        components.append({"type": part, **button, "parameters": parameters})
    whole: Json = {"name": found["name"], "language": {"code": found["language"], "policy": "deterministic"}}
    return {**whole, "components": components} if components else whole


def _parts(found: Json) -> list[Part] | None:
    """Where a template has blanks; None where one of them takes no words: a picture in the header, a catalogue."""
    parts: list[Part] = []
    for component in found.get("components") or ():
        kind = component["type"]
        if kind == "HEADER" and component.get("format", "TEXT") != "TEXT":
            return None
        if kind in ("HEADER", "BODY") and (names := _blanks(str(component.get("text", "")), _prefix(kind))):
            parts.append((kind.lower(), 0, names, _examples(component)))
        elif kind == "BUTTONS":
            buttons: list[Json] = component.get("buttons") or []
            for number, button in enumerate(buttons):
                if button.get("type") not in ("QUICK_REPLY", "URL", "PHONE_NUMBER"):
                    return None
                if names := _blanks(str(button.get("url", "")), f"button_{number}_"):
                    parts.append(("button", number, names, [str(one) for one in button.get("example") or []]))
        elif kind not in ("HEADER", "BODY", "FOOTER"):
            return None
    return parts


def _prefix(kind: str) -> str:
    """Each part numbers its blanks from 1."""
    return "" if kind == "BODY" else f"{kind.lower()}_"


def _blanks(text: str, prefix: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_name(name, prefix) for name in _BLANK.findall(text)))


def _name(name: str, prefix: str) -> str:
    return f"{prefix}{name}" if name.isdecimal() else name


def _named(text: str, prefix: str) -> str:
    return _BLANK.sub(lambda found: f"{{{{{_name(found[1], prefix)}}}}}", text)


def _examples(component: Json) -> list[str]:
    example = component.get("example") or {}
    for key in ("body_text_named_params", "header_text_named_params"):
        if key in example:
            return [str(one.get("example", "")) for one in example[key]]
    if example.get("body_text"):
        return [str(one) for one in example["body_text"][0]]
    return [str(one) for one in example.get("header_text") or ()]
