"""A process that keeps deliveries and says which it would have answered; for tests that cut its power.

`python -m tests.support.spool_day FOLDER COUNT`
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from omnitui.clock import FrozenClock
from omnitui.store.spooling.spool import Spool, delivery_key

ANSWERED = "answered"
SPOOL = "spool.sqlite3"
EVERY = 15
"""Deliveries after which it is closed and opened anew."""


def body_of(number: int) -> bytes:
    return random.Random(number).randbytes(20 + number % 7 * 900)


def main(folder: Path, count: int) -> None:
    folder.mkdir()
    answered = os.open(folder / ANSWERED, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    chance, clock, number = random.Random(count), FrozenClock(), 0
    while number < count:
        clock.advance(1_000)
        spool = Spool(folder / SPOOL, clock)
        for _round in range(EVERY):
            together = range(number, min(count, number + chance.randint(1, 6)))
            number = together.stop
            bodies = [body_of(one) for one in together]
            kept = [spool.keep("shop", delivery_key((), body, ()), body) for body in bodies]
            for one, future in zip(together, kept, strict=True):
                future.result()
                os.write(answered, b"%d\n" % one)
        spool.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
