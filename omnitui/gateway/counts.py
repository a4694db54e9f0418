"""What is counted, and how Prometheus reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from omnitui.values import dataclass

RECEIVED: Final = "received"
KEPT: Final = "kept"
DUPLICATE: Final = "duplicate"
ANSWERED: Final = "answered"
"""Asked nothing but an answer: a vendor's question whether we are here."""
BYTES: Final = "bytes"
REFUSED: Final = "refused: "
"""Before the reason."""
COUNTED: Final = {
    RECEIVED: "Calls.",
    KEPT: "Deliveries that were new and are on the disk.",
    DUPLICATE: "Deliveries that had come before.",
    ANSWERED: "Questions that were answered and not kept.",
    BYTES: "Bytes of what was genuine and to be kept.",
}
_PREFIX: Final = "omnitui_gateway_"
_REASONS: Final = 50
_LONGEST: Final = 80


class Counts:
    """By hook and by what, since the start, and since they were last taken over into the spool."""

    def __init__(self) -> None:
        self.total: Counter[tuple[str, str]] = Counter()
        self._new: Counter[tuple[str, str]] = Counter()
        self._reasons: dict[str, set[str]] = {}

    def add(self, hook: str, what: str, count: int = 1) -> None:
        self.total[hook, what] += count
        self._new[hook, what] += count

    def refuse(self, hook: str, why: str) -> None:
        """Count a refused call. Reasons beyond a few dozen become one: callers must not make the list grow."""
        known, why = self._reasons.setdefault(hook, set()), why[:_LONGEST]
        if len(known) < _REASONS:
            known.add(why)
        self.add(hook, REFUSED + (why if why in known else "other"))

    def take(self) -> Mapping[tuple[str, str], int]:
        """What has come since the last call."""
        taken, self._new = self._new, Counter()
        return taken


@dataclass(frozen=True, slots=True)
class Metric:
    """One family of figures."""

    name: str
    help: str
    kind: str
    """counter or gauge."""
    values: Sequence[tuple[Mapping[str, str], float]]
    """Labels and figure."""


def exposition(metrics: Iterable[Metric]) -> str:
    """The text format of Prometheus, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats)."""
    return "\n".join(_lines(metrics)) + "\n"


def _lines(metrics: Iterable[Metric]) -> Iterator[str]:
    for metric in metrics:
        yield f"# HELP {_PREFIX}{metric.name} {metric.help}"
        yield f"# TYPE {_PREFIX}{metric.name} {metric.kind}"
        for labels, value in metric.values:
            named = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{_PREFIX}{metric.name}{{{named}}} {value:.15g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
