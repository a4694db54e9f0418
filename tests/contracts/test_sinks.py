"""Strangers' text has one way to the screen: lines that pass `safe`. No other sink of Textual's is used."""

from __future__ import annotations

import ast
from pathlib import Path

UI = Path(__file__).parents[2] / "omnitui" / "ui"
FIELDS = {"Input", "TextArea"}
"""Widgets of Textual's that we use; what is put into them passes `safe` (panes/fields.py, composer, forms)."""
SINKS = {"notify", "from_markup", "markup", "bell_text"}
MAKE_SAFE = {"safe", "plain", "editable"}
TITLES = {"border_title", "border_subtitle", "tooltip", "sub_title"}


def trees() -> list[tuple[str, ast.AST]]:
    return [(path.relative_to(UI).as_posix(), ast.parse(path.read_text("utf-8"))) for path in sorted(UI.rglob("*.py"))]


def test_only_text_fields_of_textual_are_used() -> None:
    found = [
        f"{name}: {alias.name}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "textual.widgets"
        for alias in node.names
        if alias.name not in FIELDS
    ]
    assert found == []


def test_no_sink_that_runs_markup_is_called() -> None:
    found = [
        f"{name}:{node.lineno}: {node.func.attr}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SINKS
    ]
    assert found == []


def test_no_title_or_tooltip_is_set() -> None:
    found = [
        f"{name}:{target.lineno}: {target.attr}"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and target.attr in TITLES
    ]
    assert found == []


def test_text_given_to_a_field_passes_safe() -> None:
    """`Field(value)`, `Sheet(text)` and `.load_text(…)` take a literal, or what one of `MAKE_SAFE` returned."""
    found: list[str] = []
    for name, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("Field", "Sheet", "load_text") and not all(map(_harmless, node.args[:1])):
                found.append(f"{name}:{node.lineno}")
    assert found == []


def _harmless(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKE_SAFE
