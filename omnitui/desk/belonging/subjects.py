"""Subjects compared as people mean them: `Re: [shop] 注文` and `注文` are one matter."""

from __future__ import annotations

import re
import unicodedata

_PREFIX = re.compile(
    r"""^\s*(?:
        (?:re|aw|sv|vs|antw|odp|ref|rif|res|ynt|fw|fwd|wg|tr|rv|enc|doorst|vl)\s*(?:\[\d+\]|\(\d+\)|\d{1,2})?\s*:
      | (?:返信|転送|回复|回覆|答复|答覆|转发|轉寄|轉發|회신|전달)\s*:
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_TAG = re.compile(r"^\s*\[[^\[\]]{1,80}\]\s*")
_TRAILER = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)
_LIMIT = 1_000
"""Characters looked at: subjects of strangers may be megabytes."""


def stripped(subject: str) -> str:
    """`subject` without reply and forward prefixes, as it was written otherwise."""
    rest = subject[:_LIMIT].strip()
    while True:
        # Full-width colons and letters count: Japanese mailers write ＲＥ： too.
        shorter = _cut(rest, _PREFIX)
        if shorter == rest:
            return rest
        rest = shorter


def matter(subject: str) -> str:
    """What `subject` is about: without prefixes, list tags, case and width; empty where it says nothing."""
    rest = unicodedata.normalize("NFKC", subject[:_LIMIT]).casefold()
    while True:
        shorter = _TRAILER.sub("", _PREFIX.sub("", rest, count=1))
        untagged = _TAG.sub("", shorter, count=1)
        shorter = untagged or shorter
        if shorter == rest:
            return " ".join(rest.split())
        rest = shorter


def same_matter(one: str, other: str) -> bool:
    """Whether two subjects go together; one that says nothing goes with every other."""
    first, second = matter(one), matter(other)
    return first == second or not first or not second


def _cut(subject: str, prefix: re.Pattern[str]) -> str:
    folded = unicodedata.normalize("NFKC", subject)
    if len(folded) != len(subject):
        # Widths changed: cut in the folded form, which reads the same.
        return prefix.sub("", folded, count=1).strip() if prefix.match(folded) else subject
    found = prefix.match(folded)
    return subject[found.end() :].strip() if found else subject
