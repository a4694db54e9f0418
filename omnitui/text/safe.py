"""SafeText: the only form in which a stranger's text may reach a widget.

A terminal acts on control characters, reorders text at bidi controls and hides what invisible characters carry;
`safe` takes all three away and says what it took, so that the screen can show a badge.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from omnitui.text.marks import few_marks, may_have_many
from omnitui.text.widths import cell_width

MAX_CHARS: Final = 262_144
MAX_LINES: Final = 2_000
TAB: Final = 8

_MAKER: Final = object()


class SafeText(str):
    """Text without anything that a terminal acts on. Made by `safe` alone.

    Slicing and joining give plain `str` again; pass the result through `safe`, which is cheap for clean text.
    """

    truncated: bool
    """Cut at the size or line limit; the raw text has more."""
    bidi: bool
    """Direction controls were dropped: what is shown may differ from what other programs show."""
    hidden: bool
    """Invisible characters that can carry a message (tag characters) were dropped."""
    controls: bool
    """Control characters were made visible."""

    __slots__ = ("bidi", "controls", "hidden", "truncated")

    def __new__(
        cls,
        maker: object,
        text: str,
        *,
        truncated: bool = False,
        bidi: bool = False,
        hidden: bool = False,
        controls: bool = False,
    ) -> SafeText:
        if maker is not _MAKER:
            raise TypeError("SafeText is made by safe() alone")
        self = super().__new__(cls, text)
        self.truncated, self.bidi, self.hidden, self.controls = truncated, bidi, hidden, controls
        return self

    def __reduce__(self) -> tuple[object, tuple[str, bool, bool, bool, bool]]:
        return _again, (str(self), self.truncated, self.bidi, self.hidden, self.controls)

    @property
    def badges(self) -> tuple[str, ...]:
        """Names of what was taken away or cut: of "truncated", "bidi", "hidden", "controls"."""
        return tuple(name for name in ("truncated", "bidi", "hidden", "controls") if getattr(self, name))


def _again(text: str, truncated: bool, bidi: bool, hidden: bool, controls: bool) -> SafeText:
    clean = safe(text, max_chars=MAX_CHARS * TAB, max_lines=len(text) + 1)
    return SafeText(_MAKER, clean, truncated=truncated, bidi=bidi, hidden=hidden, controls=controls)


_NEWLINES = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile("[\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u180b-\u180f\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff0-\ufffb\U0001d173-\U0001d17a]"
)
_NONCHARACTERS = re.compile(
    "[\ufdd0-\ufdef" + "".join(f"{chr(end)}{chr(end + 1)}" for end in range(0xFFFE, 0x110000, 0x10000)) + "]"
)
_JOINERS = re.compile("[\u200c\u200d]+")
_CHAINS = re.compile(
    "(?:[^\u200d][\ufe0f\U0001f3fb-\U0001f3ff\u0300-\u036f\u093c\u094d\u09cd\u0acd\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]{0,8}\u200d){5}"
)
"""More joined parts than any sequence of Unicode's or any word has: all of them would be drawn in one place.

What stands on a part is counted: without a limit a long run of marks takes seconds."""
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
# Arabic and its kin, N'Ko, the Indic scripts, Myanmar, Khmer, Mongolian: where joiners change the letters' form.
_JOINING = re.compile(
    "[\u0600-\u07ff\u0840-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1b00-\u1b7f\ua840-\ua87f\ua980-\ua9df"
    "\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc]"
)
_EMOJI = re.compile("[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]")
_AFTER_EMOJI = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
_STRIP = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def strip_controls(text: str) -> str:
    """`text` without C0 but newline, DEL, C1, direction controls, tag characters, lone surrogates.

    The second layer, for everything that is drawn; it drops where `safe` explains.
    """
    if text.isprintable():
        return text
    return _STRIP.sub("", text)


def safe(raw: str, *, multiline: bool = True, max_chars: int = MAX_CHARS, max_lines: int = MAX_LINES) -> SafeText:
    """Make `raw` fit for a terminal. Never raises; linear in the length.

    Args:
        raw: Any string whatever, lone surrogates included.
        multiline: Keep line ends as newlines; else they become spaces.
        max_chars: Cut after so many characters.
        max_lines: Cut after so many lines.
    """
    if type(raw) is SafeText and len(raw) <= max_chars and raw.count("\n") < (max_lines if multiline else 1):
        return raw
    truncated = len(raw) > max_chars
    text = raw[:max_chars] if truncated else raw
    bidi = hidden = controls = False
    if not _is_clean(text):
        text = _NEWLINES.sub("\n", text)
        text = _SURROGATES.sub("\ufffd", text)
        text, shown = _CONTROLS.subn(_picture, text)
        controls = shown > 0
        if not text.isascii():
            text, dropped = _BIDI.subn("", text)
            bidi = dropped > 0
            text, dropped = _TAGS.subn("", text)
            hidden = dropped > 0
            text = _composed(text)
        if "\t" in text:
            text = _expanded(text, max_chars) if multiline else text.replace("\t", " ")
            if len(text) > max_chars:
                text, truncated = text[:max_chars], True
    if "\n" in text:
        if not multiline:
            text = text.replace("\n", " ")
        elif text.count("\n") >= max_lines:
            lines = text.split("\n", max_lines)
            text, truncated = "\n".join(lines[:max_lines]), True
    return SafeText(_MAKER, text, truncated=truncated, bidi=bidi, hidden=hidden, controls=controls)


def _is_clean(text: str) -> bool:
    if not text.replace("\n", "").replace("\u3000", "").isprintable():
        return False
    if text.isascii():
        return True
    return not may_have_many(text) and not _SELECTORS.search(text) and unicodedata.is_normalized("NFC", text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    # A C1 control is ESC and a letter in one; show it as that pair.
    return f"␛{chr(code - 0x40)}"


def _composed(text: str) -> str:
    text = _INVISIBLE.sub("", text)
    text = _NONCHARACTERS.sub("\ufffd", text)
    text = _CHAINS.sub(_unchained, _JOINERS.sub(_joiner, text))
    text = _SELECTORS.sub(_selector, text)
    # Marks are counted before as well as after: ordering a long run of them is quadratic in unicodedata.
    return few_marks(unicodedata.normalize("NFC", few_marks(text)))


def _joiner(match: re.Match[str]) -> str:
    text = match.string
    start, end = match.span()
    before = start - 1
    while before >= 0 and start - before < 4 and _AFTER_EMOJI.match(text[before]):
        before -= 1
    left = text[before] if before >= 0 else ""
    right = text[end] if end < len(text) else ""
    first = match[0][0]
    if first == "\u200d" and _EMOJI.match(left) and _EMOJI.match(right):
        return first
    if start and _JOINING.match(text[start - 1]) and (_JOINING.match(right) or first == "\u200d" or not right):
        return first
    return ""


def _unchained(match: re.Match[str]) -> str:
    return match[0][:-1]


def _selector(match: re.Match[str]) -> str:
    start = match.start()
    base = match.string[start - 1] if start else ""
    first = match[0][0]
    if first >= "\U000e0100" or first < "\ufe0e":
        return first if "\u3400" <= base <= "\u9fff" or "\uf900" <= base <= "\ufaff" or base >= "\U00020000" else ""
    return first if base and (base in "#*0123456789" or _EMOJI.match(base)) else ""


def _expanded(text: str, enough: int) -> str:
    lines: list[str] = []
    size = 0
    for line in text.split("\n"):
        if "\t" not in line:
            lines.append(line)
            continue
        cells = 0
        parts: list[str] = []
        pieces = line.split("\t")
        for piece in pieces[:-1]:
            cells += cell_width(piece)
            gap = TAB - cells % TAB
            parts.append(piece + " " * gap)
            cells += gap
            size += len(piece) + gap
            if size > enough:
                break
        lines.append("".join(parts) + pieces[-1])
    return "\n".join(lines)
