"""A call by a real softphone to a real SIP peer, by the console's keys: rung, answered, hung up."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from omnitui.config.settings import Voice
from omnitui.store.contacts import give_address
from omnitui.ui.screens.picker import PickerScreen
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation
from tests.support.dovecot import free_port
from tests.support.skips import NOT_TO_BE_HAD

BARESIP, SIPP = shutil.which("baresip"), shutil.which("sipp")
MODULES = next((path for path in Path("/usr").glob("lib*/**/baresip/modules") if path.is_dir()), None)
pytestmark = pytest.mark.skipif(
    None in (BARESIP, SIPP, MODULES),
    reason=f"{NOT_TO_BE_HAD}a softphone and its peer: apt-get install --no-install-recommends baresip sip-tester",
)
CONFIG = """\
sip_listen 127.0.0.1:{port}
sip_transports udp
net_interface 127.0.0.1
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
module_path {modules}
module stdio.so
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
"""


@dataclass(frozen=True)
class Peer:
    """Somebody who answers one call at once."""

    port: int
    heard: Path
    """What went over the line."""

    def said(self, word: str) -> bool:
        """Whether a message that begins so came or went."""
        return self.heard.exists() and any(line.startswith(word) for line in self.heard.read_text().splitlines())


def free_datagrams() -> int:
    """A port that no connection is given and that nobody takes datagrams at."""
    while True:
        port = free_port()
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def takes_datagrams(port: int) -> bool:
    """Whether some process has the port."""
    bound = (line.split()[1] for line in Path("/proc/net/udp").read_text().splitlines()[1:])
    return any(int(address.rpartition(":")[2], 16) == port for address in bound)


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    """The peer, once it listens; a test that fails shows what it said."""
    assert SIPP is not None
    peer, spoken = Peer(free_datagrams(), tmp_path / "heard.log"), tmp_path / "sipp.log"
    with spoken.open("w") as out:
        process = subprocess.Popen(
            [
                *(SIPP, "-sn", "uas", "-i", "127.0.0.1", "-p", str(peer.port), "-m", "1", "-nostdin"),
                *("-cp", str(free_datagrams()), "-mp", str(free_datagrams())),
                *("-trace_msg", "-message_file", str(peer.heard)),
            ],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    end = time.monotonic() + 60
    while process.poll() is None and not takes_datagrams(peer.port) and time.monotonic() < end:
        time.sleep(0.02)
    try:
        assert process.poll() is None, "sipp ended at once"
        assert takes_datagrams(peer.port)
        yield peer
    finally:
        print("sipp", process.poll(), "on port", peer.port)
        process.kill()
        process.wait(10)
        for kept in (spoken, peer.heard, *tmp_path.glob("baresip/said.log")):
            print(f"--- {kept.name}\n{kept.read_text(errors='replace') if kept.exists() else 'nothing'}")


def phone(folder: Path, port: int) -> tuple[str, ...]:
    """What dials with baresip, on a SIP port of its own, and on any RTP ports."""
    folder.mkdir()
    (folder / "config").write_text(CONFIG.format(port=port, modules=MODULES))
    (folder / "accounts").write_text("<sip:agent@127.0.0.1>;regint=0;audio_codecs=PCMU\n")
    for name in ("contacts", "uuid"):
        (folder / name).touch()
    return (str(BARESIP), "-s", "-f", str(folder), "-e", "/dial {number}")


@asynccontextmanager
async def dialling(folder: Path, dial: tuple[str, ...], port: int) -> AsyncIterator[Person]:
    """A console whose agent has just chosen to call a customer at that port."""
    number = f"sip:ann@127.0.0.1:{port}"
    with a_session(folder / "desk") as session:
        found = a_conversation(session.cache, "please call me", contact="Ann Stone")
        give = (found.account_id, found.contact_id, "sip", number, "said so")
        session.cache.write(lambda tx: give_address(tx, *give))
        session.settings = replace(session.settings, voice=Voice(dial=dial))
        async with a_console(session, 140, 40) as person:
            await person.sees("please call me")
            await choose(person, f"> {number}", "s", "p")
            await person.press("enter")
            await person.sees(f"[call] {number}: dialled by")
            yield person


async def choose(person: Person, line: str, *keys: str) -> None:
    """Press keys that bring the cursor to a choice of a dialog which takes Enter now."""
    await person.press(*keys)
    await person.sees(line)
    await person.until(lambda: isinstance(person.app.screen, PickerScreen) and person.app.screen.field.has_focus)


async def test_softphone_is_answered_and_hangs_up_by_keys(tmp_path: Path, peer: Peer) -> None:
    words, said = phone(tmp_path / "baresip", free_datagrams()), tmp_path / "baresip" / "said.log"
    # What it says would be lost with it, where a call fails.
    logged = ("/bin/sh", "-c", 'log=$1; shift; exec "$@" >"$log" 2>&1', "sh", str(said), *words)
    async with dialling(tmp_path, logged, peer.port) as person:
        await person.until(lambda: peer.said(f"INVITE sip:ann@127.0.0.1:{peer.port}"), "an INVITE")
        await person.until(lambda: peer.said("ACK "), "an ACK")
        assert not peer.said("BYE ")
        await choose(person, "Hang up?", "s", "p")
        await choose(person, "> hang up", "down")
        await person.press("enter")
        await person.until(lambda: peer.said("BYE "), "a BYE")
        await person.sees("cut off, ")


async def test_softphone_that_cannot_call_says_why_to_the_agent(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 0))
        words = phone(tmp_path / "baresip", other.getsockname()[1])
        async with dialling(tmp_path, words, free_datagrams()) as person:
            await person.sees("! baresip failed with 98: ua: init failed (Address already in use)")
