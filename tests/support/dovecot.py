"""A real Dovecot on free ports in a folder of its own: IMAP (plain and STARTTLS), IMAPS and LMTP."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

INSTALL = "apt-get install --no-install-recommends dovecot-imapd dovecot-lmtpd"

_WORKERS = 8
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_PORTS = itertools.cycle(random.SystemRandom().sample(range(20_000 + _WORKER, 32_000, _WORKERS), 12_000 // _WORKERS))

_FOLDERS = ("Sent", "Drafts", "Archive", "Trash", "Junk")


def binary() -> str | None:
    """Where Dovecot and its LMTP service are, or None where either is missing."""
    found = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    lmtp = any(Path(place, "dovecot", "lmtp").exists() for place in ("/usr/lib", "/usr/libexec"))
    return found if lmtp else None


def free_port() -> int:
    """A port of the loopback interface that nobody listens on now; none again before all others were given.

    Below those that the system gives to connections (from 32768): until a server listens on it, none of them takes it.
    Each worker of the tests has ports of its own, so that two cannot choose the same before they listen.
    """
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(port: int, seconds: float = 60) -> None:
    """Return when somebody listens on `port`."""
    end = time.monotonic() + seconds
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


@dataclass
class Dovecot:
    """One instance. Every user exists, with the password `secret`; a mailbox is made when it is first touched."""

    folder: Path
    certificate: Path | None = None
    key: Path | None = None
    capability: str = ""
    """What IMAP shall offer after login; empty: all that Dovecot can do."""
    tokeninfo: str = ""
    """URL that an XOAUTH2 token is appended to; empty: passwords only."""
    imap_port: int = field(default_factory=free_port)
    imaps_port: int = field(default_factory=free_port)
    lmtp_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration, start, and return when it listens (about 0.15 s)."""
        program = binary()
        assert program is not None, INSTALL
        for name in ("run", "state", "mail", "home"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "dovecot.conf").write_text(self._configuration())
        if self.tokeninfo:
            (self.folder / "oauth2.conf").write_text(
                f"tokeninfo_url = {self.tokeninfo}\nusername_attribute = email\nintrospection_mode = auth\n"
            )
        as_whom: dict[str, object] = {}
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                shutil.chown(path, "nobody", "nogroup")
            as_whom = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        self._process = subprocess.Popen(
            [program, "-F", "-c", str(self.folder / "dovecot.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **as_whom,  # type: ignore[call-overload]
        )
        try:
            wait_for(self.imap_port)
            wait_for(self.lmtp_port)
        except OSError as error:
            log = self.folder / "dovecot.log"
            raise RuntimeError(f"dovecot did not start: {log.read_text() if log.exists() else ''}") from error

    def stop(self) -> None:
        """End it and all its processes."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Cut it down without any goodbye, as a power failure would."""
        self._end(signal.SIGKILL)

    def mailbox(self, user: str, folder: str = "INBOX") -> Path:
        """The Maildir of a user's folder."""
        root = self.folder / "mail" / user
        return root if folder == "INBOX" else root / f".{folder}"

    def owner(self) -> tuple[int, int]:
        """uid and gid that mail files must have."""
        if os.getuid() != 0:
            return os.getuid(), os.getgid()
        entry = pwd.getpwnam("nobody")
        return entry.pw_uid, entry.pw_gid

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, how)
            process.wait(10)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)

    def _configuration(self) -> str:
        uid = self.owner()[0]
        user = pwd.getpwuid(uid).pw_name
        group = "nogroup" if os.getuid() == 0 else str(os.getgid())
        tls = f"ssl = yes\nssl_cert = <{self.certificate}\nssl_key = <{self.key}" if self.certificate else "ssl = no"
        oauth = (
            f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {self.folder}/oauth2.conf\n}}"
            if self.tokeninfo
            else ""
        )
        mechanisms = "plain login" + (" xoauth2 oauthbearer" if self.tokeninfo else "")
        special = "\n".join(
            f"  mailbox {name} {{\n    auto = subscribe\n    special_use = \\{name}\n  }}" for name in _FOLDERS
        )
        # Without the listener of penalties failed logins are answered at once.
        penalty = "  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n"
        services = f"service anvil {{\n  chroot =\n{penalty}}}\nservice stats {{\n  chroot =\n}}"
        return f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
{tls}
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_username_format = %Lu
auth_failure_delay = 0 secs
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 0
mail_location = maildir:{self.folder}/mail/%u
mail_home = {self.folder}/home/%u
mail_uid = {uid}
mail_gid = {self.owner()[1]}
mail_fsync = never
mail_max_userip_connections = 100
imap_idle_notify_interval = 20 secs
{f"imap_capability = {self.capability}" if self.capability else ""}
{oauth}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid={uid} gid={self.owner()[1]} home={self.folder}/home/%u
}}
{services}
service imap-login {{
  chroot =
  process_min_avail = 1
  inet_listener imap {{
    port = {self.imap_port}
  }}
  inet_listener imaps {{
    port = {self.imaps_port if self.certificate else 0}
    ssl = yes
  }}
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp_port}
  }}
}}
namespace inbox {{
  inbox = yes
{special}
}}
"""
