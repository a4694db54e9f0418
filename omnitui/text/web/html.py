"""HTML mail as readable text, the way a person would copy it out. Nothing is fetched, nothing recurses.

What a reader of the HTML would not see (preheaders, tracking pictures, scripts) is left out; what they would see but
not notice (where a link really goes) is put in.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

from omnitui.text.links import link_suffix
from omnitui.text.web.markup import Tag, tokens
from omnitui.text.web.tables import Table
from omnitui.text.web.visibility import is_hidden, is_tracker

MAX_SOURCE: Final = 2_000_000
MAX_OUTPUT: Final = 1_000_000
MAX_LINKS: Final = 500
MAX_QUOTES: Final = 20
MAX_OPEN: Final = 2_000
SECONDS: Final = 1.0

_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "html",
        "legend",
        "main",
        "menu",
        "nav",
        "o:p",
        "option",
        "section",
        "summary",
        "tbody",
        "tfoot",
        "thead",
        "caption",
    ]
)
_PARAGRAPHS: Final = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "blockquote", "table", "hr", "listing")
)
_VOID: Final = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u200b-\u200f\u2060\ufeff\u2007\u061c\u202a-\u202e\u2066-\u2069]"
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_:.-]{2,40})", re.I)
_BLANKS = re.compile(r"\n{3,}")


def declared_charset(raw: bytes) -> str:
    """The charset that a meta element names, or ""."""
    match = _CHARSET.search(raw[:4_096])
    return match[1].decode("ascii") if match else ""


def html_to_text(source: str) -> str:
    """Readable text of an HTML body; quotes as "> ", links with their hosts, data tables in columns."""
    reader = _Reader()
    _read(source, reader, lambda: reader.size > MAX_OUTPUT)
    return reader.finish()


def html_links(source: str) -> list[tuple[str, str]]:
    """The links of an HTML body in their order, each as what it shows and where it leads; hidden ones are left out."""
    found: list[tuple[str, str]] = []
    reader = _Reader(found)
    _read(source, reader, lambda: len(found) >= MAX_LINKS)
    reader.finish()
    return found


def _read(source: str, reader: _Reader, enough: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    for count, token in enumerate(tokens(source[:MAX_SOURCE])):
        if isinstance(token, str):
            reader.text(token)
        elif token.closes:
            reader.close(token.name)
        else:
            reader.open(token)
        if enough() or (count & 1023 == 1023 and time.monotonic() > deadline):
            break


class _Reader:
    """The open elements and the lines made so far."""

    def __init__(self, links: list[tuple[str, str]] | None = None) -> None:
        """`links` is given those that are shown."""
        self._links = links
        self.lines: list[str] = []
        self.line: list[str] = []
        self.size = 0
        self.open_tags: list[str] = []
        self.hidden_at = 0
        """Depth of the open element that hides everything in it; 0 for none."""
        self.quotes = 0
        self.pre = 0
        self.lists: list[int] = []
        """For each open list its next number, or -1 for bullets."""
        self.prefix = ""
        self.link: tuple[str, int] | None = None
        self.tables: list[Table] = []
        self.blank_wanted = False
        self.blank_quotes = 0

    def text(self, raw: str) -> None:
        if self.hidden_at:
            return
        text = _INVISIBLE.sub("", raw)
        if self.pre:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._add(first)
            for line in rest:
                self._break(keep_blank=True)
                self._add(line)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (not self.line or self.line[-1].endswith(" ")):
            text = text[1:]
        if text:
            self._add(text)

    def _add(self, text: str) -> None:
        if not text:
            return
        if self.tables and self.tables[-1].in_cell:
            self.tables[-1].add(text)
        self.line.append(text)
        self.size += len(text)

    def open(self, tag: Tag) -> None:
        name = tag.name
        if name not in _VOID:
            if len(self.open_tags) < MAX_OPEN:
                self.open_tags.append(name)
            if self.hidden_at:
                return
            if name in ("head", "object", "svg", "math", "audio", "video", "select", "map") or is_hidden(tag):
                self.hidden_at = len(self.open_tags)
                return
        if self.hidden_at:
            return
        self._start(name, tag)

    def _start(self, name: str, tag: Tag) -> None:
        if name == "br":
            self._break(keep_blank=True)
        elif name == "img":
            self._image(tag)
        elif name == "a":
            self._end_link()
            self.link = (tag.attribute("href"), len(self.line))
        elif name == "hr":
            self._paragraph()
            self._add("-" * 40)
            self._break()
        elif name == "li":
            self._break()
            self._item()
        elif name in ("td", "th"):
            self._cell(name)
        elif name == "tr":
            self._break()
            if self.tables:
                self.tables[-1].row()
        elif name == "blockquote":
            self._paragraph()
            self.quotes = min(self.quotes + 1, MAX_QUOTES)
        elif name in _PARAGRAPHS:
            self._paragraph_start(name, tag)
        elif name in _BLOCKS:
            self._break()
        elif name == "input" and tag.attribute("type").lower() in ("submit", "button"):
            self._add(f"[{tag.attribute('value')}]")

    def _paragraph_start(self, name: str, tag: Tag) -> None:
        if name in ("ul", "ol"):
            if self.lists:
                self._break()
            else:
                self._paragraph()
            start = tag.attribute("start")
            number = int(start) if start.isascii() and start.isdecimal() and len(start) < 7 else 1
            if len(self.lists) < 20:
                self.lists.append(number if name == "ol" else -1)
            return
        if name == "table":
            self._break()
            if len(self.tables) < 20:
                self.tables.append(Table(len(self.lines), nested=bool(self.tables)))
                if len(self.tables) > 1:
                    self.tables[-2].is_layout = True
            return
        self._paragraph()
        if name == "pre":
            self.pre += 1
        elif name[0] == "h" and name != "hr":
            self._add("#" * int(name[1]) + " ")

    def close(self, name: str) -> None:
        if name == "p" and "p" not in self.open_tags[-50:]:
            self._paragraph()
            return
        if name == "br":
            self._break(keep_blank=True)
            return
        # A stray end tag closes nothing; a look at the last few dozen keeps this linear.
        depth = next(
            (
                at
                for at in range(len(self.open_tags), max(len(self.open_tags) - 64, 0), -1)
                if self.open_tags[at - 1] == name
            ),
            0,
        )
        if not depth:
            return
        closed = self.open_tags[depth - 1 :]
        del self.open_tags[depth - 1 :]
        if self.hidden_at:
            if depth <= self.hidden_at:
                self.hidden_at = 0
            return
        for other in reversed(closed):
            self._end(other)

    def _end(self, name: str) -> None:
        if name == "a":
            self._end_link()
        elif name == "blockquote":
            self._break()
            self.quotes = max(self.quotes - 1, 0)
            self._want_blank()
        elif name == "pre":
            self._break()
            self.pre = max(self.pre - 1, 0)
            self._want_blank()
        elif name in ("ul", "ol"):
            self._break()
            if self.lists:
                self.lists.pop()
            if not self.lists:
                self._want_blank()
        elif name == "table":
            self._break()
            if self.tables:
                table = self.tables.pop()
                table.finish(self.lines, self._marker())
            if not self.tables:
                self._want_blank()
        elif name in ("td", "th"):
            if self.tables:
                self.tables[-1].end_cell()
        elif name == "p" or (len(name) == 2 and name[0] == "h" and name[1].isdigit()):
            self._break()
            self._want_blank()
        elif name in _BLOCKS or name in ("li", "tr"):
            self._break()

    def _marker(self) -> str:
        return "> " * self.quotes

    def _break(self, *, keep_blank: bool = False) -> None:
        """End the line."""
        text = "".join(self.line)
        text = text.rstrip() if not self.pre else text.rstrip(" ")
        marker = self._marker()
        if text.strip():
            if self.blank_wanted and self.lines and self.lines[-1].strip("> "):
                self.lines.append(("> " * min(self.quotes, self.blank_quotes)).rstrip())
            self.blank_wanted = False
            self.lines.append(f"{marker}{self.prefix}{text}" if not self.pre else f"{marker}{text}")
            if self.prefix.strip():
                self.prefix = " " * len(self.prefix)
            if self.tables and self.tables[-1].in_cell:
                self.tables[-1].add("\n")
        elif keep_blank and self.lines:
            self.lines.append(marker.rstrip())
        self.line = []
        if self.link is not None:
            self.link = (self.link[0], 0)
        if not self.lists:
            self.prefix = ""

    def _paragraph(self) -> None:
        self._break()
        self._want_blank()

    def _want_blank(self) -> None:
        """A blank line before the next text, in the quote that is open now."""
        self.blank_wanted = True
        self.blank_quotes = self.quotes

    def _item(self) -> None:
        indent = "  " * max(len(self.lists) - 1, 0)
        if self.lists and self.lists[-1] >= 0:
            self.prefix = f"{indent}{self.lists[-1]}. "
            self.lists[-1] += 1
        else:
            self.prefix = f"{indent}- "

    def _cell(self, name: str) -> None:
        if not self.tables:
            self._break()
            return
        table = self.tables[-1]
        if table.in_cell:
            table.end_cell()
        if self.line and "".join(self.line).strip():
            if table.is_layout or table.nested:
                self._break()
            else:
                self.line.append("  ")
        table.cell(header=name == "th", at=len(self.lines))

    def _image(self, tag: Tag) -> None:
        alt = _SPACE.sub(" ", _INVISIBLE.sub("", tag.attribute("alt"))).strip()
        if is_tracker(tag) or not alt:
            return
        self._add(f"[image: {alt[:200]}]")

    def _end_link(self) -> None:
        if self.link is None:
            return
        href, start = self.link
        self.link = None
        shown = "".join(self.line[start:]).strip()
        if shown and href and self._links is not None:
            self._links.append((shown, href))
        if shown and (suffix := link_suffix(shown, href)):
            while self.line and self.line[-1] == " ":
                self.line.pop()
            self._add(suffix)

    def finish(self) -> str:
        self._end_link()
        while self.tables:
            self._break()
            self.tables.pop().finish(self.lines, self._marker())
        self._break()
        return _BLANKS.sub("\n\n", "\n".join(self.lines)).strip("\n")[:MAX_OUTPUT]
