"""The contact reasons of a profile: reasons.toml beside its settings."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.config.lines import line_of
from omnitui.desk.reasons import Fault, Reason, tree
from omnitui.errors import ConfigError
from omnitui.i18n import _
from omnitui.paths import Profile
from omnitui.services.keys.keymap import Problem

ASK: Final = "ask"
"""The key by which the file says that resolving always asks for a reason."""
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
    asked = table.pop(ASK, False)
    found, faults = tree(table)
    if not isinstance(asked, bool):
        faults.insert(0, Fault((ASK,), _("“{key}” has to be true or false").format(key=ASK)))
    if not faults:
        return found, []
    text = file.read_text("utf-8", "replace")
    where = [(fault, line_of(text, fault.names)) for fault in faults]
    return found, [
        Problem(_("line {n}: {why}").format(n=line, why=f"{'.'.join(fault.names)}: {fault.message}"))
        for fault, line in where
    ]


def always_asked(profile: Profile) -> bool:
    """Whether resolving always asks for a reason, and there are some to choose from."""
    try:
        held = path(profile).stat()
    except OSError:
        return False
    return _always_asked(profile, held.st_mtime_ns, held.st_size)


@lru_cache(maxsize=8)
def _always_asked(profile: Profile, _changed: int, _size: int) -> bool:
    with suppress(ConfigError):
        table = read_toml(path(profile), forbidden=UNTAMPERED)
        return table.get(ASK) is True and bool(read(profile)[0])
    return False


def give(profile: Profile, text: str) -> None:
    """Put the file there, where there is none yet."""
    file = path(profile)
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
