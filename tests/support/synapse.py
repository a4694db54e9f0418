"""A real Synapse in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.dovecot import free_port, wait_for
from tests.support.matrix_rig import Someone

PYTHON = os.environ.get("OMNITUI_SYNAPSE", "")
"""The Python of an environment that has matrix-synapse (242 MB): too large to be brought for every run."""
REASON = "not to be had on every machine: a Synapse; pip install matrix-synapse, and OMNITUI_SYNAPSE names its Python"
_CALM = "{per_second: 1000, burst_count: 1000}"


@dataclass
class Synapse:
    """One homeserver, which refuses nobody for haste."""

    folder: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration, make a key, start, and return when it listens (about 7 s)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        where, command = self.folder / "hs.yaml", [PYTHON, "-m", "synapse.app.homeserver", "-c"]
        where.write_text(self._configuration())
        (self.folder / "log.yaml").write_text("version: 1\nroot: {level: ERROR}\n")
        subprocess.run([*command, str(where), "--generate-keys"], check=True, capture_output=True, timeout=120)
        self._process = subprocess.Popen([*command, str(where)], stdout=sys.stderr, stderr=sys.stderr)
        wait_for(self.port, 90)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def user(self, name: str) -> Someone:
        """A new user, logged in."""
        said = {"username": name, "password": "secret", "auth": {"type": "m.login.dummy"}}
        url = f"http://127.0.0.1:{self.port}"
        made = httpx.post(f"{url}/_matrix/client/v3/register", json=said, timeout=60).json()
        return Someone(url, made["access_token"], made["user_id"])

    def _configuration(self) -> str:
        folder = self.folder
        return f"""
server_name: tea.test
pid_file: {folder}/hs.pid
listeners:
  - {{port: {self.port}, tls: false, type: http, bind_addresses: [127.0.0.1], resources: [{{names: [client, media]}}]}}
database: {{name: sqlite3, args: {{database: {folder}/hs.db}}}}
log_config: {folder}/log.yaml
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
report_stats: false
bcrypt_rounds: 4
enable_registration: true
enable_registration_without_verification: true
macaroon_secret_key: m
form_secret: f
trusted_key_servers: []
suppress_key_server_warning: true
rc_message: {_CALM}
rc_registration: {_CALM}
rc_login: {{address: {_CALM}, account: {_CALM}, failed_attempts: {_CALM}}}
rc_joins: {{local: {_CALM}, remote: {_CALM}}}
rc_invites: {{per_room: {_CALM}, per_user: {_CALM}, per_issuer: {_CALM}}}
rc_room_creation: {_CALM}
"""
