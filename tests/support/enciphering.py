"""Tests of encryption at rest skip where SQLCipher is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.paths import Profile
from omnitui.services.secrecy.passphrase import COMMAND, DESCRIPTOR, VARIABLE
from omnitui.store.secrecy import cipher

needs_sqlcipher = pytest.mark.skipif(
    not cipher.available(), reason="SQLCipher is not installed: pip install 'omnitui[encrypted]'"
)


def an_open_vault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    """A profile below a folder whose keys go into a vault that is open; its temporary files are below it too."""
    for name in (DESCRIPTOR, COMMAND):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(VARIABLE, "correct horse")
    monkeypatch.setattr("omnitui.services.secrecy.vault._N", 16)
    (folder / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "temporary"))
    return Profile("desk", folder / "config", folder / "data", folder / "state")
