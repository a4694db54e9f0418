"""The wheel and the sources that are handed out: what they hold, and that the wheel starts in an empty environment."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.promises import Promise

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.xdist_group("wheel")


def built(target: Path, kind: str, source: Path = ROOT) -> Path:
    """The one file that hatchling makes of `source`, in `target`."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(build, cwd=source, check=True, capture_output=True)
    (made,) = target.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("wheel"), "wheel")


def test_wheel_holds_the_application_its_connectors_and_themes(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if not name.split("/")[0].endswith((".dist-info", ".data"))}
    assert tops == {"omnitui", *(folder.name for folder in (ROOT / "connectors").glob("omnitui_*"))}
    assert any(name.startswith("omnitui/themes/") and name.endswith(".toml") for name in names)
    assert "omnitui_demo/scenes.toml" in names
    assert any(name.startswith("omnitui/locale/ja/") and name.endswith(".mo") for name in names)
    assert any(name.endswith(".sql") for name in names)
    assert any(name.endswith(".data/data/share/man/man1/omnitui.1") for name in names)


def test_sources_in_another_folder_at_another_time_make_the_same_bytes(
    wheel: Path, tmp_path: Path, promise: Promise
) -> None:
    with tarfile.open(built(tmp_path / "sdist", "sdist")) as archive:
        archive.extractall(tmp_path / "sources")  # ours; Debian 12 has a tarfile without filters
    (sources,) = (tmp_path / "sources").iterdir()
    assert {"CONTRIBUTING.md", "SECURITY.md", "LICENSE", "Makefile", "docs", "tests"} <= {
        p.name for p in sources.iterdir()
    }
    for number, path in enumerate(sorted(sources.rglob("*"))):
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
        if path.is_file():
            path.chmod(0o600 | path.stat().st_mode & 0o100)
    again = built(tmp_path / "again", "wheel", sources)
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())
    hashes = {hashlib.sha256(one.read_bytes()).hexdigest() for one in (wheel, again)}
    assert len(hashes) == 1
    promise(
        "The wheel that you install can be made again from its sources, byte for byte.",
        "2 builds in 2 folders, with other times and other modes of every file: 1 hash",
    )


def test_wheel_starts_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Dependencies come from this environment's site-packages by path: only omnitui itself is installed anew."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    site = next((home / "lib").glob("python3*/site-packages"))
    target = ["--target", str(site), "--no-deps", "--quiet", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "install", *target], check=True, capture_output=True)
    python = home / "bin" / "python"
    # Dependencies only: a .pth would put this checkout on the path as well.
    mine = next(Path(entry) for entry in sys.path if entry.endswith("site-packages"))
    env = {**os.environ, "PYTHONPATH": str(mine), "OMNITUI_HOME": str(tmp_path / "home")}
    run = [str(python), "-m", "omnitui"]
    where = subprocess.run(
        [str(python), "-c", "import omnitui, omnitui_email; print(omnitui.__file__)"],
        env=env,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(home)
    version = subprocess.run([*run, "--version"], env=env, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert version.stdout.startswith("omnitui ")
    kinds = subprocess.run([*run, "connectors"], env=env, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert "demo" in kinds.stdout
    assert "email" in kinds.stdout
    screen = subprocess.run(
        [*run, "demo", "--speed", "0"],
        env=env,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert "佐藤" in screen.stdout
