"""What the wheel needs to run, with versions and licences, as CycloneDX 1.6: `python -m docs.sbom FOLDER` writes it.

Names and versions are those of this environment, for which `make checked` installs what CI tries. The same environment
gives the same bytes: there is no time in it.
"""

from __future__ import annotations

import json
import sys
import tomllib
import uuid
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from omnitui import __version__

_PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"
_WORDS: Final = 60
"""A licence field that is longer than this is a whole licence text."""


def own_needs() -> list[str]:
    """What omnitui itself requires, as pyproject.toml has it."""
    needs: list[str] = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["dependencies"]
    return needs


@dataclass
class Package:
    """One that omnitui needs, directly or not."""

    found: Distribution
    needs: set[str]
    """Normalised names of what it needs itself, with the extras that were asked of it."""


def _holding(requirements: list[str], extras: set[str]) -> list[Requirement]:
    """Those that hold on this machine."""
    parsed = [Requirement(text) for text in requirements]
    return [
        one for one in parsed if not one.marker or any(one.marker.evaluate({"extra": name}) for name in ("", *extras))
    ]


def _name(one: Requirement) -> str:
    return str(canonicalize_name(one.name))


def core() -> dict[str, Package]:
    """Every package that omnitui needs, by its normalised name.

    Raises:
        PackageNotFoundError: One is not installed here.
    """
    packages: dict[str, Package] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    wanted = _holding(own_needs(), set())
    while wanted:
        one = wanted.pop()
        key = (_name(one), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        package = packages.setdefault(_name(one), Package(distribution(one.name), set()))
        needs = _holding(package.found.requires or [], one.extras)
        package.needs.update(_name(need) for need in needs)
        wanted += needs
    return dict(sorted(packages.items()))


def licence(package: Distribution) -> str:
    """What a package says of its licence: the expression, else the field, else the classifiers; "" for nothing."""
    stated = [text for name in ("License-Expression", "License") for text in package.metadata.get_all(name) or []]
    if stated and stated[0] != "UNKNOWN" and len(stated[0]) <= _WORDS:
        return str(stated[0])
    kinds = [text for text in package.metadata.get_all("Classifier") or [] if text.startswith("License ::")]
    return " OR ".join(text.split(" :: ")[-1] for text in kinds)


def _component(name: str, version: str, licence: str, *, kind: str, spdx: bool) -> dict[str, object]:
    purl = f"pkg:pypi/{name}@{version}"
    stated = {"expression": licence} if spdx else {"license": {"name": licence}}
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": [stated]}


def bill() -> dict[str, object]:
    """The whole document."""
    packages = core()
    own = _component("omnitui", __version__, "Apache-2.0", kind="application", spdx=True)
    components = [
        _component(
            name,
            one.found.version,
            licence(one.found),
            kind="library",
            spdx="License-Expression" in one.found.metadata,
        )
        for name, one in packages.items()
    ]
    refs = {name: component["bom-ref"] for name, component in zip(packages, components, strict=True)}
    needs = {own["bom-ref"]: {_name(one) for one in _holding(own_needs(), set())}}
    needs |= {refs[name]: one.needs for name, one in packages.items()}
    body: dict[str, object] = {
        "metadata": {"lifecycles": [{"phase": "build"}], "component": own},
        "components": components,
        "dependencies": [
            {"ref": ref, "dependsOn": [refs[name] for name in sorted(names)]} for ref, names in needs.items()
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1}
    return {**head, **body}


def main() -> int:
    """Write it into the folder that is named; returns the exit code."""
    target = Path(sys.argv[1]) / f"omnitui-{__version__}.cdx.json"
    target.write_text(json.dumps(bill(), ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
