"""What the console imports before its first frame: nothing heavy that is not needed yet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CONNECTORS = sorted(folder.name for folder in (Path(__file__).parents[2] / "connectors").glob("omnitui_*"))
HEAVY = (
    *("sqlmodel", "sqlalchemy", "pydantic", "httpx", "keyring", "cryptography", "imapclient", "aiosmtplib"),
    "rapidfuzz",
    *("websockets", "slixmpp", "starlette", "uvicorn", "segno", "PIL"),
    *("email.message", "markdown_it", "pygments.lexers", "omnitui.sync.engine"),
    *CONNECTORS,
)


def test_console_imports_nothing_heavy() -> None:
    program = (
        "import sys, omnitui.ui.console, omnitui.ui.app, omnitui.services.session\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
