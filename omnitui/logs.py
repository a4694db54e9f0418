"""The log: a rotating file in the state folder. It carries no bodies and no secrets."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from types import TracebackType
from typing import Final

from omnitui.clock import rfc3339
from omnitui.errors import masked

MAX_BYTES: Final = 1_000_000
BACKUPS: Final = 3
_ROOT: Final = "omnitui"
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def logger(name: str) -> logging.Logger:
    """The logger for a part of omnitui; silent until a face has opened the log."""
    found = logging.getLogger(f"{_ROOT}.{name}" if not name.startswith(_ROOT) else name)
    logging.getLogger(_ROOT).propagate = False
    if not logging.getLogger(_ROOT).handlers:
        logging.getLogger(_ROOT).addHandler(logging.NullHandler())
    return found


def open_log(path: Path, level: str = "info") -> None:
    """Send what omnitui logs to `path`, rotated at 1 MB, three old files kept, mode 0600; nowhere if it cannot be."""
    from logging.handlers import RotatingFileHandler

    root = logging.getLogger(_ROOT)
    close_log()
    root.propagate = False
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:  # a disk that is full or cannot be written; the cache can still be read
        root.addHandler(logging.NullHandler())
        return
    handler = RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True)
    handler.setFormatter(Plain())
    root.addHandler(handler)
    root.setLevel(level.upper())


def set_level(level: str) -> None:
    """Write what is at least so grave from now on."""
    logging.getLogger(_ROOT).setLevel(level.upper())


def close_log() -> None:
    """Let go of the log file."""
    root = logging.getLogger(_ROOT)
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()


class Plain(logging.Formatter):
    """One line a record, in UTC, without control characters; of exceptions only their kinds and places.

    An exception's own words may quote a customer, so they stay out.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        # A copy of the exception's text on the record would be used instead of ours.
        record.exc_text = None
        line = super().format(record)
        return _CONTROLS.sub(" ", masked(line, sentences=False))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return rfc3339(int(record.created * 1000))

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        error = ei[1]
        return " <- ".join(places(error)) if error is not None else ""


def places(error: BaseException) -> list[str]:
    """An exception and its causes without their words: kind, then file, line and function of each frame."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(_kind(current))
        trace = current.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            lines.append(f"  {_short(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        if isinstance(current, BaseExceptionGroup):
            for member in current.exceptions[:5]:
                lines += ["  | " + line for line in places(member)]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return lines


def _kind(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    number = getattr(error, "errno", None) or getattr(error, "sqlite_errorname", None)
    return f"{kind} [{number}]" if isinstance(number, int | str) else kind


def _short(filename: str) -> str:
    parts = Path(filename).parts
    for root in ("site-packages", "connectors", "omnitui"):
        if root in parts:
            rest = parts[len(parts) - 1 - parts[::-1].index(root) :]
            return "/".join(rest[1:] if root != "omnitui" else rest)
    return "/".join(parts[-2:])
