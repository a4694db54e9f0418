"""How many terminal cells a text takes, and cutting, padding and wrapping by cells.

Wide East Asian characters take two cells, ambiguous ones one, marks none; what joins to an emoji takes no room of
its own. The figures are those of Textual's own measure, so that both draw the same columns.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate

# The first frame imports this module, and typing costs it as much as SQLite.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Final

# fmt: off
_ZERO: Final = (
    (0x1160, 0x11FF), (0x2028, 0x202E), (0x2060, 0x206F), (0x302A, 0x302F), (0x3164, 0x3164), (0xD7B0, 0xD7FF),
    (0xFFA0, 0xFFA0), (0x1F3FB, 0x1F3FF), (0xE0000, 0xE0FFF),
)
"""Of no width though they are no marks: vowels and tails of Hangul, fillers, skin tones, direction controls."""
_ONE: Final = ((0xAD, 0xAD), (0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2),
               (0x110BD, 0x110BD), (0x110CD, 0x110CD))
"""Format characters that are drawn."""
_TWO: Final = (
    (0x2630, 0x2637), (0x268A, 0x268F), (0x4DC0, 0x4DFF), (0x1D300, 0x1D356), (0x1D360, 0x1D376), (0x1F6D8, 0x1F6DF),
    (0x1F7E0, 0x1F7F0), (0x1FA70, 0x1FAFF), (0x20000, 0x2FFFD), (0x30000, 0x3FFFD),
)
"""Wide in Unicode 17 but not, or not yet known, in Python's table."""
# Characters that an emoji selector (U+FE0F) widens: the emoji variation sequences of Unicode that are narrow alone.
_WIDENED: Final = (
    0x23, 0x23, 0x2A, 0x2A, 0x30, 0x39, 0xA9, 0xA9, 0xAE, 0xAE, 0x203C, 0x203C, 0x2049, 0x2049, 0x2122, 0x2122,
    0x2139, 0x2139, 0x2194, 0x2199, 0x21A9, 0x21AA, 0x2328, 0x2328, 0x23CF, 0x23CF, 0x23ED, 0x23EF, 0x23F1, 0x23F2,
    0x23F8, 0x23FA, 0x24C2, 0x24C2, 0x25AA, 0x25AB, 0x25B6, 0x25B6, 0x25C0, 0x25C0, 0x25FB, 0x25FC, 0x2600, 0x2604,
    0x260E, 0x260E, 0x2611, 0x2611, 0x2618, 0x2618, 0x261D, 0x261D, 0x2620, 0x2620, 0x2622, 0x2623, 0x2626, 0x2626,
    0x262A, 0x262A, 0x262E, 0x262F, 0x2638, 0x263A, 0x2640, 0x2640, 0x2642, 0x2642, 0x265F, 0x2660, 0x2663, 0x2663,
    0x2665, 0x2666, 0x2668, 0x2668, 0x267B, 0x267B, 0x267E, 0x267E, 0x2692, 0x2692, 0x2694, 0x2697, 0x2699, 0x2699,
    0x269B, 0x269C, 0x26A0, 0x26A0, 0x26A7, 0x26A7, 0x26B0, 0x26B1, 0x26C8, 0x26C8, 0x26CF, 0x26CF, 0x26D1, 0x26D1,
    0x26D3, 0x26D3, 0x26E9, 0x26E9, 0x26F0, 0x26F1, 0x26F4, 0x26F4, 0x26F7, 0x26F9, 0x2702, 0x2702, 0x2708, 0x2709,
    0x270C, 0x270D, 0x270F, 0x270F, 0x2712, 0x2712, 0x2714, 0x2714, 0x2716, 0x2716, 0x271D, 0x271D, 0x2721, 0x2721,
    0x2733, 0x2734, 0x2744, 0x2744, 0x2747, 0x2747, 0x2763, 0x2764, 0x27A1, 0x27A1, 0x2934, 0x2935, 0x2B05, 0x2B07,
    0x1F170, 0x1F171, 0x1F17E, 0x1F17F, 0x1F321, 0x1F321, 0x1F324, 0x1F32C, 0x1F336, 0x1F336, 0x1F37D, 0x1F37D,
    0x1F396, 0x1F397, 0x1F399, 0x1F39B, 0x1F39E, 0x1F39F, 0x1F3CB, 0x1F3CE, 0x1F3D4, 0x1F3DF, 0x1F3F3, 0x1F3F3,
    0x1F3F5, 0x1F3F5, 0x1F3F7, 0x1F3F7, 0x1F43F, 0x1F43F, 0x1F441, 0x1F441, 0x1F4FD, 0x1F4FD, 0x1F549, 0x1F54A,
    0x1F56F, 0x1F570, 0x1F573, 0x1F579, 0x1F587, 0x1F587, 0x1F58A, 0x1F58D, 0x1F590, 0x1F590, 0x1F5A5, 0x1F5A5,
    0x1F5A8, 0x1F5A8, 0x1F5B1, 0x1F5B2, 0x1F5BC, 0x1F5BC, 0x1F5C2, 0x1F5C4, 0x1F5D1, 0x1F5D3, 0x1F5DC, 0x1F5DE,
    0x1F5E1, 0x1F5E1, 0x1F5E3, 0x1F5E3, 0x1F5E8, 0x1F5E8, 0x1F5EF, 0x1F5EF, 0x1F5F3, 0x1F5F3, 0x1F5FA, 0x1F5FA,
    0x1F6CB, 0x1F6CB, 0x1F6CD, 0x1F6CF, 0x1F6E0, 0x1F6E5, 0x1F6E9, 0x1F6E9, 0x1F6F0, 0x1F6F0, 0x1F6F3, 0x1F6F3,
)
# fmt: on
_STARTS: Final = _WIDENED[::2]
_ENDS: Final = _WIDENED[1::2]

_NO_START: Final = frozenset(
    "、。，．・：；？！）］｝」』】〉》〕〗〙〟’”ーぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ々〻ゝゞヽヾ゛゜…‥～"
    "!),.:;?]}｡｣､･ｰｧｨｩｪｫｬｭｮｯﾞﾟ％℃"
)
"""Never first in a line (JIS X 4051, the basic set)."""
_BLANKS: Final = " " * 64
_NO_END: Final = frozenset("（［｛「『【〈《〔〖〘〝‘“([{｢￥＄￡")
"""Never last in a line."""


@lru_cache(maxsize=8_192)
def _char_width(char: str) -> int:
    code = ord(char)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return 0
    for table, width in ((_ZERO, 0), (_ONE, 1), (_TWO, 2)):
        if any(start <= code <= end for start, end in table):
            return width
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Mc", "Cf", "Cs"):
        return 0
    if category == "Cn":  # the table answers F for what it does not know
        return 2 if 0x1F300 <= code <= 0x1F64F or 0x1F900 <= code <= 0x1F9FF else 1
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


@lru_cache(maxsize=512)
def _widens(char: str) -> bool:
    at = bisect_right(_STARTS, ord(char)) - 1
    return at >= 0 and ord(char) <= _ENDS[at]


def cell_width(text: str) -> int:
    """Cells that `text` takes in one line. Control characters count nothing."""
    if text.isascii() and text.isprintable():
        return len(text)
    if len(text) <= 256:
        return _measured(text)
    if "\u200d" not in text and "\ufe0f" not in text:
        return sum(map(_char_width, text))
    return sum(width for _, width in clusters(text))


@lru_cache(maxsize=4_096)
def _measured(text: str) -> int:
    if "\u200d" not in text and "\ufe0f" not in text:
        return sum(map(_char_width, text))
    return sum(width for _, width in clusters(text))


def clusters(text: str) -> list[tuple[str, int]]:
    """`text` in pieces that stay together, each with its width in cells: a base with its marks, a joined emoji."""
    found: list[tuple[str, int]] = []
    start = 0
    width = 0
    base = ""
    at = 0
    size = len(text)
    while at < size:
        char = text[at]
        if char == "\u200d":
            at = min(at + 2, size)  # what a joiner joins takes no room of its own
            continue
        if char == "\ufe0f":
            if base and _widens(base):
                width += 1
            base = ""
            at += 1
            continue
        own = _char_width(char)
        if own:
            if base or width or at > start:
                found.append((text[start:at], width))
            start, width, base = at, own, char
        at += 1
    if size > start:
        found.append((text[start:], width))
    return found


def crop(text: str, cells: int, ellipsis: str = "…") -> str:
    """`text` cut to at most `cells`, with `ellipsis` in place of what is missing."""
    if cells <= 0:
        return ""
    if text.isascii() and text.isprintable():
        if len(text) <= cells:
            return text
    elif len(text) <= 256 and cell_width(text) <= cells:
        return text
    room = cells - cell_width(ellipsis)
    if room < 0:
        room, ellipsis = cells, ""
    used = at = fits = 0
    for piece, width in clusters(text[: cells * 16 + 64]):
        used += width
        if used > cells:
            return text[:fits] + ellipsis
        at += len(piece)
        if used <= room:
            fits = at
    return text if at == len(text) else text[:fits] + ellipsis


def pad(text: str, cells: int, *, align: str = "left") -> str:
    """`text` in exactly `cells`: cropped, or filled with spaces; `align` is left, right or center."""
    text = crop(text, cells).rstrip("\u200d")  # a joiner at the end would join our spaces
    gap = cells - cell_width(text)
    if gap <= 0:
        return text
    if align == "right":
        return " " * gap + text
    if align == "center":
        return " " * (gap // 2) + text + " " * (gap - gap // 2)
    return text + " " * gap


def wrap(text: str, cells: int, settle: Callable[[str, int, int], int] | None = None) -> list[str]:
    """Lines of at most `cells`, broken at spaces and between East Asian characters (line-edge rules kept).

    Newlines in `text` are kept as line ends; an overlong word is cut. The result has at least one line.
    `settle` may move a break to the left: it gets the paragraph, where the line begins and where it would be cut.
    """
    cells = max(cells, 2)
    lines: list[str] = []
    for line in text.split("\n"):
        if len(line) <= cells and cell_width(line) <= cells:
            lines.append(line)
        else:
            lines.extend(_wrapped(line, cells, settle))
    return lines


def _wrapped(line: str, cells: int, settle: Callable[[str, int, int], int] | None) -> list[str]:
    """A line cut piece by piece, each found by looking at little more than itself: long lines are made to freeze us."""
    lines: list[str] = []
    cut_of = _latin_cut if line.isascii() and line.isprintable() else _cut
    start, size = 0, len(line)
    while start < size:
        cut = cut_of(line, start, cells)
        if cut >= size:
            lines.append(line[start:])
            break
        if settle is not None:
            cut = settle(line, start, cut)
        lines.append(line[start:cut].rstrip(" "))
        start = cut
        while line.startswith(_BLANKS, start):
            start += len(_BLANKS) - 1  # the last one may carry a mark
        while start < size and line[start] == " " and (start + 1 >= size or _char_width(line[start + 1])):
            start += 1
    return lines


def _latin_cut(line: str, start: int, cells: int) -> int:
    """Where to cut a line of ASCII that begins at `start`; its end where the rest fits."""
    end = start + cells
    if end >= len(line) or line[end] == " ":
        return min(end, len(line))
    cut = line.rfind(" ", start, end) + 1
    for mark in "-/":
        at = line.rfind(mark, max(cut, start), end) + 1
        while at > cut and (line[at] in _NO_START or _in_number(line, at)):
            at = line.rfind(mark, max(cut, start), at - 1) + 1
        cut = max(cut, at)
    return cut if cut > start else end


def _cut(line: str, start: int, cells: int) -> int:
    """Where to cut any line that begins at `start`; its end where the rest fits."""
    reach = cells // 2 + 3 if _char_width(line[start]) == 2 else cells + 2
    near = line[start : start + reach]
    widths = list(map(_char_width, near))
    if reach < cells + 2 and sum(widths[:-1]) <= cells:
        near = line[start : start + cells + 2]
        widths = list(map(_char_width, near))
    if 0 not in widths:
        end = start + max(bisect_right(list(accumulate(widths)), cells), 1)
        if end >= len(line):
            return end
        cut = end
        if 2 not in widths and " " not in near and "-" not in near and "/" not in near:
            return end
        while cut > start and (not _may_break(line[cut - 1], line[cut]) or _in_number(line, cut)):
            cut -= 1
        return cut if cut > start else end
    return _cut_of_clusters(line, start, cells)


def _cut_of_clusters(line: str, start: int, cells: int) -> int:
    """The same where characters stand together: marks on their base, joined emoji."""
    reach = cells + 16
    while True:
        pieces = clusters(line[start : start + reach])
        used = end = 0
        while end < len(pieces) and used + pieces[end][1] <= cells:
            used += pieces[end][1]
            end += 1
        if start + reach >= len(line):
            break
        # The last piece may go on behind what was looked at.
        if end < len(pieces) - 1:
            break
        reach *= 2
    if end >= len(pieces):
        return len(line)
    cut = end = max(end, 1)
    marks = [piece for piece, _width in pieces]
    while cut and (not _may_break(marks[cut - 1], marks[cut]) or _in_number(marks, cut)):
        cut -= 1
    return start + sum(len(piece) for piece, _width in pieces[: cut or end])


def may_break_at(line: str, at: int) -> bool:
    """Whether `line` may be broken before its character `at`: not on the way to a mark, nor against line-edge rules."""
    free = _char_width(line[at]) > 0 and line[at - 1] != "\u200d" and _may_break(line[at - 1], line[at])
    return free and not _in_number(line, at)


def _in_number(line: Sequence[str], at: int) -> bool:
    """Whether a hyphen or slash before `at` belongs to a number: 12/9, B-1107, 3-day."""
    if line[at - 1] not in ("-", "/"):
        return False
    return line[at].isdecimal() or (at > 1 and line[at - 2].isdecimal())


def _may_break(before: str, after: str) -> bool:
    if after == " ":
        return True
    if before == " ":
        return True
    if after[0] in _NO_START or before[0] in _NO_END:
        return False
    return _is_breaking(before[0]) or _is_breaking(after[0]) or before in ("-", "/")


@lru_cache(maxsize=4_096)
def _is_breaking(char: str) -> bool:
    """Whether a line may break beside `char` without a space: Chinese and Japanese, not Hangul."""
    return _char_width(char) == 2 and not "\uac00" <= char <= "\ud7a3"
