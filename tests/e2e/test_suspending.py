"""ctrl+z in a real terminal goes to the shell behind the console, and its fg comes back to what was being written."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

START = 60.0


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash: apt-get install --no-install-recommends bash")
def test_console_stops_for_the_shell_and_comes_back_with_what_was_being_written(tmp_path: Path) -> None:
    env = {"OMNITUI_HOME": str(tmp_path), "PS1": "the-shell> ", "HISTFILE": ""}
    with Terminal(["bash", "--norc", "--noprofile", "-i"], columns=100, lines=30, env=env) as terminal:
        terminal.wait_for("the-shell>")
        terminal.type(f"{sys.executable} -m omnitui demo --speed 0\r")
        terminal.wait_for("in step", timeout=START)
        terminal.send("r")
        terminal.wait_for("REPLY")
        terminal.type("Half a sentence")
        terminal.wait_for("Half a sentence")
        terminal.send("ctrl+z")
        terminal.wait_for("Stopped", timeout=START)
        terminal.type("fg\r")
        terminal.wait_for("Stopped", gone=True, timeout=START)
        terminal.type(", and its end")
        terminal.wait_for("Half a sentence, and its end")
        terminal.send("ctrl+q")
        terminal.wait_for("the-shell>", timeout=START)
        terminal.type("exit\r")
        terminal.wait_end()
