"""The world's network, which can be made to fail: to see how the desk behaves, and to test it.

Write one word into the file `trouble` in the world's folder; delete the file and all is well again:

    offline           nothing gets through
    signed-out        the login is refused
    limit 3000        too many requests; come back after so many milliseconds
    cut-before-send   the next send breaks before anything left (once)
    cut-after-send    the next send breaks after all of it left (once)
"""

from __future__ import annotations

from pathlib import Path

from omnitui.sdk import AuthFailed, Clock, Millis, NotReady, RateLimited


class Link:
    """The way to the embedded world."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / "trouble"
        self._clock = clock
        self._limited_until: Millis = 0

    def _trouble(self) -> tuple[str, str]:
        try:
            word, _, rest = self._file.read_text("utf-8").strip().partition(" ")
        except FileNotFoundError:
            return "", ""
        return word, rest

    def reach(self) -> None:
        """Get through to the world, or raise what stands in the way."""
        word, rest = self._trouble()
        match word:
            case "offline":
                raise NotReady("the embedded world is offline", hint=f"delete {self._file}")
            case "signed-out":
                raise AuthFailed("the embedded world refused the login", hint=f"delete {self._file}")
            case "limit":
                self._file.unlink(missing_ok=True)
                self._limited_until = self._clock.now() + int(rest)
        left = self._limited_until - self._clock.now()
        if left > 0:
            raise RateLimited("too many requests", after=left)

    def leave(self) -> None:
        """Begin to send."""
        if self._trouble()[0] == "cut-before-send":
            self._file.unlink()
            raise NotReady("the link broke before anything left")

    def answers(self) -> bool:
        """Whether the world's answer to a send comes back."""
        if self._trouble()[0] == "cut-after-send":
            self._file.unlink()
            return False
        return True
