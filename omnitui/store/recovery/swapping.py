"""Another file in the cache's place, so that a process killed between any two steps leaves it whole.

What is to be done is written down first; who opens the cache next finishes it. The write-ahead log goes first: SQLite
would apply it to whatever file stands beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

from omnitui.store.failpoints import reach
from omnitui.store.recovery import integrity
from omnitui.store.recovery.snapshots import sync
from omnitui.store.sharing import JOURNAL


def swap(cache: Path, fresh: Path, aside: str) -> Path:
    """Put `fresh` in the place of `cache`, which is kept beside it.

    Args:
        cache: The cache's file; nobody has it open (`sharing.alone`). It need not exist.
        fresh: A whole file in the same folder, closed, without a log.
        aside: The name that the old one gets.

    Returns:
        Where the old one lies, if there was one.
    """
    sync(fresh)
    journal = cache.with_name(JOURNAL)
    part = journal.with_name(f"{JOURNAL}.part")
    part.write_text(json.dumps({"fresh": fresh.name, "aside": aside}), "utf-8")
    sync(part)
    part.replace(journal)
    sync(cache.parent)
    finish(cache)
    return cache.with_name(aside)


def finish(cache: Path) -> None:
    """Do what is left of a swap; nothing where there is none. The caller is alone."""
    journal = cache.with_name(JOURNAL)
    try:
        held = json.loads(journal.read_text("utf-8"))
    except FileNotFoundError:
        return
    fresh, aside = (cache.with_name(Path(str(held[name])).name) for name in ("fresh", "aside"))
    if fresh.exists():
        reach("swap.begun")
        _move(_beside(cache, "-wal"), _beside(aside, "-wal"))
        reach("swap.log")
        _beside(cache, "-shm").unlink(missing_ok=True)
        _move(cache, aside)
        sync(cache.parent)
        reach("swap.aside")
        fresh.replace(cache)
        sync(cache.parent)
    reach("swap.done")
    integrity.forget(cache.parent)
    journal.unlink()
    sync(cache.parent)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _move(source: Path, target: Path) -> None:
    if source.exists() and not target.exists():
        source.replace(target)
