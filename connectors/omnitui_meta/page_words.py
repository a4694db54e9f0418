"""What a message to a page or an Instagram account says, in words, and the files in it. Pure.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from omnitui.sdk import RemoteFile

Json = dict[str, Any]
LIKES = frozenset({369239263222822, 369239343222814, 369239383222810})
"""The thumb in its three sizes."""
_FILES = {
    "image": ("image.jpg", "image/jpeg"),
    "animated_image": ("image.gif", "image/gif"),
    "sticker": ("sticker.png", "image/png"),
    "audio": ("audio.mp4", "audio/mp4"),
    "video": ("video.mp4", "video/mp4"),
    "file": ("file", "application/octet-stream"),
    "story_mention": ("story", "application/octet-stream"),
}
_TYPES = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
}
_SHARED = {
    "share": "shared",
    "fallback": "link",
    "reel": "reel",
    "ig_reel": "reel",
    "ig_post": "post",
    "ig_story": "story",
    "story_mention": "mentioned us in a story",
    "post": "post",
    "product": "product",
    "template": "card",
    "appointment_booking": "appointment",
}


def words(message: Json) -> str | None:
    """All that a message says; None where nothing in it is known. Raises what nonsense raises."""
    parts = [_origin(message), str(message.get("text") or "")]
    known = bool(message.get("text"))
    for attachment in message.get("attachments") or ():
        said = _attached(attachment)
        known = known or said is not None
        parts.append(said or "")
    whole = "\n".join(part for part in parts if part)
    return whole if known else None


def files(message: Json) -> tuple[RemoteFile, ...]:
    """The files of a message; each lies at the address that it names."""
    return tuple(found for attachment in message.get("attachments") or () if (found := _file(attachment)))


def _attached(attachment: Json) -> str | None:
    """An attachment in words; empty where its file says it all, None where it is not known."""
    kind, payload = str(attachment["type"]), attachment.get("payload") or {}
    if kind == "location":
        place = payload["coordinates"]
        where = f"{place['lat']}, {place['long']}"
        title = str(attachment.get("title") or payload.get("title") or "")
        return f"[place] {title} ({where})" if title else f"[place] {where}"
    if payload.get("sticker_id") or kind == "sticker":
        return "👍" if payload.get("sticker_id") in LIKES else "[sticker]"
    if kind in _SHARED:
        title = payload.get("title") or attachment.get("title") or ""
        if kind == "template":
            generic = (payload.get("generic") or {}).get("elements") or payload.get("elements") or ()
            title = title or payload.get("text") or ", ".join(str(one.get("title", "")) for one in generic)
        place = payload.get("url") or attachment.get("url") or payload.get("story_media_url") or ""
        return " ".join(part for part in (f"[{_SHARED[kind]}]", str(title or ""), str(place)) if part)
    return "" if kind in _FILES and payload.get("url") else None


def _file(attachment: Json) -> RemoteFile | None:
    kind, payload = str(attachment["type"]), attachment.get("payload") or {}
    address = payload.get("url")
    if kind not in _FILES or not isinstance(address, str) or payload.get("sticker_id") in LIKES:
        return None
    name, media_type = _FILES[kind]
    # Meta's addresses end in the file's name, where it has one.
    told = unquote(urlsplit(address).path.rpartition("/")[2])
    stem, dot, ending = told.rpartition(".")
    if dot and (known := _TYPES.get(f".{ending.lower()}")):
        return RemoteFile(told, known, 0, remote={"url": address})
    if kind == "file" and stem and dot and ending.isalnum():
        name = told
    return RemoteFile(name, media_type, 0, remote={"url": address})


def _origin(message: Json) -> str:
    """What it answers beside a message: a story of ours, an advertisement, a product."""
    lines = []
    story = (message.get("reply_to") or {}).get("story") or {}
    if story:
        lines.append(f"[answers our story] {story.get('url', '')}".rstrip())
    if referral := message.get("referral"):
        lines.append(came_from(referral))
    return "\n".join(lines)


def came_from(referral: Json) -> str:
    """An advertisement, a shop's page, a link with a word in it."""
    context = referral.get("ads_context_data") or {}
    product = (referral.get("product") or {}).get("id")
    told = [referral.get("source"), context.get("ad_title"), referral.get("ref"), product, referral.get("referer_uri")]
    return " ".join(["[came from]", *(str(one) for one in told if one)])
