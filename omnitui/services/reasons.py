"""The contact reasons of a profile: reasons.toml beside its settings."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.config.lines import line_of
from omnitui.desk.reasons import Reason, tree
from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.paths import Profile
from omnitui.services.keymap import Problem

EXAMPLE: Final = """# Why customers write. Names stay with conversations; titles and keys may change.
[billing]
title = "Billing"
key = "b"

[billing.refund]
title = "Refund"
key = "r"

[billing.invoice]
title = "Invoice"
key = "i"

[delivery]
title = "Delivery"
key = "d"
"""


def path(profile: Profile) -> Path:
    """The file."""
    return profile.config / "reasons.toml"


def read(profile: Profile) -> tuple[tuple[Reason, ...], list[Problem]]:
    """The tree of the file, and what is wrong with it, with the line where it stands."""
    file = path(profile)
    try:
        table = read_toml(file, forbidden=UNTAMPERED)
    except ConfigError as error:
        return (), [Problem(error.message, error.hint)]
    found, faults = tree(table)
    if not faults:
        return found, []
    text = file.read_text("utf-8", "replace")
    where = [(fault, line_of(text, fault.names)) for fault in faults]
    return found, [
        Problem(_("line {n}: {why}").format(n=line, why=f"{'.'.join(fault.names)}: {fault.message}"))
        for fault, line in where
    ]


def give(profile: Profile, text: str) -> None:
    """Put the file there, where there is none yet."""
    file = path(profile)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
