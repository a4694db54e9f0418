"""What of strangers' texts is covered on this process's screen, chosen once by the settings; nothing unless chosen."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    Choice = Literal["nothing", "cards", "secrets", "both"]

_chosen: tuple[str, ...] = ()


def kinds(choice: str) -> tuple[str, ...]:
    """What a setting's word means, for `omnitui.text.secrets.redaction`."""
    return {"nothing": (), "both": ("cards", "secrets")}.get(choice, (choice,))


def cover(choice: str) -> None:
    """From now on cover this on the screen: "nothing", "cards", "secrets" or "both"."""
    global _chosen
    _chosen = kinds(choice)


def choice() -> str:
    """What is covered now, as `cover` takes it."""
    return "both" if len(_chosen) > 1 else "".join(_chosen) or "nothing"


def shown(text: str, *, cut: bool = False) -> str:
    """A text of any origin as the screen may show it; before it is wrapped or cropped, which would part a number.

    Args:
        text: The text.
        cut: Whether only its beginning was kept.
    """
    if not _chosen:
        return text
    from omnitui.text.secrets.redaction import redacted

    return redacted(text, _chosen, cut=cut)
