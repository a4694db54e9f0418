"""Which way a copied text goes, and what a terminal is sent."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from omnitui.errors import OmniError
from omnitui.ui.last_hop.guard import guarded
from omnitui.ui.outside.clipboard import MOST, Way, handed, sequence, ways


def tools(folder: Path, *names: str) -> str:
    for name in names:
        (folder / name).write_text('#!/bin/sh\nexec cat > "$0.taken"\n')
        (folder / name).chmod(0o755)
    return str(folder)


def test_local_tool_comes_first_where_there_is_a_display(tmp_path: Path) -> None:
    path = tools(tmp_path, "wl-copy", "xclip")
    assert [way.argv[:1] for way in ways({"PATH": path, "WAYLAND_DISPLAY": "w", "DISPLAY": ":0", "TERM": "foot"})] == [
        ("wl-copy",),
        ("xclip",),
        (),
    ]
    assert ways({"PATH": path, "TERM": "foot"})[0].argv == ()


def test_over_ssh_the_terminal_takes_it_and_no_tool_of_the_far_machine(tmp_path: Path) -> None:
    env = {"PATH": tools(tmp_path, "xclip"), "DISPLAY": ":10", "SSH_CONNECTION": "a b c d", "TERM": "xterm"}
    assert [way.argv for way in ways(env)] == [()]


def test_tmux_is_asked_before_it_is_passed_through(tmp_path: Path) -> None:
    env = {"PATH": tools(tmp_path, "tmux"), "SSH_TTY": "/dev/pts/1", "TMUX": "/tmp/x,1,0", "TERM": "tmux-256color"}
    assert [way.argv[:1] for way in ways(env)] == [("tmux",), ()]
    assert ways(env)[1].wrap == "tmux"
    assert ways({"TERM": "screen", "STY": "1.x", "SSH_TTY": "t"})[0].wrap == "screen"


@pytest.mark.parametrize("term", ["linux", "vt220", "dumb", ""])
def test_terminal_without_clipboard_has_no_way(term: str) -> None:
    assert ways({"TERM": term, "SSH_TTY": "t", "PATH": "/nonexistent"}) == []


def test_tool_takes_the_text_or_says_that_it_did_not(tmp_path: Path) -> None:
    tools(tmp_path, "wl-copy")
    assert handed(Way("x", (str(tmp_path / "wl-copy"),)), "日本")
    assert (tmp_path / "wl-copy.taken").read_text("utf-8") == "日本"
    assert not handed(Way("x", ("/bin/false",)), "a")
    assert not handed(Way("x", (str(tmp_path / "absent"),)), "a")


@pytest.mark.parametrize("wrap", ["", "tmux", "screen"])
@pytest.mark.parametrize("size", [1, 400, 5_000])
def test_sequence_passes_the_guard_whole_and_carries_the_text(wrap: str, size: int) -> None:
    text = "ü" * size
    data = sequence(Way("x", wrap=wrap), text)
    assert guarded(data) == data
    inner = data
    if wrap == "screen":
        pieces = re.findall(r"\x1bP(.*?)\x1b\\", data, re.DOTALL)
        assert all(len(piece) < 768 for piece in pieces)
        inner = "".join(pieces)
    found = re.search(r"\]52;c;([A-Za-z0-9+/=]*)\x07", inner)
    assert found is not None
    assert base64.b64decode(found[1]).decode() == text


def test_text_that_terminals_do_not_take_is_refused() -> None:
    with pytest.raises(OmniError, match="too long"):
        sequence(Way("x"), "a" * (MOST + 1))
