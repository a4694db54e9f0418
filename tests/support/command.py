"""A profile with the command over it, run in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import DAY, FrozenClock, SystemClock
from omnitui.main import main
from omnitui.paths import Profile, profile
from omnitui.store.cache import Cache
from tests.support.desk import a_cache


@dataclass
class Ran:
    """What a run of the command left."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The objects of --jsonl."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> dict[str, Any]:
        """The object of --json."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class Desk:
    """A profile of its own with the command over it, in this process."""

    def __init__(self, home: Profile, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.profile = home
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self._cache: Cache | None = None

    @property
    def cache(self) -> Cache:
        """For builders and for a look at what a verb did; what they build came in a day ago."""
        if self._cache is None:
            self.profile.make()
            self._cache = a_cache(self.profile.data, FrozenClock(SystemClock().now() - DAY))
        return self._cache

    def run(self, *words: str, stdin: str | bytes | None = None) -> Ran:
        data = stdin.encode() if isinstance(stdin, str) else stdin or b""
        self._monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(data)))
        self._capsys.readouterr()
        code = main(list(words))
        captured = self._capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()


@contextmanager
def a_desk(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk below `home`, in Tokyo, closed at the end."""
    monkeypatch.setenv("OMNITUI_HOME", str(home))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("OMNITUI_PROFILE", raising=False)
    made = Desk(profile(), capsys, monkeypatch)
    try:
        yield made
    finally:
        made.close()
