"""The gateway as it runs: a process that vendors call, that is killed, reloaded and stopped, and whose disk fills."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.support import hooked
from tests.support.filling import Filler, mounted
from tests.support.gateway import HOOK, OLD_SECRET, SECRET, Gateway, running
from tests.support.promises import Promise

CALLERS = 8


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(Gateway(tmp_path / "home")) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One for tests that leave it as it was."""
    home = tmp_path_factory.mktemp("lasting") / "home"
    with running(Gateway(home, settings="calls_per_address = 1")) as gateway:
        yield gateway


def spooled(gateway: Gateway) -> list[bytes]:
    """The bodies in the spool, looked at from outside."""
    with closing(sqlite3.connect(f"file:{gateway.spool}?mode=ro", uri=True)) as db:
        return [body for (body,) in db.execute("SELECT body FROM delivery ORDER BY number")]


def eventually(met: object, what: str, seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    assert callable(met)
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until, what
        time.sleep(0.02)


class Burst:
    """Vendors that call as fast as they are answered, until the gateway is gone."""

    def __init__(self, gateway: Gateway, name: str) -> None:
        self.answered: list[bytes] = []
        """What was answered with 200."""
        self._gateway = gateway
        self._threads = [
            threading.Thread(target=self._call, args=(f"{name}-{number}",), daemon=True) for number in range(CALLERS)
        ]
        for thread in self._threads:
            thread.start()

    def _call(self, name: str) -> None:
        line = http.client.HTTPConnection("127.0.0.1", self._gateway.port, timeout=60)
        with suppress(OSError, http.client.HTTPException), closing(line):
            for number in range(100_000):
                body = f"{name}-{number}".encode()
                line.request("POST", f"/hooks/{HOOK}", body, hooked.signed(SECRET, body))
                answer = line.getresponse()
                answer.read()
                if answer.status == 200:
                    self.answered.append(body)

    def join(self) -> list[bytes]:
        """What was answered, once nobody calls any more."""
        for thread in self._threads:
            thread.join(60)
        return self.answered


def bursts(gateway: Gateway, kills: int, chance: random.Random) -> list[bytes]:
    """Have it killed in so many bursts; all that was answered."""
    answered: list[bytes] = []
    for kill in range(kills):
        if kill:
            gateway.start()
        burst = Burst(gateway, str(kill))
        enough = chance.randint(1, 200)
        eventually(lambda burst=burst, enough=enough: len(burst.answered) >= enough, "answers")
        gateway.end(signal.SIGKILL)
        answered += burst.join()
    return answered


def lost_and_twice(gateway: Gateway, answered: list[bytes]) -> tuple[int, int]:
    kept = spooled(gateway)
    return len(set(answered) - set(kept)), len(kept) - len(set(kept))


def test_every_webhook_that_was_answered_is_kept_when_the_gateway_is_killed(gateway: Gateway, promise: Promise) -> None:
    answered = bursts(gateway, 2, random.Random(5))
    assert lost_and_twice(gateway, answered) == (0, 0)
    # The vendor that got no answer comes again, and so do some that got one.
    gateway.start()
    again = random.Random(6).sample(answered, 20)
    assert {gateway.post(body).status for body in again} == {200}
    assert lost_and_twice(gateway, answered) == (0, 0)
    promise(
        "No webhook that the gateway answered is lost, and none is kept twice, when it is killed.",
        f"2 kills in bursts: {len(answered)} answered, 0 lost, {len(again)} that came again kept once",
    )


@pytest.mark.torture
@pytest.mark.timeout(1800)
def test_every_webhook_that_was_answered_is_kept_over_a_hundred_kills(gateway: Gateway, promise: Promise) -> None:
    answered = bursts(gateway, 100, random.Random())
    assert lost_and_twice(gateway, answered) == (0, 0)
    promise(
        "No webhook that the gateway answered is lost, and none is kept twice, when it is killed.",
        f"100 kills in bursts: {len(answered)} answered, 0 lost, 0 twice",
    )


def test_full_disk_answers_come_again_and_is_over_once_there_is_room(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 12) as disk, running(Gateway(disk / "home")) as gateway:
        assert gateway.post(b"before").status == 200
        filler = Filler(disk)
        try:
            # What room the log has left is used up first.
            eventually(lambda: gateway.post(os.urandom(400_000)).status == 503, "a full disk")
            refused = gateway.post(b"meanwhile")
            assert (refused.status, refused.headers["retry-after"]) == (503, "10")
            eventually(lambda: gateway.call("GET", "/healthz").status == 503, "its health")
        finally:
            filler.remove()
        eventually(lambda: gateway.post(b"after").status == 200, "room")
        eventually(lambda: gateway.call("GET", "/healthz").status == 200, "its health")
        kept = spooled(gateway)
        assert (b"before" in kept, b"after" in kept) == (True, True)


def test_console_elsewhere_reads_with_its_token_what_is_received_live(gateway: Gateway) -> None:
    assert gateway.pull("nobody").status == 401
    token, other = gateway.token("desk"), gateway.token("other", "another-shop")
    gateway.renew()
    eventually(lambda: gateway.pull(token).status == 200, "the token")
    assert gateway.pull(other).status == 403
    assert gateway.post(b'{"n":1}').status == 200
    line = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    with closing(line):
        line.request("GET", f"/v1/hooks/{HOOK}/stream?after=0", headers={"Authorization": f"Bearer {token}"})
        stream = line.getresponse()
        assert stream.headers["content-type"].startswith("text/event-stream")
        first = _event(stream)
        assert gateway.post(b'{"n":2}').status == 200
        second = _event(stream)
        assert [first["body"], second["body"]] == ["eyJuIjoxfQ==", "eyJuIjoyfQ=="]
        assert second["number"] == second["id"]
        # One that comes again is no news; the stream goes on from where it was.
        assert gateway.post(b'{"n":1}').status == 200
        assert gateway.post(b'{"n":3}', secret=OLD_SECRET).status == 200
        assert _event(stream)["body"] == "eyJuIjozfQ=="
        code, said = gateway.end()
        assert code == 0
        # Who listens is let go.
        assert _event(stream) == {}
    assert SECRET not in said
    assert token not in said


def _event(stream: http.client.HTTPResponse) -> dict[str, object]:
    """The next event, with its id; empty at the end."""
    found: dict[str, object] = {}
    while raw := stream.readline():
        name, _colon, value = raw.decode().rstrip("\n").partition(": ")
        if name == "id":
            found["id"] = int(value)
        elif name == "data":
            return {**json.loads(value), **found}
    return found


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS, where none is spoken
        b"GET /hooks/shop HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100_000,
        b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
        b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /hooks/shop HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /hooks/\xff\xfe%00%ff?%ff=\xff HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET http://169.254.169.254/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\r\n" * 1000,
    ],
    ids=["tls", "header", "lengths", "negative", "chunk", "bytes", "proxy", "blank"],
)
def test_nonsense_is_refused_and_the_next_call_is_kept(lasting: Gateway, raw: bytes) -> None:
    with closing(socket.create_connection(("127.0.0.1", lasting.port), timeout=60)) as line:
        with suppress(OSError):
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            said = line.recv(65_536)
            assert said == b"" or said.split()[1] in (b"400", b"401", b"404", b"431"), said
    assert lasting.post(os.urandom(8)).status == 200


def test_call_that_has_begun_is_answered_after_sigterm(gateway: Gateway) -> None:
    begun = threading.Event()
    body = b"slow and steady"

    def slowly() -> Iterator[bytes]:
        yield body[:4]
        begun.set()
        # Until it has been told to stop, and listens no more.
        eventually(lambda: not _listens(gateway), "its end")
        yield body[4:]

    statuses: list[int] = []

    def call() -> None:
        headers = {**hooked.signed(SECRET, body), "Content-Length": str(len(body))}
        statuses.append(gateway.call("POST", f"/hooks/{HOOK}", slowly(), headers).status)

    caller = threading.Thread(target=call)
    caller.start()
    assert begun.wait(60)
    code, _said = gateway.end()
    caller.join(60)
    assert (code, statuses) == (0, [200])
    assert spooled(gateway) == [body]


def _listens(gateway: Gateway) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)
    with closing(line):
        try:
            line.connect()
        except OSError:
            return False
    return True


def test_callers_behind_a_proxy_are_told_apart(lasting: Gateway) -> None:
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    # Who names itself is not believed beyond what the proxy saw.
    spoofed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    statuses: list[int] = []

    def refused() -> bool:
        """Whether both are, before the second is over in which one call more is free."""
        statuses.append(lasting.post(b"x", secret="wrong", **forwarded).status)
        return {lasting.post(b"x", **headers).status for headers in (forwarded, spoofed)} == {429}

    eventually(refused, "calls that are too many")
    assert statuses[0] == 401
    assert lasting.post(b"x", **{"X-Forwarded-For": "203.0.113.8"}).status == 200


def test_settings_that_became_wrong_change_nothing_and_new_hooks_are_there_at_once(lasting: Gateway) -> None:
    lasting.file.write_text("nonsense = 1\n")
    lasting.file.chmod(0o600)
    lasting.renew()
    lasting.says("there is no setting “nonsense”")
    assert lasting.post(b"still here").status == 200
    lasting.more = f'[[hook]]\nname = "second"\nkind = "{hooked.KIND}"\nsecret.key = {{env = "NEW"}}\n'
    lasting.write()
    lasting.renew()

    def second() -> bool:
        return lasting.call("POST", "/hooks/second", b"x", hooked.signed(SECRET, b"x")).status == 200

    eventually(second, "the second hook")


def test_observer_sees_how_refused_calls_look_and_none_of_their_words(lasting: Gateway) -> None:
    argv = [sys.executable, "-m", "omnitui", "gateway", "observe", HOOK, "--minutes", "5", "--jsonl"]
    observer = subprocess.Popen(
        argv,
        env=lasting.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs these tests in the background has them ignore ctrl+c, and they hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert observer.stdout is not None
    assert observer.stderr is not None
    observer.stderr.readline()
    shown: list[str] = []
    reading = threading.Thread(target=lambda: shown.append(observer.stdout.readline() if observer.stdout else ""))
    reading.start()

    def refused() -> bool:
        lasting.call("POST", f"/hooks/{HOOK}?who=Ann", b"a customer's words", {"X-Signature": "wrong-one"})
        return bool(shown)

    eventually(refused, "a refused call")
    observer.send_signal(signal.SIGINT)
    rest, _words = observer.communicate(timeout=60)
    found = json.loads(shown[0])
    assert found["why"] == "the signature does not fit"
    assert (found["method"], found["bytes"], found["query"]) == ("POST", 18, ["who"])
    assert found["headers"]["x-signature"] == len("wrong-one")
    told = shown[0] + rest + (lasting.home / "default" / "state" / "omnitui.log").read_text()
    assert not [word for word in ("customer", "Ann", "wrong-one") if word in told]

    def counted() -> int:
        with closing(sqlite3.connect(f"file:{lasting.spool}?mode=ro", uri=True)) as db:
            return len(
                db.execute("SELECT count FROM tally WHERE what = 'refused: the signature does not fit'").fetchall()
            )

    eventually(counted, "its count")
