"""Measuring, and the table of what was measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value with its goal."""

    what: str
    value: float
    goal: float
    unit: str
    """× for a ratio to a floor."""
    most: bool
    """Whether the goal is the most it may be; otherwise the least."""
    remark: str

    @property
    def reached(self) -> bool:
        return self.value <= self.goal if self.most else self.value >= self.goal


@dataclass(slots=True)
class Figures:
    """All figures of a run, in the order of measuring."""

    rows: list[Figure] = field(default_factory=list)

    def put(
        self, what: str, value: float, goal: float, unit: str = "×", *, most: bool = True, remark: str = ""
    ) -> None:
        """Add a figure; `most` says that the goal is an upper bound."""
        self.rows.append(Figure(what, value, goal, unit, most, remark))

    def lines(self) -> list[str]:
        """The table, one line a figure."""
        wide = max(len(row.what) for row in self.rows)
        return [
            f"{row.what:<{wide}}  {shown_number(row.value, row.unit):>10}  goal {'≤' if row.most else '≥'}"
            f" {shown_number(row.goal, row.unit):>8}  {'reached' if row.reached else 'MISSED '}  {row.remark}"
            for row in self.rows
        ]


def times(work: Callable[[], object], rounds: int, clock: Callable[[], float] = time.process_time) -> list[float]:
    """Seconds of each of `rounds` runs, of CPU unless another clock is given: neighbours do not count."""
    found: list[float] = []
    for _ in range(rounds):
        begun = clock()
        work()
        found.append(clock() - begun)
    return found


def median(values: Sequence[float]) -> float:
    return percentile(values, 50)


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` per cent of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part / 100))]


def shown_number(value: float, unit: str) -> str:
    """A figure with its unit."""
    shown = f"{value:.4f}" if unit == "" else f"{value:.2f}"
    return f"{shown} {unit}".strip()
