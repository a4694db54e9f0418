"""The two layers before the terminal, each alone, on the whole catalogue and ten thousand strings made of it."""

from __future__ import annotations

import datetime
import re
import unicodedata

import pytest
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from omnitui.model.conversations import Attachment, Message
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.services.triage.views import Views
from omnitui.text.safe import safe, strip_controls
from omnitui.text.widths import cell_width, pad
from omnitui.ui.last_hop.frame import Frame, drawable
from omnitui.ui.last_hop.guard import guarded, title
from omnitui.ui.last_hop.incoming import cleaned
from omnitui.ui.last_hop.ink import Inks
from omnitui.ui.look.roles import line_width, plain, rich_style
from omnitui.ui.look.themes import load
from omnitui.ui.outside.notifying import sequence
from omnitui.ui.timeline.blocks import Setting, block
from omnitui.ui.widgets.lines import drawn
from tests.support.payloads import PAYLOADS, generated
from tests.support.promises import Promise

WIDTH = 40
STRINGS = [*PAYLOADS.values(), *generated(10_000)]
OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
"""What neither layer may let through."""
OWN = re.compile(r"\x1b\[[0-9;]*[CGHKXm]|\r")
"""What the pen writes."""


def frame(height: int = 1) -> Frame:
    return Frame(WIDTH, height, Inks(ColorSystem.TRUECOLOR), colour_erase=True)


def test_the_catalogue_covers_every_class() -> None:
    assert len(PAYLOADS) >= 200
    kinds = {name.split("-")[0] for name in PAYLOADS}
    assert kinds >= {
        *("osc", "dcs", "apc", "csi", "esc", "c0", "c1", "markup", "format", "bidi", "tags", "surrogate", "zalgo"),
        *("wide", "emoji", "path", "url", "formula", "header", "variation", "zero", "long", "homograph"),
    }


def test_the_first_layer_alone_lets_nothing_through(promise: Promise) -> None:
    for text in STRINGS:
        for clean in (safe(text), safe(text, multiline=False), plain(text)):
            assert not OBEYED.search(clean), repr(text)
        assert "\n" not in plain(text)
    promise(
        "Text of strangers holds nothing that a terminal obeys once it is made safe.",
        f"{len(PAYLOADS)} payloads and {len(STRINGS) - len(PAYLOADS):,} strings made of them: 0 control characters",
    )


def test_the_first_layer_keeps_what_can_be_read() -> None:
    """Text never vanishes: each letter and digit of the raw text is there in its composed form."""
    for text in STRINGS[:3_000]:
        kept = unicodedata.normalize("NFD", safe(text, max_chars=100_000))
        wanted = [char for char in unicodedata.normalize("NFD", text) if char.isascii() and char.isalnum()]
        left = iter(kept)
        assert all(char in left for char in wanted), repr(text)


def test_the_last_layer_alone_lets_nothing_through(promise: Promise) -> None:
    """Strips of raw text, as a forgotten `safe` would leave them: what leaves is text and the pen's own sequences."""
    screen = frame()
    for text in STRINGS:
        screen.put(0, 0, Strip([Segment(text, Style(bold=True))]).adjust_cell_length(WIDTH))
        sent = OWN.sub("", screen.changes())
        assert not OBEYED.search(sent), repr(text)
        assert "\n" not in sent
        glyphs = screen._want[0][0]
        assert len(glyphs) == WIDTH
        assert not OBEYED.search(drawable(text)), repr(text)
    promise(
        "Whatever is drawn passes a second filter, which alone would stop all of it too.",
        f"{len(STRINGS):,} strings drawn raw: 0 sequences that are not our own",
    )


def test_what_is_written_directly_is_disarmed() -> None:
    """Titles, notices, pastes: strangers' text inside sequences of our own."""
    for text in STRINGS[:2_000]:
        assert not OBEYED.search(title(text)[4:-1])
        assert not OBEYED.search(guarded(strip_controls(text)).replace("\n", "").replace("\r", ""))
        assert not OBEYED.search(cleaned(text).replace("\t", ""))
        for kind in ("osc9", "osc777", "osc99"):
            made = sequence(kind, text)
            assert not OBEYED.search(made[2:-1]), repr(text)
            assert guarded(made) == made
        assert not re.match(r"\x1b\]9;\d+[;\x07]", sequence("osc9", text)), "a number first is no text to ConEmu"


def test_lines_take_the_cells_that_they_say() -> None:
    base, look = Style.null(), load()
    for text in STRINGS[:4_000]:
        strip = drawn(((plain(text), "text"), ("│", "line")), WIDTH, base, look)
        assert sum(segment.cell_length for segment in strip) == WIDTH, repr(text)
        assert not OBEYED.search(strip.text)
        assert all(segment.style is None or not (segment.style.link or segment.style.meta) for segment in strip)


def test_rows_of_the_list_take_their_columns() -> None:
    for text in STRINGS[:2_500]:
        assert cell_width(pad(plain(text), 17)) == 17, repr(text)


@pytest.mark.parametrize("unfolded", [False, True])
def test_blocks_of_messages_stay_within_the_pane(unfolded: bool) -> None:
    setting = Setting(WIDTH, 0, datetime.UTC, unfolded)
    for text in STRINGS[:1_000]:
        message = Message(
            "M", "C", "A", Direction.OUTGOING, MessageKind.PUBLIC, SendState.FAILED, text, "P", 0, 0, text, text, "",
            quoted=text, signature=text, reason=text,
            attachments=(Attachment("F", "M", text, text, 1),),
        )  # fmt: skip
        for line in block(message, setting):
            assert line_width(line) <= WIDTH, repr(text)
            for piece, role in line:
                assert not OBEYED.search(piece), repr(text)
                rich_style(load(), role)


def test_views_named_by_strangers_do_not_exist() -> None:
    assert not any(Views().find(text) for text in STRINGS)
