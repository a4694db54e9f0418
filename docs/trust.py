"""The table of promises, docs/trust.md, from what tests have recorded.

    python -m docs.trust    take the record of the last runs (build/promises.json) over into docs/trust.json

A test says with the fixture `promise` what it has shown (tests/support/promises.py). `make torture` does all of this.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
KEPT: Final = Path(__file__).with_name("trust.json")
RECORD: Final = ROOT / "build" / "promises.json"

_HEAD: Final = """\
# What omnitui promises, and what its tests found

<!-- Generated from docs/trust.json, the record of test runs, by `make docs`; do not edit. -->

Each line is a promise, what the test that attacks it found when it ran last, and that test. The figures are the tests'
own words, taken over by a program. `make torture` runs the long forms, in about an hour on two cores with nothing else;
a short form of each runs with every `make test`. [SECURITY.md](../SECURITY.md) says how to report a promise that
you saw broken.
"""

_SECTIONS: Final = (
    ("Strangers' text, files and links", ("fuzz/", "unit/text/", "unit/services/test_fetching")),
    ("The terminal is yours", ("hostile/", "ui/", "unit/ui/", "e2e/test_hostile", "e2e/test_linear", "e2e/test_far")),
    ("Secrets and privacy", ("privacy/", "unit/services/", "unit/config/", "unit/cli/")),
    ("What it is made of", ("contracts/",)),
    ("Nothing lost, nothing sent twice", ("",)),
)
"""Title → where its tests lie; the first that fits."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one run of a test found of a promise."""

    promise: str
    figure: str
    test: str
    """pytest's node id."""
    form: str
    """"short" or "long"."""
    date: str

    @property
    def function(self) -> str:
        """The node id without the parameters."""
        return self.test.partition("[")[0]


def figures(path: Path) -> list[Figure]:
    """The figures of a record; none where there is no file."""
    return [Figure(**entry) for entry in json.loads(path.read_text("utf-8"))] if path.exists() else []


def exists(figure: Figure) -> bool:
    """Whether the test is still there."""
    path, _, name = figure.function.partition("::")
    file = ROOT / path
    return file.is_file() and re.search(rf"def {re.escape(name)}\b", file.read_text("utf-8")) is not None


def merged(old: Iterable[Figure], new: Iterable[Figure]) -> list[Figure]:
    """The figures of tests that exist: new ones instead of old ones, and no short form where there is a long one."""
    found = [one for one in new if exists(one)]
    again = {(one.function, one.form) for one in found}
    found += [one for one in old if exists(one) and (one.function, one.form) not in again]
    long = {(one.promise, one.function) for one in found if one.form == "long"}
    kept = [one for one in found if one.form == "long" or (one.promise, one.function) not in long]
    return sorted(kept, key=lambda one: (one.test, one.promise))


def page() -> str:
    """docs/trust.md."""
    kept = figures(KEPT)
    parts = [_HEAD]
    titles = [title for title, _places in _SECTIONS]
    # Tests in several places may attack one promise: it stands where the first of them does.
    place = {one.promise: _title(one) for one in reversed(kept)}
    for title in (titles[-1], *titles[:-1]):
        own = [one for one in kept if place[one.promise] == title]
        if own:
            parts.append(f"\n## {title}\n\n| Promise | The test found | Test |\n|---|---|---|\n")
            parts += [_row(promise, own) for promise in dict.fromkeys(one.promise for one in own)]
    return "".join(parts)


def _title(figure: Figure) -> str:
    place = figure.test.removeprefix("tests/")
    return next(title for title, places in _SECTIONS if place.startswith(places))


def _row(promise: str, figures: list[Figure]) -> str:
    own = [one for one in figures if one.promise == promise]
    counted = Counter(_cell(f"{one.figure} ({one.form}, {one.date})") for one in own)
    found = "<br>".join(f"{count} times: {figure}" if count > 1 else figure for figure, count in counted.items())
    tests = "<br>".join(dict.fromkeys(f"`{one.function.removeprefix('tests/')}`" for one in own))
    return f"| {_cell(promise)} | {found} | {tests} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> int:
    """Take the record over; returns the exit code."""
    kept = merged(figures(KEPT), figures(RECORD))
    entries = [{name: getattr(one, name) for name in Figure.__slots__} for one in kept]
    KEPT.write_text(json.dumps(entries, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(f"{len({one.promise for one in kept})} promises in {KEPT.relative_to(ROOT)}; now `make docs`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
