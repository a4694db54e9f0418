"""A gateway as a process of its own, and who calls it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omnitui.services.channels.webhooks import new_token
from tests.support import hooked
from tests.support.dovecot import free_port

SECRET = "the-newest-secret"
OLD_SECRET = "the-one-before-it"
START_SECONDS = 60.0
HOOK = "shop"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class Gateway:
    """One profile's gateway; `start` and `kill` as often as it takes."""

    home: Path
    settings: str = ""
    """Lines at the top of gateway.toml."""
    more: str = ""
    """Lines at its end."""
    port: int = field(default_factory=free_port)
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        self.file = self.home / "default" / "config" / "gateway.toml"
        self.spool = self.home / "default" / "state" / "spool.sqlite3"
        self.file.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        self.write()
        self.env = {**os.environ, **hooked.install(self.home / "packages"), "OMNITUI_HOME": str(self.home), **self.env}
        self.env |= {"NEW": SECRET, "OLD": OLD_SECRET}
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)

    def write(self) -> None:
        """gateway.toml with one hook."""
        self.file.write_text(
            f'listen = "127.0.0.1:{self.port}"\npublic_url = "https://hooks.example.com/in"\n{self.settings}\n'
            f'[[hook]]\nname = "{HOOK}"\nkind = "{hooked.KIND}"\ncolour = "blue"\n'
            f'secret.key = [{{env = "NEW"}}, {{env = "OLD"}}]\n{self.more}\n'
        )
        self.file.chmod(0o600)

    def verb(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A verb of the shell in the gateway's profile."""
        argv = [sys.executable, "-m", "omnitui", *words]
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def token(self, name: str, *hooks: str) -> str:
        """A new token."""
        return new_token(self.file, name, hooks or (HOOK,))

    def says(self, words: str) -> None:
        """Wait until it has said this to whoever started it."""
        assert self.process is not None
        assert self.process.stderr is not None
        while words not in (line := self.process.stderr.readline()):
            assert line, f"it ended without a word of {words!r}"

    def renew(self) -> None:
        """Have it read its settings anew."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    def start(self, **env: str) -> None:
        """Run it, and wait until it answers."""
        argv = [sys.executable, "-m", "omnitui", "gateway"]
        self.process = subprocess.Popen(argv, env={**self.env, **env}, stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with suppress(OSError):
                self.call("GET", "/nothing")
                return
            assert self.process.poll() is None, self.process.communicate()[1]
            time.sleep(0.02)
        raise AssertionError("it did not start")

    def call(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, headers: Mapping[str, str] = {}
    ) -> Answer:
        """One call over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
        finally:
            connection.close()

    def post(self, body: bytes, *, secret: str = SECRET, key: str = "", **headers: str) -> Answer:
        """A call that the vendor would make."""
        return self.call("POST", f"/hooks/{HOOK}", body, {**hooked.signed(secret, body, key), **headers})

    def pull(self, token: str, after: int = 0, **asked: Any) -> Answer:
        """A page, as a console asks for it."""
        query = "&".join(f"{name}={value}" for name, value in {"after": after, **asked}.items())
        return self.call("GET", f"/v1/hooks/{HOOK}/deliveries?{query}", headers={"Authorization": f"Bearer {token}"})

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send it a signal and wait for its end; its code and what it said."""
        assert self.process is not None
        self.process.send_signal(number)
        said = self.process.communicate(timeout=60)[1]
        return self.process.returncode, said


@contextmanager
def running(gateway: Gateway) -> Iterator[Gateway]:
    """A gateway that is started, and gone at the end."""
    gateway.start()
    try:
        yield gateway
    finally:
        if gateway.process is not None and gateway.process.poll() is None:
            gateway.process.kill()
            gateway.process.communicate()
