"""What omnitui is made of: pinned, hashed, listed, and free to use for everyone."""

from __future__ import annotations

import json
import re
import tomllib
from email.message import Message
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs import sbom
from tests.support.promises import Promise

ROOT = Path(__file__).resolve().parents[2]
HASHED = re.compile(r"^(\S+)==([^\s;]+)(?: ;[^\\]*)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
FREE = re.compile(
    r"(The )?(MIT|BSD|[23]-Clause BSD|0BSD|Apache|PSF|Python Software Foundation|MPL|Mozilla Public|ISC)"
    r"([- ](0|1\.1|2\.0|2\.0\.0|[23]-Clause|Licen[cs]e|Software|Version|\(MPL 2\.0\)|\(ISCL\)))*"
)


def pinned() -> dict[str, str]:
    """Name → version, as constraints.txt has it."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()[1:]
    return {str(canonicalize_name(name)): version for name, _, version in (line.partition("==") for line in lines)}


def hashed() -> dict[str, tuple[str, int]]:
    """Name → version and number of hashes, as requirements-ci.txt has them."""
    found = HASHED.findall((ROOT / "requirements-ci.txt").read_text("utf-8"))
    return {str(canonicalize_name(name)): (version, hashes.count("sha256:")) for name, version, hashes in found}


def test_ci_installs_by_hashes_what_is_tried_together() -> None:
    text = (ROOT / "requirements-ci.txt").read_text("utf-8")
    found = hashed()
    assert len(found) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 60
    assert "://" not in text
    assert {name: pinned()[name] for name in found if name in pinned()} == {
        name: version for name, (version, _count) in found.items() if name in pinned()
    }
    # For processors of both kinds and every Python from 3.11 on, where a package is compiled.
    assert found["cryptography"][1] > 20
    assert found["pydantic-core"][1] > 40


def test_ci_installs_everything_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *extras["dev"], *extras["lint"]]
    found = hashed()
    assert [text for text in named if canonicalize_name(Requirement(text).name) not in found] == [], "run `make pins`"
    assert [
        text for text in named if found[canonicalize_name(Requirement(text).name)][0] not in Requirement(text).specifier
    ] == []


def is_free(licence: str) -> bool:
    """Whether one of the alternatives of a licence has only parts that ask nothing of who uses omnitui."""
    return any(
        all(FREE.fullmatch(part.strip(" ()")) or FREE.fullmatch(part.strip()) for part in one.split(" AND "))
        for one in licence.split(" OR ")
    )


@pytest.mark.parametrize(
    "licence",
    ["", "GPL-3.0-only", "MIT AND GPL-2.0", "GNU Lesser General Public License v3 (LGPLv3)", "Proprietary", "MITRE"],
)
def test_licence_that_asks_something_is_refused(licence: str) -> None:
    assert not is_free(licence)


def test_packages_of_the_core_are_free_to_use(promise: Promise) -> None:
    packages = sbom.core()
    assert {
        name: sbom.licence(one.found) for name, one in packages.items() if not is_free(sbom.licence(one.found))
    } == {}
    assert len(packages) > 30
    promise(
        "Everything that omnitui needs to run is under a MIT, BSD, Apache, PSF, MPL or ISC licence.",
        f"{len(packages)} packages, 0 others",
    )


def test_licence_is_read_where_a_package_states_it(tmp_path: Path) -> None:
    def stated(**fields: str) -> str:
        message = Message()
        for name, value in fields.items():
            message[name.replace("_", "-")] = value
        (tmp_path / "METADATA").write_text(message.as_string())
        return sbom.licence(PathDistribution(tmp_path))

    assert stated(License_Expression="MIT", Classifier="License :: OSI Approved :: BSD License") == "MIT"
    assert stated(License="UNKNOWN", Classifier="License :: OSI Approved :: BSD License") == "BSD License"
    assert stated(License="x" * 5_000) == ""


def test_bill_of_materials_lists_each_package_and_what_it_needs() -> None:
    bill = json.loads(json.dumps(sbom.bill()))
    refs = [component["bom-ref"] for component in bill["components"]]
    assert len(refs) == len(set(refs)) == len(sbom.core())
    needs = {entry["ref"]: entry["dependsOn"] for entry in bill["dependencies"]}
    assert set(needs) == {*refs, bill["metadata"]["component"]["bom-ref"]}
    assert {ref for wanted in needs.values() for ref in wanted} == set(refs)
    assert f"pkg:pypi/textual@{pinned()['textual']}" in needs[bill["metadata"]["component"]["bom-ref"]]
    assert sbom.bill() == sbom.bill()
