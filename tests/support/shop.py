"""A program that is a channel, run by tests: its folder is its world. It needs nothing but Python.

`said.jsonl` holds what it hands out, `sent.jsonl` what it was given to send, `trouble` what shall go wrong.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path
from typing import Any

SAID, SENT, TROUBLE = "said.jsonl", "sent.jsonl", "trouble"
LIMIT = 500


def say(**line: Any) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


def trouble(folder: Path) -> list[str]:
    file = folder / TROUBLE
    return file.read_text("utf-8").split() if file.exists() else []


def greet(folder: Path) -> None:
    if trouble(folder) == ["signed-out"]:
        say(type="refused", reason="the shop does not know this token")
        return
    abilities = {"idempotency": "A", "text_limit": LIMIT, "attachments": True, "can_start": True, "verbs": ["edit"]}
    say(type="ready", v=1, name="Shop", channel="shop", inbox="counter", **abilities)


def send(folder: Path, asked: dict[str, Any]) -> None:
    key, wrong = asked["key"], trouble(folder)
    if wrong and wrong[0].startswith("cut"):
        (folder / TROUBLE).unlink()
    if wrong[:1] == ["limit"]:
        say(type="wait", key=key, seconds=int(wrong[1]) / 1000)
    elif wrong == ["signed-out"]:
        say(type="refused", key=key)
    elif wrong == ["cut-before-send"]:
        sys.exit("the line broke")
    else:
        with (folder / SENT).open("a+", encoding="utf-8") as sent:
            sent.seek(0)
            if key not in [json.loads(line)["key"] for line in sent]:
                sent.write(json.dumps(asked, ensure_ascii=False) + "\n")
        if wrong == ["cut-after-send"]:
            sys.exit("the line broke")
        say(type="accepted", key=key, id=f"m-{key}")


def main(folder: Path) -> None:
    heard, at = b"", -1
    while True:
        if select.select([0], [], [], 0.02)[0]:
            data = os.read(0, 1 << 16)
            if not data:
                return
            heard += data
        *lines, heard = heard.split(b"\n")
        for line in lines:
            asked = json.loads(line)
            match asked["type"]:
                case "hello":
                    greet(folder)
                case "listen":
                    at = news(folder, int(asked["cursor"] or 0))
                    say(type="caught_up")
                case "reply" | "new" | "edit":
                    send(folder, asked)
        if at >= 0:
            at = news(folder, at)


def said(folder: Path) -> list[str]:
    file = folder / SAID
    return file.read_text("utf-8").splitlines() if file.exists() else []


def news(folder: Path, at: int) -> int:
    """Hand out what stands after `at`; where to go on."""
    for line in said(folder)[at:]:
        at += 1
        print(line[:-1] + f', "cursor": {at}}}', flush=True)
    return at


if __name__ == "__main__":
    main(Path(sys.argv[1]))
