"""Pictures that are more than plain PNG, decoded by Pillow (the extra `omnitui[pictures]`) in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import omnitui
from omnitui.environment import bare
from omnitui.text.pixels import HEADER, MISSING, TOO_LARGE
from omnitui.ui.outside.png import Picture

SECONDS: Final = 30.0
"""By the clock on the wall, on a machine that does much else; the process has a limit of processor time of its own."""


class NoDecoder(ValueError):
    """Pillow is not installed."""


def decoded(data: bytes, width: int, height: int) -> Picture:
    """A JPEG, PNG, GIF or WebP, upright and small enough to fit into so many pixels.

    Raises:
        NoDecoder: Pillow is not installed.
        ValueError: It is none of them, broken, or too large.
    """
    root = str(Path(omnitui.__file__).resolve().parent.parent)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "omnitui.text.pixels", str(width), str(height)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**bare(), "PYTHONPATH": root},
            cwd="/",
            timeout=SECONDS,
            start_new_session=True,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ValueError("not decoded in time") from error
    if done.returncode == MISSING:
        raise NoDecoder("Pillow is not installed")
    if done.returncode == TOO_LARGE:
        raise ValueError("too large")
    if done.returncode or len(done.stdout) < HEADER.size:
        raise ValueError("unreadable")
    wide, high = HEADER.unpack_from(done.stdout)
    rgb = done.stdout[HEADER.size :]
    if len(rgb) != 3 * wide * high or wide > width or high > height:
        raise ValueError("cut short")
    return Picture(wide, high, rgb)
