"""Ways to the clipboard: a tool on this machine, tmux, or the terminal at the other end of the line (OSC 52)."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from omnitui.environment import inherited
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.values import dataclass

MOST = 74_000
"""Bytes that terminals take by OSC 52 (xterm's limit is 100,000 of base64)."""
PIECE = 500
"""Characters of a string that GNU screen passes on in one piece (its limit is 768)."""
SECONDS = 2.0
WITHOUT = ("dumb", "linux", "vt52", "vt100", "vt102", "vt220", "vt320", "ansi", "cons25", "unknown")
"""Terminals that have no clipboard, by the name in TERM."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to the clipboard."""

    said: str
    """What is said about it after copying."""
    argv: tuple[str, ...] = ()
    """The command that takes the text; empty where the terminal does."""
    wrap: str = ""
    """What stands between us and the terminal: "tmux", "screen" or nothing."""


def ways(environ: Mapping[str, str] | None = None) -> list[Way]:
    """What there is to try, the best first; empty where nothing can work."""
    env = os.environ if environ is None else environ
    found: list[Way] = []
    if not (env.get("SSH_CONNECTION") or env.get("SSH_TTY")):
        found += [Way(argv[0], argv) for needs, argv in _TOOLS if (not needs or env.get(needs)) and _there(argv, env)]
    term = env.get("TERM", "")
    if env.get("TMUX"):
        argv = ("tmux", "load-buffer", "-w", "-")
        found += [Way("tmux, OSC 52", argv)] if _there(argv, env) else []
        found.append(Way(_("the terminal behind tmux, OSC 52"), wrap="tmux"))
    elif env.get("STY"):
        found.append(Way(_("the terminal behind screen, OSC 52"), wrap="screen"))
    elif term and term not in WITHOUT:
        found.append(Way(_("the terminal, OSC 52")))
    return found


_TOOLS: Sequence[tuple[str, tuple[str, ...]]] = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("", ("pbcopy",)),
    ("WSL_DISTRO_NAME", ("clip.exe",)),
)


def _there(argv: Sequence[str], env: Mapping[str, str]) -> bool:
    return shutil.which(argv[0], path=env.get("PATH", os.defpath)) is not None


def handed(way: Way, text: str) -> bool:
    """Give the text to the command of a way; whether it took it. Takes up to two seconds: not for the event loop."""
    try:
        done = subprocess.run(
            way.argv,
            input=text.encode(),
            timeout=SECONDS,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            env=inherited(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def sequence(way: Way, text: str) -> str:
    """What is written to the terminal.

    Raises:
        OmniError: The text is longer than terminals take.
    """
    data = text.encode()
    if len(data) > MOST:
        raise OmniError(
            _("too long to copy through the terminal ({size} KB)").format(size=len(data) // 1_000),
            hint=_("pipe it on the machine itself: omnitui show"),
        )
    code = base64.b64encode(data).decode()
    if way.wrap == "tmux":
        return f"\x1bPtmux;\x1b\x1b]52;c;{code}\x07\x1b\\"
    if way.wrap == "screen":
        pieces = [code[at : at + PIECE] for at in range(0, len(code), PIECE)] or [""]
        first = f"\x1bP\x1b]52;c;{pieces[0]}\x1b\\"
        return first + "".join(f"\x1bP{piece}\x1b\\" for piece in pieces[1:]) + "\x1bP\x07\x1b\\"
    return f"\x1b]52;c;{code}\x07"
