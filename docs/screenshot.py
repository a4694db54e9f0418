"""Makes docs/pictures from the demo: `python -m docs.screenshot`. Its clock stands still for them."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

from omnitui.i18n import use_language
from omnitui.services.demo.profile import open_demo
from omnitui.ui.app import ConsoleApp
from omnitui.ui.last_hop.ending import screen_lines

PICTURES = Path(__file__).parent / "pictures"
SIZE = (120, 32)
CELL = 12.2
"""Width of a cell in the pictures."""
LOOK_SECONDS = 0.1
STEADY_LOOKS = 8
SHOTS: dict[str, tuple[str, str, tuple[tuple[str, ...], ...]]] = {
    "main": ("en", "harbor", (("2", "j"),)),
    "light": ("en", "paper", (("2", "j"),)),
    "japanese": ("ja", "harbor", (("2", "j"), ("n",), tuple("倉庫に確認済み"))),
    "timeline": ("en", "harbor", (("enter",), ("T",), ("ctrl+u",))),
    "composer": ("en", "harbor", (("2", "j"), ("r",), tuple("80箱を12月4日に発送します"))),
    "palette": ("en", "harbor", (("2", "j"), ("ctrl+p",), tuple("snooze"))),
    "search": ("en", "harbor", (("2", "j"), ("slash",), tuple("返金"))),
}  # fmt: skip
"""Of each picture the language, the theme, and what is pressed, with a rest after each group."""


_TEXT = re.compile(
    r'(<text class="[^"]*" x=")([\d.]+)(" y="[\d.]+" textLength=")([\d.]+)">(\u00a0*)([^<]*?)(\u00a0*)</text>'
)


async def _picture(app: ConsoleApp, theme: str, presses: tuple[tuple[str, ...], ...]) -> str:
    async with app.run_test(size=SIZE) as pilot:
        await _rest(app)
        app.theme = theme
        for keys in presses:
            await pilot.press(*keys)
            await _rest(app)
        return _smaller(app.export_screenshot(title="omnitui demo"))


def _smaller(svg: str) -> str:
    """The same picture in half the bytes; it asks nothing of the network and takes the reader's own fonts."""
    for pattern, shorter in (
        (r"@font-face \{.*?\}\s*", ""),
        (r'<clipPath id="[^"]*-line-\d+">.*?</clipPath>\s*', ""),
        (r' clip-path="url\(#[^)"]*-line-\d+\)"', ""),
        (r' shape-rendering="crispEdges"', ""),
        ("<svg ", '<svg shape-rendering="crispEdges" '),
        (r"terminal-\d+-", "t"),
        (r"(\d+\.\d)\d+", r"\1"),
        ("&#160;", "\N{NO-BREAK SPACE}"),
    ):
        svg = re.sub(pattern, shorter, svg, flags=re.DOTALL)
    return _TEXT.sub(_tight, svg)


def _tight(found: re.Match[str]) -> str:
    """A piece of text without the blanks around it: some programs drop those that it begins with."""
    before, x, between, length, left, text, right = found.groups()
    start, size = float(x) + CELL * len(left), float(length) - CELL * len(left + right)
    return f'{before}{start:.1f}{between}{size:.1f}">{text}</text>'


async def _rest(app: ConsoleApp) -> None:
    """Wait until the screen does not change any more."""
    text, steady = "", 0
    while steady < STEADY_LOOKS:
        await asyncio.sleep(LOOK_SECONDS)
        now = "\n".join(screen_lines(app))
        steady = steady + 1 if now == text and now.strip() else 0
        text = now


def main() -> None:
    """Draw the demo's first morning, each picture in a world of its own."""
    os.environ["TZ"] = "Asia/Tokyo"
    PICTURES.mkdir(exist_ok=True)
    for name, (language, theme, presses) in SHOTS.items():
        use_language(language)
        with tempfile.TemporaryDirectory() as home:
            os.environ["OMNITUI_HOME"] = home
            with open_demo(speed=0) as session:
                drawn = asyncio.run(_picture(ConsoleApp(session, sync=False), theme, presses))
                (PICTURES / f"{name}.svg").write_text(drawn, "utf-8")


if __name__ == "__main__":
    main()
