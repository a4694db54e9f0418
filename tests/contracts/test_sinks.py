"""Strangers' text has one way to the screen: lines that pass `safe`. The lint is seen to refuse every other."""

from __future__ import annotations

import pytest

from tests.support.promises import Promise
from tests.support.sinks import EXEMPT, UI, everywhere, main, offences

HEAD = "from rich.segment import Segment\nfrom omnitui.text.safe import safe\n"


def test_the_terminal_face_gives_no_text_to_a_widget_that_is_not_made_safe() -> None:
    assert everywhere() == []
    assert main() == 0


@pytest.mark.parametrize(
    "source",
    [
        "from textual.widgets import Static",
        "from textual.widgets import Label, Input",
        "from textual.widgets.option_list import Option",
        "from rich.text import Text",
        "from rich.markup import escape",
        "from textual.content import Content",
        "import webbrowser",
        "def f(app, message): app.notify(message.text)",
        "def f(app): app.notify('done')",
        "def f(Content, name): return Content.from_markup('[b]$name[/b]', name=name)",
        "def f(self, name): self.border_title = name",
        "def f(self, name): self.tooltip = f'{name}'",
        "def f(name): return Segment(name)",
        "def f(name): return Segment(f'x {name}')",
        "def f(name): return Segment('x' + name)",
        "def f(name): return Segment(name.upper())",
        "def f(name):\n    clean = safe(name)\n    clean = name\n    return Segment(clean)",
        "def f(names):\n    for name in names:\n        yield Segment(name)",
        "def f(name, short): return Segment(safe(name) if short else name)",
        "def f(text): return Field(text)",
        "def f(text): return Field(value=text)",
        "def f(text): return Field(placeholder=text)",
        "def f(self, text): self.field.value = text",
        "def f(sheet, text): sheet.load_text(text)",
        "def f(self, text): self.sheet.replace(text, (0, 0), (1, 1))",
        "class A:\n    def f(self, other):\n        def g(name):\n            return Segment(name)\n        return g",
    ],
)
def test_an_offence_is_refused(source: str, promise: Promise) -> None:
    assert offences("planted.py", HEAD + source) != []
    promise("No code that shows text which was not made safe passes the checks.", "1 way around it planted: refused")


@pytest.mark.parametrize(
    "source",
    [
        "def f(name): return Segment(safe(name))",
        "def f(name, n):\n    clean = safe(name)\n    return Segment(clean + ' ' * n)",
        "def f(n): return Segment(' ' * n)",
        "def f(self, text): self.field.value = editable(text)",
        "def f(self): self.sheet.load_text('')",
        "def f(text): return text.replace('a', 'b')",
    ],
)
def test_what_is_safe_passes(source: str) -> None:
    assert offences("planted.py", HEAD + source) == []


def test_exemptions_are_used() -> None:
    for name, _kind in EXEMPT:
        assert (UI / name).exists(), name
