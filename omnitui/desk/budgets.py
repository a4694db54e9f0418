"""What is left of a quota, in the reader's language: connectors tell it in English, in one of a few forms."""

from __future__ import annotations

import re
from typing import Final

from omnitui.i18n import N_, _

_FORMS: Final = (
    N_("{left} of {most} messages left this month"),
    N_("{sent} messages this month, without a limit"),
)


def budget_words(text: str) -> str:
    """A budget as a connector tells it; what is in none of the known forms stays as it is."""
    for form in _FORMS:
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[0-9,]+)", re.escape(form)), text)
        if found:
            return _(form).format(**found.groupdict())
    return text
