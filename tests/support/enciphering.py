"""Tests of encryption at rest skip where SQLCipher is not installed."""

from __future__ import annotations

import pytest

from omnitui.store import cipher

needs_sqlcipher = pytest.mark.skipif(
    not cipher.available(), reason="SQLCipher is not installed: pip install 'omnitui[encrypted]'"
)
