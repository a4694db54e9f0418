"""Rules of the house that a machine can hold."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from docs.channels import checklists
from docs.generate import stale
from omnitui.services.channels.connectors import load

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("omnitui", "connectors", "tests", "docs")
    for path in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
MODULES = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ("omnitui", "connectors")]


def test_files_stay_below_500_lines() -> None:
    assert {str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text("utf-8").splitlines())) > 500} == {}


def test_the_median_module_stays_below_120_lines() -> None:
    lengths = sorted(n for p in MODULES if (n := len(p.read_text("utf-8").splitlines())) > 3)
    assert lengths[len(lengths) // 2] <= 120


def test_the_app_stays_below_250_lines() -> None:
    assert len((ROOT / "omnitui/ui/app.py").read_text("utf-8").splitlines()) <= 250


def test_no_module_is_named_for_nothing() -> None:
    names = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [str(p.relative_to(ROOT)) for p in SOURCES if p.stem in names] == []


def test_every_module_says_what_it_is() -> None:
    bare = [p for p in SOURCES if p.read_text("utf-8").strip() and not p.read_text("utf-8").lstrip().startswith('"""')]
    assert [str(p.relative_to(ROOT)) for p in bare] == []


def test_pending_is_no_status() -> None:
    pattern = re.compile(r"status\W{1,4}pending", re.IGNORECASE)
    assert [str(p.relative_to(ROOT)) for p in MODULES if pattern.search(p.read_text("utf-8"))] == []


def test_imports_keep_to_the_layers() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_generated_pages_are_in_step() -> None:
    assert stale() == [], "run `make docs`"


@pytest.mark.parametrize(
    ("path", "quality"), list(checklists()), ids=lambda given: given.get("kind") if isinstance(given, dict) else ""
)
def test_quality_names_things_that_exist(path: Path, quality: Mapping[str, Any]) -> None:
    assert load(quality["kind"]).__module__.startswith(path.parent.name)
    assert quality["idempotency"] in ("A", "B", "C")
    assert isinstance(quality["experimental"], bool)
    assert set(quality["inbound"]) <= {"stream", "longpoll", "poll", "webhook"}
    for name in ("conformance", "docs"):
        assert (ROOT / quality[name]).is_file(), f"{name}: {quality[name]} does not exist"


def test_every_connector_has_its_checklist() -> None:
    folders = [p for p in (ROOT / "connectors").iterdir() if p.is_dir() and p.name.startswith("omnitui_")]
    assert [p.name for p in folders if not (p / "quality.toml").is_file()] == []


def test_types_and_contracts_are_held_for_every_connector() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    folders = {path.name for path in (ROOT / "connectors").glob("omnitui_*")}
    contracts = {contract["id"]: contract for contract in tools["importlinter"]["contracts"]}
    assert folders <= set(tools["mypy"]["packages"])
    assert folders <= set(tools["importlinter"]["root_packages"])
    assert folders == set(contracts["connectors"]["source_modules"])
    assert folders == set(contracts["strangers"]["modules"]) - {"omnitui"}


def test_constraints_name_no_addresses() -> None:
    text = (ROOT / "constraints.txt").read_text("utf-8")
    assert "://" not in text
    assert "@ " not in text
