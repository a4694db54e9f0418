"""Who has the cache open: each process shares a lock beside it, and whoever puts another file in its place is alone.

A connection that was open on the old file would go on writing to what nobody reads any more.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from omnitui.errors import Refused
from omnitui.i18n import _

NAME: Final = "cache.lock"
JOURNAL: Final = "cache.swap.json"
"""Lies beside the cache while another file takes its place (`omnitui.store.recovery.swapping`)."""
NOTE: Final = "cache.damaged.json"
"""Lies beside the cache while it is known to be damaged (`omnitui.store.recovery.integrity`)."""
WAIT_SECONDS: Final = 120.0
"""How long opening waits for somebody who restores the cache."""
_LOOK_SECONDS: Final = 0.05


def enter(cache: Path) -> int | None:
    """Like `share` for the cache's file, which stands in its place when this returns; its folder is made."""
    cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        descriptor = share(cache.parent)
        if not os.path.exists(cache.with_name(JOURNAL)):
            return descriptor
        if descriptor is not None:
            os.close(descriptor)
        from omnitui.store.recovery import swapping

        with alone(cache.parent, wait=WAIT_SECONDS):
            swapping.finish(cache)


def share(data: Path) -> int | None:
    """Say that this process uses the cache, until the descriptor is closed; None in a folder that cannot be written.

    Raises:
        Refused: Somebody has been putting another cache in its place for very long.
    """
    descriptor = _opened(data)
    if descriptor is not None and not _locked(descriptor, fcntl.LOCK_SH, WAIT_SECONDS):
        os.close(descriptor)
        raise Refused(_("another omnitui restores the cache"), hint=_("wait until it is done"))
    return descriptor


@contextmanager
def alone(data: Path, *, wait: float = 0) -> Iterator[None]:
    """Be the only one who uses the cache within the body.

    Args:
        data: The profile's data folder.
        wait: Seconds to wait for others to end.

    Raises:
        Refused: Another process uses it.
    """
    descriptor = _opened(data)
    try:
        if descriptor is not None and not _locked(descriptor, fcntl.LOCK_EX, wait):
            raise Refused(
                _("another omnitui has the cache of this profile open"), hint=_("leave it (ctrl+q), then try again")
            )
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _opened(data: Path) -> int | None:
    try:
        # Not inherited by children, which would seem to use the cache as long as they live.
        return os.open(data / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None


def _locked(descriptor: int, kind: int, wait: float) -> bool:
    until = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_SECONDS)
        except OSError:
            return True  # a file system without locks: nothing better can be known
        else:
            return True
