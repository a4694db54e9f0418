"""The page of settings is made from the settings."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_type_hints

from omnitui.config.page import page
from omnitui.config.settings import Settings

DOCS = Path(__file__).parents[3] / "docs" / "config.md"


def names(kind: type, prefix: str = "") -> list[str]:
    found: list[str] = []
    for item in fields(kind):
        hint = get_type_hints(kind)[item.name]
        inner = isinstance(hint, type) and is_dataclass(hint)
        found += names(hint, f"{prefix}{item.name}.") if inner else [prefix + item.name]
    return found


def test_page_explains_every_setting() -> None:
    text = page()
    for name in names(Settings):
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}`"))
        assert len(row.split("|")[3].strip()) > 10


def test_page_in_docs_is_in_step_with_the_settings() -> None:
    assert DOCS.read_text(encoding="utf-8") == page(), "run `make docs`"
