"""The world's memory on disk: its seed and start, and what the agent did, each line durable before it is answered."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from omnitui.sdk import Millis
from omnitui_demo.world import Beat, Sent, beats


class World:
    """The embedded back end. One process holds it at a time, as only one holds the sync lease.

    Args:
        folder: Where the world lives.
        seed: Chooses what happens; fixed at the world's first day.
        now: The world's first day, if it has none yet.
    """

    def __init__(self, folder: Path, seed: int, now: Millis) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "sent.jsonl"
        birth = folder / "world.json"
        if not birth.exists():
            draft = birth.with_suffix(".new")
            draft.write_text(json.dumps({"seed": seed, "start": now}), "utf-8")
            draft.replace(birth)
        facts = json.loads(birth.read_text("utf-8"))
        self.seed: int = facts["seed"]
        self.start: Millis = facts["start"]
        self._sent = self._read()
        self._beats: list[Beat] | None = None

    def _read(self) -> list[Sent]:
        if not self._log.exists():
            return []
        lines = self._log.read_bytes().split(b"\n")
        # What stands after the last newline was cut by a crash and never answered.
        return [Sent(**json.loads(line)) for line in lines[:-1] if line]

    def send(self, act: Sent) -> None:
        """Take an act; the same key again changes nothing."""
        if self.knows(act.key):
            return
        whole = self._log.read_bytes() if self._log.exists() else b""
        with self._log.open("r+b" if whole else "wb") as log:
            log.truncate(whole.rfind(b"\n") + 1)
            log.seek(0, os.SEEK_END)
            log.write(json.dumps(asdict(act), ensure_ascii=False).encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())
        self._sent.append(act)
        self._beats = None

    def knows(self, key: str) -> bool:
        """Whether this act arrived."""
        return any(act.key == key for act in self._sent)

    def beats(self) -> list[Beat]:
        """All beats, past and to come, in order."""
        if self._beats is None:
            self._beats = beats(self.seed, self.start, self._sent)
        return self._beats
