"""Makes the generated pages: `python -m docs.generate` writes them, `--check` says which are out of step (exit 1)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from docs.channels import page as channels_page
from docs.channels import readme
from docs.manual import page as manual_page
from docs.trust import page as trust_page
from omnitui.config.page import page as config_page
from omnitui.services.actions.page import keys_markdown

DOCS = Path(__file__).parent
PAGES: dict[str, Callable[[], str]] = {
    "../README.md": readme,
    "channels.md": channels_page,
    "config.md": config_page,
    "keys.md": keys_markdown,
    "omnitui.1": manual_page,
    "trust.md": trust_page,
}


def stale() -> list[str]:
    """Names of pages whose file differs from what would be made now."""
    return [
        name for name, make in PAGES.items() if not (DOCS / name).exists() or (DOCS / name).read_text("utf-8") != make()
    ]


def main() -> int:
    """Write or check the pages; returns the exit code."""
    names = stale()
    if "--check" in sys.argv[1:]:
        for name in names:
            print(f"docs/{name} is out of step: run `make docs`", file=sys.stderr)
        return 1 if names else 0
    for name in names:
        (DOCS / name).write_text(PAGES[name](), "utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
