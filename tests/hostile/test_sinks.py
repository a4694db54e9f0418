"""Ten thousand strings through every sink: nothing that a terminal obeys comes out, and one line stays one line."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest

from omnitui.clock import FrozenClock
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind
from omnitui.ui.acts.messages import quoted
from omnitui.ui.panes.fields import editable
from tests.support.hostile_sinks import SINKS, STRINGS, WRITERS, Strings, writers
from tests.support.promises import Promise

OBEYED = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
PROMISE = "By whatever way text of strangers is shown or written, nothing in it is obeyed."
MESSAGE = Message("M", "C", "A", Direction.INCOMING, MessageKind.PUBLIC, None, "", "P", 0, 1, "")
SHORT = 1_000
"""Strings for each sink in the short form; each has others."""


def poured(name: str, start: int, count: int) -> int:
    """Let so many strings through a sink; how many there were."""
    sink, take = SINKS[name], Strings(start)
    while take.taken < count:
        for text in sink.write(take):
            assert not OBEYED.search(text), (name, text)
            assert sink.lines or "\n" not in text, (name, text)
    return take.taken


def test_whatever_writes_by_itself_is_a_sink_that_is_known() -> None:
    assert writers() == set(WRITERS), "say through which sink of SINKS its text is tried, or why none has to be"


@pytest.mark.parametrize("name", SINKS)
def test_nothing_that_is_obeyed_comes_out_of_a_sink(name: str, promise: Promise) -> None:
    count = poured(name, [*SINKS].index(name) * len(STRINGS) // len(SINKS), SHORT)
    promise(PROMISE, f"{count:,} strings through {name}: 0 characters that act")


@pytest.mark.torture
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", SINKS)
def test_every_string_through_every_sink(name: str, promise: Promise) -> None:
    count = poured(name, 0, len(STRINGS))
    promise(PROMISE, f"{count:,} strings through {name}: 0 characters that act")


def test_each_line_of_a_strangers_message_keeps_its_mark_in_a_quote() -> None:
    """No line end of whatever kind makes a stranger's words look like the agent's own, in what is sent to others."""
    desk: Any = SimpleNamespace(clock=FrozenClock(), zone=UTC)
    for text in STRINGS[:2_000]:
        message = replace(MESSAGE, text=text, author=text)
        _head, *lines, blank, end = editable(quoted(desk, message)).split("\n")
        assert all(line.startswith(">") for line in lines), repr(text)
        assert (blank, end) == ("", "")
