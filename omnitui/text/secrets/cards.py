"""Card numbers in texts: told from other digits by the issuers' ranges (ISO/IEC 7812) and Luhn's sum."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from omnitui.values import dataclass

_BETWEEN: Final = (
    " \u00a0\u2002-\u200a\u202f\u3000._\uff0e\\-\u00ad\u2010-\u2015\u2212\ufe63\uff0d\u30fc\u200b-\u200d\u2060\ufeff"
)
_CHAIN: Final = re.compile(rf"\d(?:[{_BETWEEN}]{{0,3}}\d){{11,}}")
_CUT: Final = re.compile(rf"(?<!\d)[2-6](?:[{_BETWEEN}]{{0,3}}\d){{5,18}}[{_BETWEEN}…]{{0,3}}\Z")
_BREAK: Final = re.compile(rf"(?<=\d\d)[{_BETWEEN}\t>|]{{0,8}}\r?\n[{_BETWEEN}\t>|]{{0,8}}(?=\d)")
_ABOVE: Final = re.compile(rf"\d(?:[{_BETWEEN}]{{0,3}}\d){{0,18}}\Z")
_BELOW: Final = re.compile(rf"\d(?:[{_BETWEEN}]{{0,3}}\d){{0,18}}")
_REACH: Final = 96
"""So many characters before the break of a line may belong to a number."""
_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile(r"\d")
_GROUP: Final = re.compile(r"\d+")
_GROUPINGS: Final = ((4, 6, 5), (4, 6, 4))
"""How cards of 15 and 14 digits are printed; others are in fours."""
_GROUPS: Final = 5
"""A number is printed in so many groups at most."""
_BEGINS: Final = "234568"
"""What card numbers begin with."""
_SHOWN: Final = 4
_LONGEST: Final = 19


@dataclass(frozen=True, slots=True)
class _Issuer:
    first: int
    last: int
    """Numbers begin with these and what lies between; both have as many digits."""
    sizes: Collection[int]


_ISSUERS: Final = (
    _Issuer(4, 4, (13, 16, 19)),
    _Issuer(51, 55, (16,)),
    _Issuer(2221, 2720, (16,)),
    _Issuer(34, 34, (15,)),
    _Issuer(37, 37, (15,)),
    _Issuer(300, 305, (14, 16)),
    _Issuer(3095, 3095, (14, 16)),
    _Issuer(36, 36, (14, 16)),
    _Issuer(38, 39, (14, 16)),
    _Issuer(3528, 3589, range(16, 20)),
    _Issuer(2200, 2204, range(16, 20)),
    _Issuer(6011, 6011, range(16, 20)),
    _Issuer(62, 62, range(16, 20)),
    _Issuer(644, 659, range(16, 20)),
    _Issuer(8171, 8171, (16,)),
    _Issuer(508, 508, (16,)),
    _Issuer(60, 60, (16,)),
    _Issuer(50, 50, range(12, 20)),
    _Issuer(56, 58, range(12, 20)),
    _Issuer(63, 63, range(12, 20)),
    _Issuer(67, 67, range(12, 20)),
)
"""Visa, Mastercard, American Express, Diners, JCB, Mir, Discover, UnionPay, RuPay, Maestro."""
_SIZES: Final = {str(begins): issuer.sizes for issuer in _ISSUERS for begins in range(issuer.first, issuer.last + 1)}
"""How many digits a number has that begins so."""


def without_cards(text: str, *, cut: bool = False) -> str:
    """`text` with card numbers covered but for their last four digits. Linear in the length.

    Args:
        text: Any text.
        cut: Whether the text goes on elsewhere: digits at its end may be the beginning of a card number.
    """
    text = _CHAIN.sub(_without_whole, text)
    if "\n" in text:
        text = _without_broken(text)
    return _CUT.sub(lambda match: _covered(match[0]), text) if cut else text


def _without_broken(text: str) -> str:
    """Covers the numbers within which one line ends and the next begins."""
    shown = list(text)
    for broken in _BREAK.finditer(text):
        places = _across(text, broken.start(), broken.end())
        for at in places[:-_SHOWN]:
            shown[at] = _covered(text[at])
    return "".join(shown)


def _across(text: str, end: int, begin: int) -> list[int]:
    """Where the digits of a number stand that goes on from one line (up to `end`) to the next (from `begin`)."""
    start = max(text.rfind("\n", 0, end) + 1, end - _REACH)
    above, below = _ABOVE.search(text[start:end]), _BELOW.match(text, begin)
    if above is None or below is None:
        return []
    left = [(start + found.start(), start + found.end()) for found in _GROUP.finditer(text[start:end], above.start())]
    right = [found.span() for found in _GROUP.finditer(text, begin, below.end())]
    # The rest of a longer run of digits, of a number that is covered, of one for the telephone.
    if text[max(left[0][0] - 3, 0) : left[0][0]].rstrip(" -")[-1:] in (*"*＊+＋", *"0123456789"):
        del left[0]
    # The end of a line may part one group in two.
    left, right = left[-_GROUPS:], right[:_GROUPS]
    spoken = bool(_LETTER.search(text, start, end) or _LETTER.search(text, begin, _end_of_line(text, begin)))
    for first, (at, _until) in enumerate(left):
        if str(int(text[at])) in _BEGINS:
            for last in range(len(right) - 1, -1, -1):
                groups = [*left[first:], *right[: last + 1]]
                if _is_split([until - at for at, until in groups], len(left) - first, spoken=spoken):
                    places = [at for group in groups for at in range(*group)]
                    if _is_card(_plain("".join(text[at] for at in places))):
                        return places
    return []


def _is_split(sizes: list[int], above: int, *, spoken: bool) -> bool:
    """Whether groups are those of one number of which so many stand in the line above.

    Bare numbers one below the other are a column of a table.
    """
    if not 12 <= sum(sizes) <= _LONGEST or (len(sizes) == 2 and not spoken):
        return False
    joined = [*sizes[: above - 1], sizes[above - 1] + sizes[above], *sizes[above + 1 :]]
    return _is_printed(sizes) or (spoken and _is_printed(joined))


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at, at + _REACH)
    return min(at + _REACH, len(text)) if end < 0 else end


def _plain(chain: str) -> str:
    """Digits of any script as those of ASCII."""
    return chain if chain.isascii() else _DIGIT.sub(lambda digit: str(int(digit[0])), chain)


def _without_whole(match: re.Match[str]) -> str:
    chain = match[0]
    groups = [found.span() for found in _GROUP.finditer(chain)]
    plain = _plain(chain)
    digits = [plain[start:end] for start, end in groups]
    after_plus = match.string[match.start() - 1 : match.start()] in ("+", "＋")
    shown = list(chain)
    first = 0
    while first < len(groups):
        last = _card(digits, first)
        if last is None or (after_plus and first == 0 and len(match[0]) <= 30 and sum(map(len, digits)) <= 15):
            first += 1
            continue
        places = [at for start, end in groups[first : last + 1] for at in range(start, end)]
        for at in places[:-_SHOWN]:
            shown[at] = _covered(chain[at])
        first = last + 1
    return "".join(shown)


def _covered(digits: str) -> str:
    """A sign for each digit, as wide as the digit."""
    return _DIGIT.sub(lambda match: "*" if match[0].isascii() else "＊", digits)


def _card(digits: list[str], first: int) -> int | None:
    """The last group of the longest card number that begins with a group; None where none does."""
    if digits[first][0] not in _BEGINS or (len(digits) > _LONGEST and not 4 <= len(digits[first]) <= _LONGEST):
        return None
    number, found = "", None
    # Beside other numbers only what is printed counts.
    for last in range(first, min(first + (_GROUPS if first else _LONGEST), len(digits))):
        number += digits[last]
        if len(number) > _LONGEST:
            break
        whole = first == 0 and last == len(digits) - 1
        if (whole or _is_printed([len(group) for group in digits[first : last + 1]])) and _is_card(number):
            found = last
    return found


def _is_printed(sizes: list[int]) -> bool:
    """Whether digits are grouped as on a card: beside other numbers anything else is chance."""
    return len(sizes) == 1 or tuple(sizes) in _GROUPINGS or (set(sizes[:-1]) == {4} and sizes[-1] <= 4)


def _is_card(number: str) -> bool:
    return any(len(number) in _SIZES.get(number[:digits], ()) for digits in range(1, 5)) and _luhn(number)


def _luhn(number: str) -> bool:
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2]]
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0 and number.strip("0") != ""
