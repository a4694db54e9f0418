"""Card numbers and secrets in texts, covered on screens that others see and in exports; the store keeps every word."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, get_args

from omnitui.text.secrets.cards import without_cards
from omnitui.text.secrets.passwords import without_secrets

Kind = Literal["cards", "secrets"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


def redacted(text: str, kinds: Collection[str] = KINDS, *, cut: bool = False) -> str:
    """`text` with card numbers but their last four digits, and secrets, covered. Linear in the length.

    Args:
        text: Any text.
        kinds: What to cover, of `KINDS`; none leaves the text as it is.
        cut: Whether the text goes on elsewhere: digits at its end may be the beginning of a card number.
    """
    if "cards" in kinds:
        text = without_cards(text, cut=cut)
    return without_secrets(text) if "secrets" in kinds else text
