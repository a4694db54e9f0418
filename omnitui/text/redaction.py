"""Card numbers and secrets in texts, covered: for screens that others see and for exports. The store keeps every word.

Card numbers are told from other digits by the issuers' ranges (ISO/IEC 7812) and Luhn's sum; secrets by the word that
stands before them and by the shapes that vendors give their keys.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, Literal, get_args

from omnitui.values import dataclass

Kind = Literal["cards", "secrets"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
COVER: Final = "********"
"""What stands for a secret, however long it is."""

_BETWEEN: Final = (
    " \u00a0\u2002-\u200a\u202f\u3000._\uff0e\\-\u00ad\u2010-\u2015\u2212\ufe63\uff0d\u30fc\u200b-\u200d\u2060\ufeff"
)
_CHAIN: Final = re.compile(rf"\d(?:[{_BETWEEN}]{{0,3}}\d){{11,}}")
_CUT: Final = re.compile(rf"(?<!\d)[2-6](?:[{_BETWEEN}]{{0,3}}\d){{5,18}}[{_BETWEEN}…]{{0,3}}\Z")
_DIGIT: Final = re.compile(r"\d")
_GROUP: Final = re.compile(r"\d+")
_GROUPINGS: Final = ((4, 6, 5), (4, 6, 4))
"""How cards of 15 and 14 digits are printed; others are in fours."""
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

_WORDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "api key",
    "api-key",
    "api_key",
    "apikey",
    "access key",
    "access_key",
    "secret",
    "token",
    "pin",
    "cvv",
    "cvc",
    "security code",
    "verification code",
    "one-time code",
    "otp",
    "パスワード",
    "パスフレーズ",
    "暗証番号",
    "認証コード",
    "確認コード",
    "セキュリティコード",
    "セキュリティーコード",
    "apiキー",
    "秘密鍵",
    "合言葉",
)
_WORD: Final = "|".join(re.escape(word) for word in sorted(_WORDS, key=len, reverse=True))
_VALUE: Final = r"\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|「[^」\n]{1,200}」|“[^”\n]{1,200}”|\S{1,200}"
_NAMED: Final = re.compile(rf"(?<![a-z])((?:{_WORD})[a-z0-9_]{{0,8}}\"?\s{{0,3}}[:：=＝]\s{{0,3}})(?:{_VALUE})", re.I)
_SAID: Final = re.compile(
    rf"(?<![a-z])((?:{_WORD})(?:\s{{1,3}}is|\s{{0,3}}[はが])\s{{0,3}})"
    # “The password is wrong” says nothing: a secret has a digit or a sign in it.
    r"(?=[a-z]{0,60}[0-9!#$%&*+/=?@^_~-])[!-~]{3,200}",
    re.I,
)
_SHAPES: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(sk-(?:ant-|proj-)?)[\w-]{16,300}|([sr]k_(?:live|test)_)\w{10,300}|(whsec_)\w{16,300}"
    r"|(A(?:KI|SI|RO)A)[0-9A-Z]{16}|(AIza)[\w-]{35}|(ya29\.)[\w-]{20,2000}"
    r"|(gh[pousr]_)\w{30,300}|(github_pat_)\w{20,300}|(glpat-)[\w-]{20,300}|(npm_)\w{30,300}|(pypi-)[\w-]{40,2000}"
    r"|(xox[a-z]-)[\w-]{10,300}|(SG\.)[\w-]{16,100}\.[\w-]{16,100}"
    r"|(eyJ)[\w-]{8,4000}\.eyJ[\w-]{4,8000}(?:\.[\w-]{0,4000})?"
    r"|(Bearer\s{1,3})[\w.~+/-]{16,4000}={0,2}|(\w{1,20}://[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@))"
)
_KEY_BEGINS: Final = re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS: Final = re.compile(r"-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----")


def redacted(text: str, kinds: Collection[str] = KINDS, *, cut: bool = False) -> str:
    """`text` with card numbers but their last four digits, and secrets, covered. Linear in the length.

    Args:
        text: Any text.
        kinds: What to cover, of `KINDS`; none leaves the text as it is.
        cut: Whether the text goes on elsewhere: digits at its end may be the beginning of a card number.
    """
    if "cards" in kinds:
        text = _CHAIN.sub(_without_cards, text)
        if cut:
            text = _CUT.sub(lambda match: _covered(match[0]), text)
    if "secrets" in kinds:
        text = _without_secrets(text)
    return text


def _without_cards(match: re.Match[str]) -> str:
    chain = match[0]
    groups = [found.span() for found in _GROUP.finditer(chain)]
    plain = chain if chain.isascii() else _DIGIT.sub(lambda digit: str(int(digit[0])), chain)
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
    for last in range(first, min(first + _LONGEST, len(digits))):
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


def _without_secrets(text: str) -> str:
    if "-----BEGIN" in text:
        text = _without_keys(text)
    low = text.lower()
    if any(word in low for word in _WORDS):
        text = _SAID.sub(_named, _NAMED.sub(_named, text))
    return _SHAPES.sub(lambda match: f"{match[match.lastindex or 0]}{COVER}", text)


def _named(match: re.Match[str]) -> str:
    return f"{match[1]}{COVER}"


def _without_keys(text: str) -> str:
    kept: list[str] = []
    at = 0
    while begins := _KEY_BEGINS.search(text, at):
        ends = _KEY_ENDS.search(text, begins.end())
        kept += [text[at : begins.end()], "\n", COVER, "\n", ends[0] if ends else ""]
        at = ends.end() if ends else len(text)
    return "".join(kept) + text[at:]
