"""A real Secret Service on a machine without a desktop: GNOME Keyring on a bus of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SECRET = "canary-Geheim+55/service"
SCRIPT = """
import json, os, sys
from omnitui.paths import profile
from omnitui.services.doctor import examine
from omnitui.services.secrecy.secrets import Secrets
from omnitui.services.secrecy.sealing import Sealing
from omnitui.services.session import Session

secrets = Secrets(profile())
assert secrets.likely() == "service", secrets.likely()
assert secrets.choose() == "service"
ref = secrets.keep("service", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "password", sys.argv[1])
assert Secrets(profile()).get(ref) == sys.argv[1]
assert secrets.renew(ref, "password", sys.argv[1] + "2")
assert Secrets(profile()).get(ref) == sys.argv[1] + "2"
with Session.open(profile()) as session:
    session.sealing.set_up()
    session.sealing.seal()
    assert session.sealing.place == "service"
    assert session.sealing.verify()[1]
said = [finding.message for finding in examine(profile()) if finding.check == "secrets"]
secrets.forget(ref)
try:
    Secrets(profile()).get(ref)
except Exception as error:
    said.append(str(error))
print(json.dumps(said))
"""


@pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="needs a Secret Service: apt-get install --no-install-recommends gnome-keyring dbus-daemon",
)
def test_secrets_are_kept_by_a_real_secret_service(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "OMNITUI_HOME": str(home / "omnitui"),
        "PYTHONPATH": f"{ROOT}:{ROOT}/connectors",
        "LC_ALL": "C.UTF-8",
    }
    start = "printf 'login\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\""
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", start, "sh", sys.executable, "-c", SCRIPT, SECRET],
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "new secrets go into the Secret Service" in done.stdout
    assert "gone" in done.stdout
    held = [path for path in (home / "omnitui").rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert held == []
