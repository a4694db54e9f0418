"""Makes docs/demo.svg, the README's picture: `python -m docs.screenshot`. The demo's clock stands still for it."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from omnitui.services.demo import open_demo
from omnitui.ui.app import ConsoleApp
from omnitui.ui.last_hop.ending import screen_lines

PICTURE = Path(__file__).with_name("demo.svg")
SIZE = (140, 38)
LOOK_SECONDS = 0.1
STEADY_LOOKS = 8


async def _picture(app: ConsoleApp) -> str:
    async with app.run_test(size=SIZE) as pilot:
        for keys in (("j", "j"), ()):
            await pilot.press(*keys)
            await _rest(app)
        # Textual names web fonts; the picture asks nothing of the network and takes the reader's own.
        return re.sub(r"@font-face \{.*?\}\s*", "", app.export_screenshot(title="omnitui demo"), flags=re.DOTALL)


async def _rest(app: ConsoleApp) -> None:
    """Wait until the screen does not change any more."""
    text, steady = "", 0
    while steady < STEADY_LOOKS:
        await asyncio.sleep(LOOK_SECONDS)
        now = "\n".join(screen_lines(app))
        steady = steady + 1 if now == text and now.strip() else 0
        text = now


def main() -> None:
    """Draw the demo's first morning."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["OMNITUI_HOME"] = home
        os.environ["TZ"] = "Asia/Tokyo"
        with open_demo(speed=0) as session:
            PICTURE.write_text(asyncio.run(_picture(ConsoleApp(session, sync=False))), "utf-8")


if __name__ == "__main__":
    main()
