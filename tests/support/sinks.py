"""The lint for widget sinks: nothing but literals and what `safe` returned goes into what draws. `make lint` runs it.

Everything is drawn from `Lines` and `RowStrips`, whose text passes `safe`; besides there are Textual's two text fields.
This refuses other widgets of Textual's, whatever reads markup, titles and tooltips, and any text given to a segment or
a field of which the function itself does not show that it is a literal or was made safe.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

UI = Path(__file__).parents[2] / "omnitui/ui"
FIELDS = {"Input", "TextArea"}
"""Widgets of Textual's that we use; what is put into them passes `editable`."""
MARKUP = {"notify", "from_markup", "from_text", "markup", "bell_text", "render_markup", "append_text", "assemble"}
TITLES = {"border_title", "border_subtitle", "tooltip", "sub_title", "title", "placeholder", "suggester"}
MODULES = {
    *("textual.content", "textual.markup", "textual.visual", "rich.markup", "rich.text", "rich.panel", "rich.table"),
    *("rich.console", "rich.markdown", "rich.syntax", "rich.traceback", "rich.pretty", "webbrowser"),
}
SAFE = {
    "safe",
    "plain",
    "editable",
    "drawable",
    "drawable_lines",
    "strip_controls",
    "cleaned",
    "plain_signs",
    "covered",
}
DRAWERS = {"Segment", "Text", "Content", "Static", "Label", "Option", "RichLog", "Markdown"}
INPUTS = {"Field", "Sheet", "FilterField", "Input", "TextArea"}
EXEMPT: Mapping[tuple[str, str], str] = {
    ("last_hop/app.py", "rich.text"): "what is printed after a crash, through drawable_lines",
    ("last_hop/app.py", "rich.console"): "a type",
    ("panes/fields.py", "rich.text"): "a type: Textual's own line, underlined",
    ("widgets/row_strips.py", "Segment"): "runs of text/rows, which pass `safe` there; tests/hostile draws them",
    ("last_hop/app.py", "Segment"): "through drawable, segment by segment",
}
"""What is allowed in one file, and why."""


def offences(name: str, source: str) -> list[str]:
    """What a file of the terminal face does that it may not: "file:line: what"."""
    tree = ast.parse(source)
    return [f"{name}:{line}: {what}" for line, kind, what in sorted(_found(tree)) if (name, kind) not in EXEMPT]


def everywhere() -> list[str]:
    """The offences of the whole face."""
    found: list[str] = []
    for path in sorted(UI.rglob("*.py")):
        found += offences(path.relative_to(UI).as_posix(), path.read_text("utf-8"))
    return found


def _found(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if node.module in MODULES:
                yield node.lineno, node.module, f"imports from {node.module}"
            for alias in node.names:
                if node.module and node.module.startswith("textual.widgets") and alias.name not in FIELDS:
                    yield node.lineno, alias.name, f"uses Textual's {alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name in MODULES:
                    yield node.lineno, alias.name, f"imports {alias.name}"
    for scope in (tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))):
        yield from _in_scope(scope)


def _in_scope(scope: ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[int, str, str]]:
    own = list(_own(scope))
    given: dict[str, list[ast.expr | None]] = {}
    for node in own:
        for name, value in _assigned(node):
            given.setdefault(name, []).append(value)

    def harmless(node: ast.expr | None, depth: int = 0) -> bool:
        if node is None or depth > 8:
            return False
        if isinstance(node, ast.Constant):
            return True
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            return called in SAFE or (called in ("_", "N_", "ngettext") and isinstance(node.func, ast.Name))
        if isinstance(node, ast.BinOp):
            number = isinstance(node.op, ast.Mult)
            return harmless(node.left, depth + 1) and (number or harmless(node.right, depth + 1))
        if isinstance(node, ast.IfExp):
            return harmless(node.body, depth + 1) and harmless(node.orelse, depth + 1)
        if isinstance(node, ast.Name):
            values = given.get(node.id)
            return bool(values) and all(harmless(value, depth + 1) for value in values or ())
        return False

    for node in own:
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            attribute = isinstance(node.func, ast.Attribute)
            if called in MARKUP and attribute:
                yield node.lineno, called, f"calls .{called}()"
            elif (
                called in DRAWERS or called in INPUTS or called == "load_text" or (called == "replace" and _sheet(node))
            ):
                texts = node.args[:1] + [word.value for word in node.keywords if word.arg in ("value", "text")]
                if not all(map(harmless, texts)):
                    yield node.lineno, called, f"gives {called} a text that is neither literal nor made safe"
            for word in node.keywords:
                if word.arg in TITLES and called in INPUTS | DRAWERS and not harmless(word.value):
                    yield node.lineno, word.arg, f"sets {word.arg}"
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Attribute) and target.attr in TITLES and not harmless(node.value):
                    yield node.lineno, target.attr, f"sets .{target.attr}"
                field = isinstance(target, ast.Attribute) and target.attr == "value" and "field" in ast.unparse(target)
                if field and not harmless(node.value):
                    yield node.lineno, "value", "puts a text into a field that is neither literal nor made safe"


def _sheet(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and "sheet" in ast.unparse(node.func.value)


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of functions in it."""
    for child in ast.iter_child_nodes(scope):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        yield child
        yield from _own(child)


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    yield name.id, node.value if isinstance(target, ast.Name) else None
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id, node.value
    elif isinstance(node, ast.For | ast.comprehension):
        for name in ast.walk(node.target):
            if isinstance(name, ast.Name):
                yield name.id, None


def main() -> int:
    """Say what is refused; 1 where anything is."""
    found = everywhere()
    for line in found:
        print(f"omnitui/ui/{line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
