"""How many segments a text message takes: GSM 7 bit where every character is in its alphabet, else UCS-2.

The alphabet and its extension are 3GPP TS 23.038 §6.2.1; a part of a longer message loses six octets to the header
that joins the parts (TS 23.040 §9.2.3.24): 153 septets or 67 units are left.
"""

from __future__ import annotations

from typing import Final

from omnitui.values import dataclass

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""Two septets each: an escape and the character, never in two parts."""
_GSM: Final = (160, 153)
_UCS2: Final = (70, 67)


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text takes."""

    count: int
    """Parts of the message; 0 for an empty text."""
    left: int
    """Units that still fit into the last part."""
    gsm: bool
    """Whether the text is sent in GSM 7 bit, a septet a unit; else in UCS-2."""


def segments(text: str) -> Segments:
    """How `text` is cut into parts."""
    gsm, sizes = _sizes(text)
    single, part = _GSM if gsm else _UCS2
    total = sum(sizes)
    if total <= single:
        return Segments(1 if total else 0, single - total if total else 0, gsm)
    count, left = 1, part
    for size in sizes:
        if size > left:
            count, left = count + 1, part
        left -= size
    return Segments(count, left, gsm)


def parts(text: str) -> tuple[str, ...]:
    """The parts that `text` is cut into; they make the text again when they are put together."""
    gsm, sizes = _sizes(text)
    single, part = _GSM if gsm else _UCS2
    if sum(sizes) <= single:
        return (text,) if text else ()
    cuts, left = [0], part
    for at, size in enumerate(sizes):
        if size > left:
            cuts.append(at)
            left = part
        left -= size
    return tuple(text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True))


def _sizes(text: str) -> tuple[bool, list[int]]:
    """Whether the text is GSM 7 bit, and the units of each of its characters."""
    gsm = all(char in _BASIC or char in _EXTENDED for char in text)
    return gsm, [1 + (char in _EXTENDED if gsm else ord(char) > 0xFFFF) for char in text]


def foreign(text: str) -> str:
    """The characters for which `text` cannot be sent in GSM 7 bit, each once, in their order."""
    return "".join(dict.fromkeys(char for char in text if char not in _BASIC and char not in _EXTENDED))
