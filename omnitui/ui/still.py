"""One screen as text, where there is no terminal to draw on."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

from textual.app import App

from omnitui.ui.last_hop.ending import screen_lines

WAIT_SECONDS = 10.0
LOOK_SECONDS = 0.05
STEADY_LOOKS = 6


def screen_text(app: App[Any]) -> str:
    """Run the app without a terminal until its screen is at rest, and give what is on it."""
    width, height = shutil.get_terminal_size((120, 36))
    return asyncio.run(_still(app, width, height))


async def _still(app: App[Any], width: int, height: int) -> str:
    async with app.run_test(size=(width, height)):
        text, steady = "", 0
        for _look in range(round(WAIT_SECONDS / LOOK_SECONDS)):
            await asyncio.sleep(LOOK_SECONDS)
            now = "\n".join(screen_lines(app))
            steady = steady + 1 if now == text and now.strip() else 0
            text = now
            if steady >= STEADY_LOOKS:
                break
        return text
