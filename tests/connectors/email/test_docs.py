"""docs/email.md knows every setting, with its help, default and choices."""

from __future__ import annotations

from pathlib import Path

from omnitui_email.settings import MANIFEST

PAGE = Path(__file__).resolve().parents[3] / "docs" / "email.md"


def table() -> str:
    """The settings as the page shows them."""
    rows = ["| setting | | default |", "|---|---|---|"]
    for setting in MANIFEST.settings:
        choices = ", ".join(choice for choice in setting.choices if choice)
        text = f"{setting.help} ({choices})" if choices else setting.help
        default = "must be given" if setting.default is None else setting.default and f"`{setting.default}`"
        rows.append(f"| `{setting.name}` | {text} | {default} |")
    return "\n".join(rows)


def test_the_page_lists_every_setting_as_declared() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = page.partition("<!-- settings -->")[2].partition("<!-- /settings -->")[0].strip()
    assert shown == table(), f"the table in {PAGE.name} has to be:\n{table()}"
