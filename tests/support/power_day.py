"""Works for the power cuts: replies with files, notes, arrivals; each acknowledged by a line once its call returned.

python -m tests.support.power_day FOLDER COUNT
"""

from __future__ import annotations

import sys
from pathlib import Path

from omnitui.clock import FrozenClock
from omnitui.store.cache import Cache
from omnitui.store.writer import Tx


def blob_of(number: int) -> bytes:
    """What is kept as a file of that number; the first of a pair comes in, the second is sent by the agent."""
    return f"file {number // 2} ".encode() * (40 + 60 * (number % 6 // 2))


def run(folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    cache = Cache.open(folder / "data", state=folder / "state", clock=FrozenClock())
    with (folder / "acknowledged").open("a") as acknowledged:
        for number in range(count):
            durable = number % 2 == 1
            sha256 = cache.blobs.put(blob_of(number), durable=durable)

            def work(tx: Tx, number: int = number, sha256: str = sha256) -> None:
                filler = sha256 * (1 + number * 37 % 90)
                tx.db.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (f"{number}", filler))

            cache.write(work, durable=durable)
            if durable:
                acknowledged.write(f"{number} {sha256}\n")
                acknowledged.flush()
            if number % 60 == 59:
                # As the writer does when it is idle.
                from omnitui.store import connection, writer

                db = connection.writer(cache.path)
                writer._checkpoint(db)
                db.close()
    cache.close()


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
