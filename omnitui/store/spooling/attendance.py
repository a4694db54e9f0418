"""Whether a gateway takes deliveries into a spool: it shares a lock beside the file for as long as it lives."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

NAME: Final = "gateway.lock"


@contextmanager
def attend(spool: Path) -> Iterator[None]:
    """Say that this process takes deliveries in, within the body or until it is killed."""
    with ExitStack() as held:
        # A file system that takes no file or knows no locks tells nobody anything.
        with suppress(OSError):
            # Not inherited by children, which would seem to be a gateway.
            descriptor = os.open(spool.with_name(NAME), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            held.callback(os.close, descriptor)
            # Who looks holds it for a moment.
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield


def attended(spool: Path) -> bool:
    """Whether somebody takes deliveries in; so where it cannot be known."""
    try:
        descriptor = os.open(spool.with_name(NAME), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
