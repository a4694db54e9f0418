"""A password and a passphrase are nowhere but where they belong: not on the disk, the screen, in `ps`, in children.

Over a bare session: no D-Bus, no locale, no variables of a desktop. The mail server is the worst there is: it says the
password back.
"""

from __future__ import annotations

import base64
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.promises import Promise
from tests.support.skips import NOT_TO_BE_HAD
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
OMNITUI = [sys.executable, "-m", "omnitui"]
PASSWORD = "canary-Geheim+77/pass"
PASSPHRASE = "canary-Correct+88/phrase"
IN_A_VARIABLE = "canary-Variable+99/pass"


class Echo(socketserver.StreamRequestHandler):
    """IMAP as far as a login, which it refuses with the words that it was given."""

    def handle(self) -> None:
        self.wfile.write(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        for line in self.rfile:
            tag, _, command = line.strip().partition(b" ")
            if command.upper().startswith(b"LOGIN"):
                self.wfile.write(tag + b" NO [AUTHENTICATIONFAILED] you said: " + command + b"\r\n")
            elif command.upper() == b"LOGOUT":
                return
            else:
                self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")


@pytest.fixture
def echo() -> Iterator[int]:
    """The server's port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def bare(folder: Path, **more: str) -> list[str]:
    given = {
        "TERM": "xterm-256color",
        "PATH": "/usr/bin:/bin",
        "OMNITUI_HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": f"{ROOT}:{ROOT}/connectors",
        "LC_ALL": "C.UTF-8",
    }
    return ["env", "-i", *(f"{name}={value}" for name, value in {**given, **more}.items())]


def add(name: str, port: int, *secret: str) -> list[str]:
    return [
        *(*OMNITUI, "account", "add", "email", "--name", name, "--address", f"{name}@example.com"),
        *("--imap-host", "127.0.0.1", "--imap-port", str(port), "--imap-security", "none"),
        *("--smtp-host", "127.0.0.1", "--smtp-port", str(port), "--smtp-security", "none", *secret),
    ]


def forms(secret: str) -> list[bytes]:
    """A secret as it is, and as it would be if somebody had encoded it."""
    plain = secret.encode()
    return [plain, base64.b64encode(plain).rstrip(b"="), quote(secret, safe="").encode(), plain.hex().encode()]


def descendants(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent in found and int(path.parent.name) not in found:
                found.append(int(path.parent.name))
    return found


def said_by_processes(pids: list[int]) -> bytes:
    """The arguments of processes, and the environments of all but the first."""
    told = b""
    for number, pid in enumerate(pids):
        for name in ("cmdline",) if number == 0 else ("cmdline", "environ"):
            with suppress(OSError):
                told += Path(f"/proc/{pid}/{name}").read_bytes()
    return told


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason=f"{NOT_TO_BE_HAD}a /proc that shows the processes")
def test_no_secret_is_anywhere_but_where_it_belongs(tmp_path: Path, echo: int, promise: Promise) -> None:
    (tmp_path / "tmp").mkdir()
    spy = tmp_path / "spy.sh"
    spy.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\ntr '\\0' ' ' < /proc/$PPID/cmdline >> {tmp_path}/seen\n")
    spy.chmod(0o700)
    told = b""
    with Terminal([*bare(tmp_path), *add("shop", echo)], cwd=ROOT) as terminal:
        terminal.wait_for("assword")
        terminal.type(f"{PASSWORD}\r")
        terminal.wait_for("New passphrase")
        told += said_by_processes(descendants(terminal.process.pid))
        terminal.type(f"{PASSPHRASE}\r")
        terminal.wait_for("The same again")
        terminal.type(f"{PASSPHRASE}\r")
        terminal.wait_end()
        told += terminal.raw
    with Terminal(
        [*bare(tmp_path, MAIL_PASSWORD=IN_A_VARIABLE), *add("other", echo, "--password-env", "MAIL_PASSWORD")], cwd=ROOT
    ) as terminal:
        terminal.wait_end()
        told += terminal.raw
    console = bare(tmp_path, OMNITUI_VAULT_PASSPHRASE=PASSPHRASE, MAIL_PASSWORD=IN_A_VARIABLE, EDITOR=str(spy))
    with Terminal([*console, *OMNITUI], columns=120, lines=30, cwd=ROOT) as terminal:
        terminal.wait_for("Inbox")
        terminal.wait_for("login refused")
        terminal.send("c")
        terminal.wait_for("From which account")
        terminal.send("enter")
        terminal.wait_for("NEW CONVERSATION")
        terminal.type("\x1bOS")  # F4: its text
        at = terminal.send("ctrl+g")
        terminal.wait_until(lambda: (tmp_path / "seen").exists(), "the editor")
        # The model of the screen knows no other screen: the console is back when it has taken it again.
        terminal.wait_until(lambda: b"\x1b[?1049h" in b"".join(data for _, data in terminal.since(at)), "the console")
        told += said_by_processes(descendants(terminal.process.pid))
        terminal.send("escape", "escape")
        terminal.wait_for("NEW CONVERSATION", gone=True)
        terminal.send("ctrl+q")
        terminal.wait_end()
        told += terminal.raw
    for words in (("account", "check"), ("doctor",)):
        with Terminal([*console, *OMNITUI, *words], columns=200, cwd=ROOT) as terminal:
            terminal.wait_end()
            told += terminal.raw
    places = {"the screen or a process": told}
    for path in tmp_path.rglob("*"):
        if path.is_file():
            places[str(path.relative_to(tmp_path))] = path.read_bytes()
    leaks = [
        (place, secret)
        for secret in (PASSWORD, PASSPHRASE, IN_A_VARIABLE)
        for place, held in places.items()
        if any(form in held for form in forms(secret))
    ]
    assert leaks == []
    assert b"EDITOR" in places["seen"]
    assert b"you said" in told  # what the server said is shown, but for the password
    promise(
        "A password is found nowhere but where it is kept: in no file, no log, no process, on no screen.",
        f"3 secrets, {len(places) - 1} files, the screens and processes of 5 runs: 0 found",
    )
