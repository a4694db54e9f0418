"""Rows on the screen before Textual is imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Takeover:
    """What a first frame left on the terminal, for the app that takes over."""

    attributes: list[Any] | None
