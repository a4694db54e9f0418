"""The shim before libc, compiled for this machine."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.skips import skip_beyond

SOURCE = Path(__file__).with_name("shim.c")


@functools.cache
def shim() -> Path:
    """The compiled shim; skips the test where none can be made."""
    compiler = shutil.which("cc")
    if sys.platform != "linux":
        skip_beyond("the loader's LD_PRELOAD is Linux's")
    if compiler is None:
        pytest.skip("needs a C compiler: apt-get install --no-install-recommends gcc libc6-dev")
    made = Path(tempfile.mkdtemp(prefix="omnitui-shim-")) / "shim.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SOURCE), "-ldl", "-lpthread"],
        check=True,
        capture_output=True,
    )
    return made
