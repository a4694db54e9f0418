"""How long a text is in a channel's own unit."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from omnitui.desk.segments import segments
from omnitui.i18n import N_
from omnitui.sdk.capabilities import TextUnit

UNITS: Mapping[TextUnit, str] = MappingProxyType(
    {
        TextUnit.CHARACTERS: N_("characters"),
        TextUnit.UTF16: N_("UTF-16 units"),
        TextUnit.BYTES: N_("bytes"),
        TextUnit.SEGMENTS: N_("segments"),
    }
)
"""What the units are called; translated where they are shown."""


def measured(text: str, unit: TextUnit) -> int:
    """The length of `text`. A character outside the basic plane, as most emoji are, has two UTF-16 units."""
    if unit is TextUnit.BYTES:
        return len(text.encode("utf-8", "replace"))
    if unit is TextUnit.UTF16:
        return len(text) + sum(char > "\uffff" for char in text)
    return segments(text).count if unit is TextUnit.SEGMENTS else len(text)
