"""HTML as a stream of tags and text, whatever state it is in: one pass, no recursion, nothing that blows up.

The standard library's parser is quadratic on unclosed constructs; this one gives up being clever after a few of them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_NAME = re.compile(r"/?[a-zA-Z][^\s/>]{0,60}")
_STOP = re.compile(r"""[>"']""")
_ATTRIBUTE = re.compile(r"""([^\s=>/"'<]{1,60})(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]{1,2000})))?""")
_RAW: Final = frozenset(
    ("script", "style", "title", "textarea", "xmp", "noscript", "iframe", "noembed", "noframes", "template")
)
_PATIENCE: Final = 16
MAX_ATTRIBUTES: Final = 40


@dataclass(slots=True)
class Tag:
    """A start or end tag."""

    name: str
    closes: bool
    raw_attributes: str = ""
    _attributes: dict[str, str] | None = field(default=None, repr=False)

    def attribute(self, name: str) -> str:
        """The value of an attribute, character references resolved; "" when absent."""
        return self.attributes.get(name, "")

    @property
    def attributes(self) -> dict[str, str]:
        if self._attributes is None:
            found: dict[str, str] = {}
            if self.raw_attributes:
                for count, match in enumerate(_ATTRIBUTE.finditer(self.raw_attributes[:65_536])):
                    if count >= MAX_ATTRIBUTES:
                        break
                    value = match[2] if match[2] is not None else match[3] if match[3] is not None else match[4] or ""
                    found.setdefault(match[1].lower(), html.unescape(value) if "&" in value else value)
            self._attributes = found
        return self._attributes


def tokens(source: str) -> Iterator[Tag | str]:
    """Tags and pieces of text (character references resolved). Comments, declarations and raw text (script, style …)
    are left out."""
    at = 0
    size = len(source)
    patience = _PATIENCE
    endless: set[str] = set()
    while at < size:
        start = source.find("<", at)
        if start < 0:
            yield _text(source[at:])
            return
        if start > at:
            yield _text(source[at:start])
        following = source[start + 1 : start + 2]
        if following in ("!", "?"):
            at = _after_declaration(source, start)
            continue
        match = _NAME.match(source, start + 1)
        if match is None:
            yield "<"
            at = start + 1
            continue
        end = _tag_end(source, match.end()) if patience else source.find(">", match.end())
        if end < 0:
            patience = max(patience - 1, 0)
            end = source.find(">", match.end())
            if end < 0:
                return
        name = match[0].lower()
        closes = name.startswith("/")
        name = name.lstrip("/")
        yield Tag(name, closes, source[match.end() : end] if not closes else "")
        at = end + 1
        if name in _RAW and not closes and source[end - 1] != "/" and name not in endless:
            after = _after_raw(source, at, name)
            if after < 0:
                endless.add(name)
            else:
                at = after


def _text(raw: str) -> str:
    return html.unescape(raw) if "&" in raw else raw


def _tag_end(source: str, at: int) -> int:
    """Where the tag's ">" is, quoted values skipped; -1 if a quote is never closed."""
    while match := _STOP.search(source, at):
        if match[0] == ">":
            return match.start()
        at = source.find(match[0], match.end()) + 1
        if at == 0:
            return -1
    return -1


def _after_declaration(source: str, start: int) -> int:
    if source.startswith("<!--", start):
        end = source.find("-->", start + 2)
        if end >= 0:
            return end + 3
        end = source.find(">", start)
        return end + 1 if end >= 0 else len(source)
    end = source.find(">", start)
    return end + 1 if end >= 0 else len(source)


def _after_raw(source: str, at: int, name: str) -> int:
    """After the end tag of an element whose content is no markup; -1 if it is never closed."""
    closing = re.compile(rf"</{name}[^>]{{0,100}}>", re.I).search(source, at)
    return closing.end() if closing else -1
