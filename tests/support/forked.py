"""Work in a process that is killed on its way; forked, so that a run costs no start of Python."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from omnitui.store import failpoints


def cut(
    work: Callable[[], object],
    errors: Path,
    *,
    failpoint: str = "",
    seconds: float | None = None,
    born: Callable[[int], object] = lambda _pid: None,
) -> bool:
    """Do some work in a process that ends at a failpoint or is killed after a time; whether it was.

    Args:
        work: What is done; nothing it makes comes back but files.
        errors: Where what it says of its faults goes.
        failpoint: Where it ends, see `failpoints`; empty: nowhere.
        seconds: When it is killed from outside; None: never.
        born: Told its id as soon as it runs.

    Raises:
        AssertionError: It failed by itself.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with errors.open("a") as file:
                os.dup2(file.fileno(), 2)
            sys.stderr = sys.__stderr__
            failpoints.arm(failpoint)
            work()
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    born(child)
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == failpoints.EXIT_CODE
    if not killed:
        assert status == 0, errors.read_text()
    return killed
