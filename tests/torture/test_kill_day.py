"""A process is killed at every statement and call of a day, and at random: nothing lost, nothing twice, no lies."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from omnitui.sdk import Idempotency
from tests.support import kill_day
from tests.support.promises import Promise

LONG = [pytest.mark.torture, pytest.mark.timeout(7_200)]
SOME = {"statement": (3, 120, 431, 617, 809), "call": (2, 6)}
KILLED = "When omnitui is killed, nothing acknowledged is lost, sent twice, or called sent without being it."
MOST = 5_000
"""No day has as many steps."""


def lived_through(folder: Path, idempotency: Idempotency, *, failpoint: str = "", seconds: float | None = None) -> bool:
    """Live a day that is cut once, go on, and look at what became of it; whether it was cut."""
    folder.mkdir()
    killed = kill_day.rehearse(folder, idempotency, failpoint=failpoint, seconds=seconds)
    assert not kill_day.rehearse(folder, idempotency)
    kill_day.check(folder, idempotency)
    shutil.rmtree(folder)
    return killed


@pytest.mark.parametrize(("place", "number"), [(place, number) for place in SOME for number in SOME[place]])
def test_kill_at_a_step_of_a_day_loses_and_repeats_nothing(
    tmp_path: Path, place: str, number: int, promise: Promise
) -> None:
    kinds = tuple(Idempotency)
    assert lived_through(tmp_path / "desk", kinds[number % len(kinds)], failpoint=f"{place}:{number}")
    promise(KILLED, f"1 kill at a {place} of a day, 0 lost, 0 sent twice")


@pytest.mark.parametrize("idempotency", [pytest.param(one, marks=LONG) for one in Idempotency])
@pytest.mark.parametrize("place", SOME)
def test_kill_at_every_step_of_a_day_loses_and_repeats_nothing(
    tmp_path: Path, place: str, idempotency: Idempotency, promise: Promise
) -> None:
    number = 0
    for number in range(1, MOST):
        if not lived_through(tmp_path / "desk", idempotency, failpoint=f"{place}:{number}"):
            break
    assert number > 10
    promise(
        KILLED,
        f"{number - 1:,} kills, one at every {place} of a day, a back end of kind {idempotency.value}: "
        "0 lost, 0 sent twice",
    )


@pytest.mark.parametrize("kills", [2, pytest.param(1_000, marks=LONG)])
def test_kill_at_random_times_loses_and_repeats_nothing(tmp_path: Path, kills: int, promise: Promise) -> None:
    begun, killed = time.monotonic(), 0
    assert not lived_through(tmp_path / "desk", Idempotency.DEDUPLICATED)
    for number, moment in enumerate(kill_day.moments(7, time.monotonic() - begun)):
        killed += lived_through(tmp_path / "desk", tuple(Idempotency)[number % 3], seconds=moment)
        if killed == kills:
            break
    promise(KILLED, f"{killed:,} kills at random times of a day: 0 lost, 0 sent twice")
