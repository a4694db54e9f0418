"""The example of docs/command-channel.md works as it stands there, by the shell's verbs."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "command-channel.md"


def test_guest_book_of_the_docs_receives_and_answers(tmp_path: Path) -> None:
    if not shutil.which("jq"):
        pytest.skip("jq is not here: apt-get install jq")
    script = re.search(r"```sh\n(#!.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert script
    program, book = tmp_path / "guest book.sh", tmp_path / "book"
    program.write_text(script[1], "utf-8")
    program.chmod(0o755)
    (book / "in").mkdir(parents=True)
    env = {**os.environ, "OMNITUI_HOME": str(tmp_path / "home"), "LC_ALL": "C.UTF-8"}

    def omnitui(*words: str) -> str:
        argv = [sys.executable, "-m", "omnitui", *words]
        return subprocess.run(argv, capture_output=True, text=True, env=env, timeout=100, check=True).stdout

    omnitui("account", "add", "command", "--name", "Guest book", "--command", shlex.join([str(program), str(book)]))
    (book / "in" / "anna.1").write_text("返金はまだですか\n", "utf-8")
    omnitui("sync", "--once")
    seen = json.loads(omnitui("ls", "--jsonl"))
    assert (seen["contact"], seen["channel"]) == ("anna", "guestbook")
    assert (book / "read" / "anna.1").exists()

    omnitui("reply", seen["id"], "--text", "本日お送りしました。", "--hold", "0")
    omnitui("sync", "--once")
    assert (book / "out" / "anna").read_text("utf-8") == "本日お送りしました。\n"
    said = json.loads(omnitui("show", seen["id"], "--json"))["messages"]
    assert [(one["text"].strip(), one["state"]) for one in said][1:] == [("本日お送りしました。", "accepted")]
