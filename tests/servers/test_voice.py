"""A call by a real softphone to a real SIP peer, by the console's keys: rung, answered, hung up."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.config.settings import Voice
from omnitui.store.contacts import give_address
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation
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


def free_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Somebody who answers one call at once; the port, and what went over the line."""
    assert SIPP is not None
    port, heard = free_port(), tmp_path / "heard.log"
    process = subprocess.Popen(
        [
            *(SIPP, "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-m", "1", "-nostdin"),
            *("-trace_msg", "-message_file", str(heard)),
        ],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield port, heard
    process.kill()
    process.wait(10)


async def test_softphone_is_answered_and_hangs_up_by_keys(tmp_path: Path, peer: tuple[int, Path]) -> None:
    port, heard = peer
    phone = tmp_path / "baresip"
    phone.mkdir()
    (phone / "config").write_text(CONFIG.format(port=free_port(), modules=MODULES))
    (phone / "accounts").write_text("<sip:agent@127.0.0.1>;regint=0;audio_codecs=PCMU\n")
    for name in ("contacts", "uuid"):
        (phone / name).touch()

    def said(word: str) -> bool:
        return heard.exists() and any(line.startswith(word) for line in heard.read_text().splitlines())

    with a_session(tmp_path / "desk") as session:
        found = a_conversation(session.cache, "please call me", contact="Ann Stone")
        give = (found.account_id, found.contact_id, "sip", f"sip:ann@127.0.0.1:{port}", "said so")
        session.cache.write(lambda tx: give_address(tx, *give))
        dial = (str(BARESIP), "-f", str(phone), "-e", "/dial {number}")
        session.settings = replace(session.settings, voice=Voice(dial=dial))
        async with a_console(session, 140, 40) as person:
            await person.sees("please call me")
            await person.press("s", "p")
            await person.sees(f"> sip:ann@127.0.0.1:{port}")
            await person.press("enter")
            await person.until(lambda: said(f"INVITE sip:ann@127.0.0.1:{port}"))
            await person.until(lambda: said("ACK "))
            assert not said("BYE ")
            await person.press("s", "p")
            await person.sees("Hang up?")
            await person.press("down", "enter")
            await person.until(lambda: said("BYE "))
            await person.sees("cut off, ")
