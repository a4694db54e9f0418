"""Slack's own marks in texts. https://docs.slack.dev/messaging/formatting-message-text"""

from __future__ import annotations

import re
from collections.abc import Mapping

_MARK = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
_SIGNS = {
    "+1": "👍",
    "thumbsup": "👍",
    "-1": "👎",
    "thumbsdown": "👎",
    "heart": "❤",
    "white_check_mark": "✅",
    "heavy_check_mark": "✔",
    "eyes": "👀",
    "tada": "🎉",
    "pray": "🙏",
    "joy": "😂",
    "smile": "😄",
    "slightly_smiling_face": "🙂",
    "raised_hands": "🙌",
    "clap": "👏",
    "fire": "🔥",
    "rocket": "🚀",
    "thinking_face": "🤔",
    "cry": "😢",
    "x": "❌",
    "question": "❓",
    "warning": "⚠",
}


def readable(text: str, names: Mapping[str, str]) -> str:
    """Marks as a person reads them; `names` has what users are called, by id."""

    def shown(mark: re.Match[str]) -> str:
        sign, what, label = mark.groups()
        if sign == "@":
            return "@" + (names.get(what) or label or what)
        if sign == "#":
            return "#" + (label or what)
        if sign == "!":
            return "@" + (label or what.partition("^")[0]).lstrip("@")
        if not label or label == what or what == f"mailto:{label}":
            return label or what
        return f"{label} ({what})"

    return _MARK.sub(shown, text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentioned(text: str) -> list[str]:
    """The ids of the users that a text names."""
    return [what for sign, what, _label in _MARK.findall(text) if sign == "@"]


def written(text: str) -> str:
    """A text as Slack takes it to mean itself."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def sign(name: str) -> str:
    """A reaction: the usual ones as they look, others by their name."""
    return _SIGNS.get(name.partition("::")[0], f":{name}:")
