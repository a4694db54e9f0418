"""The verbs around the gateway."""

from __future__ import annotations

import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.services.doctor import Verdict, examine
from omnitui.store.spooling.attendance import attend
from omnitui.store.spooling.spool import Spool, delivery_key
from omnitui.text.qr import drawn
from tests.support.command import Desk

URL = "https://hooks.example.com/hooks/shop"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A profile with a hook of gateway.toml, and no account."""
    settle(desk, 'public_url = "https://hooks.example.com/"\n')
    return desk


def settle(desk: Desk, top: str) -> None:
    desk.profile.gateway_file.parent.mkdir(parents=True, exist_ok=True)
    desk.profile.gateway_file.write_text(f'{top}[[hook]]\nname = "shop"\nkind = "line"\n')
    desk.profile.gateway_file.chmod(0o600)


def test_address_is_printed_and_drawn(desk: Desk) -> None:
    assert desk.run("gateway", "url", "shop").out == f"{URL}\n"
    lines = desk.run("gateway", "url", "shop", "--qr").out.splitlines()
    assert lines[0] == URL
    assert lines[1:] == drawn(URL)


def test_drawing_is_the_code_itself_with_its_margin() -> None:
    import segno

    wanted = [[bool(dark) for dark in row] for row in segno.make(URL, micro=False).matrix_iter(border=2)]
    lines = drawn(URL)
    seen = [[half(sign, part) for sign in line] for line in lines for part in (0, 1)]
    assert seen[: len(wanted)] == wanted
    assert len({len(line) for line in lines}) == 1


def test_drawing_upon_light_is_the_same_turned_over() -> None:
    turned = str.maketrans("█ ▀▄", " █▄▀")
    assert [line.translate(turned) for line in drawn(URL)][:-1] == drawn(URL, dark=False)[:-1]


def half(sign: str, part: int) -> bool:
    """Whether the upper (0) or lower (1) half of a sign is dark."""
    return sign not in "█" + "▀▄"[part]


def test_address_that_nobody_knows_is_asked_for(desk: Desk) -> None:
    settle(desk, "")
    ran = desk.run("gateway", "url", "shop")
    assert (ran.code, "public_url" in ran.err) == (3, True)


@pytest.mark.parametrize("verb", ["url", "observe"])
def test_hook_that_is_not_there_is_named_with_those_that_are(desk: Desk, verb: str) -> None:
    ran = desk.run("gateway", verb, "shopp")
    assert (ran.code, "“shopp”" in ran.err, "shop" in ran.err.splitlines()[-1]) == (1, True, True)


def test_token_is_shown_once_and_reads_hooks_that_may_come_yet(desk: Desk) -> None:
    ran = desk.run("gateway", "token", "desk", "--hooks", "shop,later")
    assert ran.code == 0
    assert len(ran.out.strip()) >= 43
    assert "“later” yet" in ran.err
    assert ran.out.strip() not in desk.profile.gateway_file.read_text()
    assert desk.run("gateway", "token", "desk", "--hooks", "shop").code == 1


def test_status_tells_what_was_kept_and_why_how_much_was_refused(desk: Desk) -> None:
    assert "never" in desk.run("gateway", "status").out
    desk.profile.make()
    spool = Spool(desk.profile.spool_file, SystemClock())
    spool.keep("shop", delivery_key((), b"x", ()), b"x").result()
    spool.keep("gone", delivery_key((), b"x", ()), b"x").result()
    spool.count({("shop", "kept"): 1, ("shop", "refused: \x1b[31mno signature"): 3, ("", "refused: no such hook"): 2})
    spool.close()
    ran = desk.run("gateway", "status")
    assert f"shop (line)  {URL}" in ran.out
    assert "1 kept, 0 came again, 0 answered, 3 refused" in ran.out
    assert "3 × " in ran.out
    assert "\x1b" not in ran.out
    assert "gone (?)" in ran.out
    assert "2 calls of hooks that there are not" in ran.out
    assert "no gateway is running" in ran.err
    with attend(desk.profile.spool_file):
        assert "a gateway is running" in desk.run("gateway", "status").err


@pytest.mark.parametrize("minutes", ["0", "-1", "9999", "nan"])
def test_time_to_observe_has_bounds(desk: Desk, minutes: str) -> None:
    assert desk.run("gateway", "observe", "shop", f"--minutes={minutes}").code == 2


def test_wrong_settings_and_a_missing_file_are_told(desk: Desk, tmp_path: Path) -> None:
    assert desk.run("gateway", "--config", str(tmp_path / "none")).code == 3
    settle(desk, 'listen = "nowhere"\n')
    ran = desk.run("gateway")
    assert (ran.code, "listen" in ran.err) == (3, True)


def test_address_that_is_taken_is_told(desk: Desk) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        settle(desk, f'listen = "127.0.0.1:{other.getsockname()[1]}"\n')
        ran = desk.run("gateway")
    assert (ran.code, "nothing can listen" in ran.err) == (1, True)


def test_packages_that_are_missing_are_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("omnitui.gateway")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    ran = desk.run("gateway")
    assert (ran.code, "omnitui[gateway]" in ran.err) == (3, True)


def test_doctor_says_when_nobody_takes_in_what_vendors_send(desk: Desk) -> None:
    assert desk.cache

    def found() -> list[Verdict]:
        return [one.verdict for one in examine(desk.profile) if one.check == "gateway"]

    assert found() == [Verdict.WARNING]
    with attend(desk.profile.spool_file):
        assert found() == [Verdict.OK]
    desk.profile.gateway_file.unlink()
    assert found() == []
