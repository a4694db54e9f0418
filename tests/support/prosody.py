"""A real Prosody on ports of its own: archive, carbons and files."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.dovecot import free_port, wait_for

INSTALL = "apt-get install --no-install-recommends prosody"
PROSODY = shutil.which("prosody")
DOMAIN = "xmpp.test"


@dataclass
class Prosody:
    """One server. Accounts are files; every message with words is kept for ever."""

    folder: Path
    certificate: tuple[Path, Path] | None = None
    """Certificate and key: with them nobody logs in without TLS."""
    port: int = field(default_factory=free_port)
    http: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration, start, and return when it listens (about 0.5 s)."""
        assert PROSODY is not None, INSTALL
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "prosody.cfg.lua").write_text(self._configuration())
        self._process = subprocess.Popen(
            [PROSODY, "--config", str(self.folder / "prosody.cfg.lua"), "-F"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for(self.port)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def account(self, name: str, password: str = "secret") -> str:
        """An account, made or with a new password; its address. Names are letters and digits."""
        accounts = self.folder / "data" / DOMAIN.replace(".", "%2e") / "accounts"
        accounts.mkdir(parents=True, exist_ok=True)
        (accounts / f"{name}.dat").write_text(f'return {{ ["password"] = "{password}"; }};')
        return f"{name}@{DOMAIN}"

    def _configuration(self) -> str:
        encrypted = self.certificate is not None
        tls = (
            f'ssl = {{ certificate = "{self.certificate[0]}"; key = "{self.certificate[1]}" }}'
            if self.certificate
            else ""
        )
        log = self.folder / "prosody.log"
        return f"""
pidfile = "{self.folder}/prosody.pid"
data_path = "{self.folder}/data"
run_as_root = {str(os.getuid() == 0).lower()}
modules_enabled = {{ "roster"; "saslauth"; "disco"; "ping"; "mam"; "carbons"; "smacks"; "http"; "http_file_share";
  {'"tls";' if encrypted else ""} }}
modules_disabled = {{ "s2s" {"" if encrypted else '; "tls"'} }}
c2s_require_encryption = {str(encrypted).lower()}
allow_unencrypted_plain_auth = {str(not encrypted).lower()}
authentication = "internal_plain"
storage = "internal"
archive_expires_after = "never"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.port} }}
c2s_direct_tls_ports = {{ }}
s2s_ports = {{ }}
s2s_direct_tls_ports = {{ }}
http_ports = {{ {self.http} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
http_external_url = "http://127.0.0.1:{self.http}/"
http_host = "127.0.0.1"
log = {{ info = "{log}"; error = "{log}" }}
{tls}
VirtualHost "{DOMAIN}"
"""
