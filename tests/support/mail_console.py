"""The console in a real terminal on an account of real mail servers."""

from __future__ import annotations

import email
import email.policy
import os
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

from tests.support.mail_servers import MailServers
from tests.support.terminal import Terminal

START = 60.0
PASSPHRASE = "correct horse"


def environment(home: Path) -> dict[str, str]:
    """What a program of this profile is started with."""
    return {"OMNITUI_HOME": str(home), "OMNITUI_VAULT_PASSPHRASE": PASSPHRASE, "TZ": "Asia/Tokyo"}


def add_account(home: Path, ports: tuple[int, int], address: str, *, password: str = "secret", hold: str = "6") -> None:
    """Add an account behind these ports of IMAP and SMTP, without a look whether they answer."""
    imap, smtp = ports
    done = subprocess.run(
        [
            *(sys.executable, "-m", "omnitui", "account", "add", "email", "--name", "Support", "--address", address),
            *("--username", address, "--imap-host", "127.0.0.1", "--imap-port", str(imap), "--imap-security", "none"),
            *("--smtp-port", str(smtp), "--smtp-security", "none", "--password-stdin", "--secrets", "vault"),
            *("--hold", hold, "--no-check"),
        ],
        input=password.encode(),
        env={**os.environ, **environment(home)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def console(home: Path, columns: int, lines: int) -> Terminal:
    """The console on the profile below `home`."""
    return Terminal([sys.executable, "-m", "omnitui"], columns=columns, lines=lines, env=environment(home))


def received(servers: MailServers, user: str, count: int = 1) -> list[EmailMessage]:
    """What is in somebody's mailbox, once so many mails are."""
    end = time.monotonic() + START
    while len(raws := servers.messages(user)) < count:
        assert time.monotonic() < end, f"{user} has {len(raws)} mails"
        time.sleep(0.1)
    return [email.message_from_bytes(raw, policy=email.policy.default) for raw in raws]
