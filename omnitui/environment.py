"""What programs that we start see of our environment: never a variable that holds a secret."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

OURS: Final = frozenset(("OMNITUI_HOME", "OMNITUI_PROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"))
"""What says where the desk lies: with them `omnitui` in a program means the same one."""
_PLAIN: Final = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TERM", "TZ", "LANG", "LANGUAGE"),
        *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"),
    )
)
_LIBRARIES: Final = ("LD_LIBRARY_PATH", "DYLD_", "NIX_LD", "GUIX_PYTHONPATH")
"""How the names begin of what says where libraries lie; without them Python does not start on some systems."""
_secret: set[str] = set()


def keep_back(names: Iterable[str]) -> None:
    """From now on no program that is started sees the variables of these names: a secret is taken from them."""
    _secret.update(names)


def inherited() -> dict[str, str]:
    """All but secrets, for programs that live by what the user's session says: editors, openers, password managers."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _secret and (name in OURS or not name.startswith("OMNITUI_"))
    }


def scrubbed() -> dict[str, str]:
    """What is known to be harmless, for programs that read what customers wrote: hooks, commands, pipes."""
    return {
        name: value for name, value in inherited().items() if name in _PLAIN or name in OURS or name.startswith("LC_")
    }


def bare() -> dict[str, str]:
    """For processes of our own: what Python needs to start."""
    more = {name: value for name, value in inherited().items() if name.startswith(_LIBRARIES)}
    return {**{name: value for name, value in scrubbed().items() if name not in OURS}, **more}
