"""How likely two contacts are one person, and why: for offers to link them, never by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import product
from typing import Final

from omnitui.desk.querying.matching import fold
from omnitui.i18n import _
from omnitui.model.people import Contact, Identity
from omnitui.values import dataclass

OFFERED: Final = 40
"""From so much on a contact is offered."""
SURE: Final = 95
"""The same mail address or telephone number; the full 100 where it is verified in both."""
_FULL: Final = 60
"""The same name, first and last."""
_ALIKE: Final = 85
"""From so much of 100 on two names count as one that is spelled in two ways."""
_LONGEST: Final = 100
_MOST: Final = 32
"""Pieces that are looked for."""
_NUMBER: Final = re.compile(r"\+[0-9]{7,15}")
_KANA: Final = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
"""Katakana to hiragana."""
_OLD: Final = str.maketrans(
    "邊邉齋齊斉髙﨑碕澤濱濵廣國眞惠櫻嶋嶌冨德龍瀨", "辺辺斎斎斎高崎崎沢浜浜広国真恵桜島島富徳竜瀬"
)
"""Forms of characters in Japanese names that people and forms write one for the other."""
_EAST: Final = re.compile("[\u3005-\u3007\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_TITLES: Final = frozenset({"mr", "mrs", "ms", "dr", "prof", "様", "さま", "さん", "殿", "御中", "先生", "氏"})
_HONOURED: Final = re.compile("(?<=..)(様|さま|さん|殿|御中|先生)$")
_ANYBODY: Final = re.compile(
    "admin|billing|contact|hello|help|info|mail|no-?reply|office|orders?|sales|service|support|webmaster"
)
"""First parts of mail addresses that name no person."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What speaks for it."""

    score: int
    """0 to 100."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A contact with its addresses."""

    contact: Contact
    identities: tuple[Identity, ...]


def resemblance(one: Person, other: Person, *, spelling: bool = True) -> Resemblance:
    """How alike two contacts are: their addresses exactly, and their names.

    Width, case, kana, order and forms of address make no other name. `spelling`: names that are spelled almost alike
    count too, for which a library is loaded.
    """
    score, reasons = _addresses(one.identities, other.identities)
    named, why = _names(one.contact.name, other.contact.name, spelling=spelling)
    score, reasons = max(score, named), [*reasons, *why]
    if score < SURE:
        if _locals(one.identities) & _locals(other.identities):
            score += 20
            reasons.append(_("the same name before the @"))
        firm = one.contact.organization_id
        if firm is not None and firm == other.contact.organization_id:
            score += 15
            reasons.append(_("the same firm"))
        score = min(score, SURE - 5)
    return Resemblance(score, tuple(reasons))


def _addresses(mine: Iterable[Identity], theirs: Iterable[Identity]) -> tuple[int, list[str]]:
    there: dict[str, Identity] = {}
    for identity in theirs:
        known = there.get(identity.address)
        there[identity.address] = identity if known is None or identity.verified else known
    found = [(identity, there[identity.address]) for identity in mine if identity.address in there]
    best, reason = 0, ""
    for here, same in found:
        verified = here.verified and same.verified
        if "@" in here.address or _NUMBER.fullmatch(here.address):
            word = _("the same telephone number") if here.address.startswith("+") else _("the same mail address")
            score, why = (100, _("{address}, verified").format(address=word)) if verified else (SURE, word)
        else:
            score, why = OFFERED, _("the same name on another channel")
        if score > best:
            best, reason = score, why
    return best, [reason] if reason else []


def _names(one: str, other: str, *, spelling: bool) -> tuple[int, list[str]]:
    mine, theirs = words_of(one), words_of(other)
    if not mine or not theirs:
        return 0, []
    whole = _whole(mine) and _whole(theirs)
    if sorted(mine) == sorted(theirs) or (_east(mine) and "".join(mine) == "".join(theirs)):
        return (_FULL if whole else 25), [_("same name")]
    if not whole or not spelling:
        return 0, []
    from rapidfuzz.fuzz import ratio, token_sort_ratio

    gap = "" if _east(mine) else " "
    alike = max(ratio(gap.join(mine), gap.join(theirs)), token_sort_ratio(" ".join(mine), " ".join(theirs)))
    if alike < _ALIKE:
        return 0, []
    return round(alike / 2), [_("a similar name ({percent} %)").format(percent=int(alike))]


def words_of(name: str) -> list[str]:
    """The words of a name for comparison; none where it is an address."""
    folded = fold(name[:_LONGEST]).strip()
    if "@" in folded or _NUMBER.fullmatch(folded):
        return []
    plain = unicodedata.normalize("NFKD", folded) if not _EAST.search(folded) else folded
    letters = "".join(
        char if char.isalnum() or char == "ー" else " " for char in plain if not unicodedata.combining(char)
    )
    words = [_HONOURED.sub("", word) for word in letters.translate(_KANA).translate(_OLD).split()]
    return [word for word in words if word not in _TITLES]


def _east(words: list[str]) -> bool:
    return any(map(_EAST.search, words))


def _whole(words: list[str]) -> bool:
    """Whether a name is more than a first or a last one."""
    return len(words) > 1 or (_east(words) and len(words[0]) > 2)


def _locals(identities: Iterable[Identity]) -> set[str]:
    """What stands before the @ of mail addresses, where that names somebody."""
    parts = (one.address.partition("@")[0].partition("+")[0] for one in identities if "@" in one.address)
    return {part for part in parts if len(part) > 4 and not _ANYBODY.fullmatch(part)}


def sought(person: Person) -> tuple[str, ...]:
    """Pieces of names and addresses; who resembles the person most likely has one of them."""
    pieces: list[str] = []
    words = words_of(person.contact.name)
    if _whole(words):
        for word in words:
            if not _EAST.search(word):
                pieces += [word[:3]] if len(word) > 2 else []
                continue
            ends = [word[:2]] if len(words) > 1 else [word[:2], word[-2:]]
            pieces += ["".join(chosen) for end in ends for chosen in product(*map(_forms, end))]
    pieces += [f"{local}@" for local in sorted(_locals(person.identities))]
    return tuple(dict.fromkeys(pieces))[:_MOST]


def _forms(char: str) -> str:
    """A character of `words_of` as it may stand in a name."""
    kana = chr(ord(char) + 0x60) if ord(char) - 0x3041 in range(len(_KANA)) else ""
    return char + kana + "".join(chr(old) for old, new in _OLD.items() if new == ord(char))
