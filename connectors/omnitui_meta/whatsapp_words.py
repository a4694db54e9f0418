"""What a WhatsApp message says, in words, and the files in it. Pure.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from omnitui.sdk import RemoteFile

Json = dict[str, Any]
_ENDINGS = {
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/3gpp": ".3gp",
    "video/mp4": ".mp4",
}
"""Only documents come with a name."""
MEDIA = ("image", "video", "audio", "document", "sticker")


def words(message: Json) -> str | None:
    """All that a message says; None where it is of a kind that is not known. Raises what nonsense raises."""
    kind = str(message["type"])
    if kind in MEDIA:
        said = str(message[kind].get("caption") or "")
        said = said or ("[sticker]" if kind == "sticker" else "")
    elif kind in _SAID:
        said = _SAID[kind](message.get(kind) or {})
        if not said:
            return None
    else:
        return None
    return "\n".join(part for part in (_origin(message), said) if part)


def files(message: Json) -> tuple[RemoteFile, ...]:
    """The file of a message; it is fetched by its id."""
    kind = str(message["type"])
    file = message.get(kind)
    if kind not in MEDIA or not isinstance(file, dict) or not file.get("id"):
        return ()
    media_type = str(file.get("mime_type") or "application/octet-stream").partition(";")[0].strip()
    name = str(file.get("filename") or "")
    if not name:
        stem = "voice" if file.get("voice") is True else kind
        name = stem + _ENDINGS.get(media_type, "")
    return (RemoteFile(name, media_type, 0, remote={"media": str(file["id"])}),)


def _origin(message: Json) -> str:
    """How it came here: forwarded, from an advertisement, about a product."""
    context, referral = message.get("context") or {}, message.get("referral") or {}
    lines = []
    if context.get("frequently_forwarded"):
        lines.append("[forwarded many times]")
    elif context.get("forwarded"):
        lines.append("[forwarded]")
    if referral:
        lines.append(" ".join(["[came from]", *_some(referral, "source_type", "headline", "source_url")]))
    if product := context.get("referred_product"):
        lines.append(f"[about] {product.get('product_retailer_id', '')}")
    return "\n".join(lines)


def _some(values: Mapping[str, Any], *names: str) -> list[str]:
    return [str(values[name]) for name in names if values.get(name)]


def _place(place: Json) -> str:
    name = ", ".join(_some(place, "name", "address"))
    where = f"{place['latitude']}, {place['longitude']}"
    return "\n".join(["[place] " + (f"{name} ({where})" if name else where), *_some(place, "url")])


def _cards(cards: list[Json]) -> str:
    lines = []
    for card in cards:
        name = (card.get("name") or {}).get("formatted_name", "")
        phones = [str(phone.get("phone") or phone.get("wa_id") or "") for phone in card.get("phones") or ()]
        mails = [str(mail.get("email", "")) for mail in card.get("emails") or ()]
        lines.append(" ".join(part for part in ("[contact]", str(name), *phones, *mails) if part))
    return "\n".join(lines)


def _answer(answer: Json) -> str:
    """What a customer chose or filled in, where we had asked."""
    kind = str(answer.get("type", ""))
    chosen = answer.get(kind) or {}
    if kind in ("button_reply", "list_reply"):
        return " – ".join(_some(chosen, "title", "description"))
    if kind == "nfm_reply":
        form = json.loads(chosen.get("response_json") or "{}")
        lines = [f"{name}: {value}" for name, value in form.items() if name != "flow_token"]
        return "\n".join(["[form] " + " ".join(_some(chosen, "name", "body")), *lines])
    if kind == "call_permission_reply":
        yes = chosen.get("response") == "accept"
        return "[calls] the customer allows us to call" if yes else "[calls] the customer does not want to be called"
    return ""


def _order(order: Json) -> str:
    lines = [
        f"{item.get('quantity', 1)} × {item.get('product_retailer_id', '?')}"
        f" ({item.get('item_price', '?')} {item.get('currency', '')})"
        for item in order["product_items"]
    ]
    return "\n".join(["[order]", *lines, *_some(order, "text")])


_SAID: Mapping[str, Callable[[Any], str]] = {
    "text": lambda text: str(text["body"]),
    "location": _place,
    "contacts": _cards,
    "interactive": _answer,
    "button": lambda button: str(button.get("text") or button.get("payload") or ""),
    "order": _order,
    "request_welcome": lambda _nothing: "[opened the chat]",
}
