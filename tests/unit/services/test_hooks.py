"""Hooks: real programs that let a reply go or keep it back, and that are told what has come to pass."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import SystemClock
from omnitui.errors import OmniError
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.paths import Profile
from omnitui.services.doctor import Verdict, examine
from omnitui.services.programs import happenings
from omnitui.services.programs.happenings import Happenings
from omnitui.services.programs.hooks import AFTER, Hooks, blocked
from omnitui.services.programs.running import Ran
from omnitui.sync.engine import Engine
from tests.support.connector import FakeConnector, a_message
from tests.support.console import a_profile
from tests.support.sync_desk import PARSER, SyncDesk, until


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    found = a_profile(tmp_path / "profile")
    found.hooks.mkdir()
    found.hooks.chmod(0o755)
    return found


def hook(profile: Profile, name: str, text: str, mode: int = 0o755) -> Path:
    path = profile.hooks / name
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(mode)
    return path


@contextlib.asynccontextmanager
async def running(
    profile: Profile, folder: Path, seconds: float = 20.0, *, lenient: bool = False
) -> AsyncIterator[SyncDesk]:
    desk = SyncDesk(folder, SystemClock())

    def connect(account: Account) -> FakeConnector:
        return FakeConnector(desk.back_end, desk.mark)

    hooks = Hooks(profile, desk.cache, seconds, lenient=lenient)
    follower = Happenings(profile, desk.cache, seconds)
    engine = Engine(desk.cache, connect, parser=PARSER, ask=hooks.before_send, follower=follower)
    task = asyncio.create_task(engine.run())
    try:
        desk.back_end.events.append(a_message(1))
        await until(lambda: desk.messages())
        yield desk
    finally:
        engine.stop()
        await asyncio.wait_for(task, 20)
        desk.close()


async def test_hook_keeps_a_reply_back_with_its_reason_until_it_is_content(profile: Profile, tmp_path: Path) -> None:
    got = tmp_path / "got"
    hook(
        profile,
        "before_send.10-policy",
        f"cat > {got}; grep -q refund {got} && exit 0; echo no reason named >&2; exit 7",
    )
    hook(profile, "before_sending", "exit 1")
    async with running(profile, tmp_path) as desk:
        conversation = desk.conversations()[0].id
        op = desk.operations.reply(conversation, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
        assert desk.entry(op.id).reason == "before_send.10-policy: no reason named"
        assert desk.back_end.sent() == []
        told = json.loads(got.read_text("utf-8"))
        assert (told["v"], told["type"], told["event"]) == (1, "hook", "before_send")
        assert (told["message"]["text"], told["conversation"]["id"]) == ("Hello Ann", conversation)
        hook(profile, "before_send.10-policy", "exit 0")
        desk.operations.retry(op.id)
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [
        ("exit 0", 0o777, "may be written by other users"),
        ("exit 0", 0o644, "is no program that can be run"),
        ("sleep 60", 0o755, "took longer than"),
        ("""printf '{"block"'; sleep 60""", 0o755, "took longer than"),
        ("exit 3", 0o755, "ended with 3"),
        ("head -c 9 > /dev/null; echo all is well; kill -9 $$", 0o755, "it was killed (signal 9)"),
    ],
)
async def test_hook_that_cannot_answer_keeps_the_reply_back(
    profile: Profile, tmp_path: Path, text: str, mode: int, why: str
) -> None:
    hook(profile, "before_send", text, mode)
    async with running(profile, tmp_path, seconds=1.0 if "sleep" in text else 20.0) as desk:
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
        assert why in desk.entry(op.id).reason
        assert desk.back_end.sent() == []


async def test_reply_whose_hook_is_cut_off_by_the_end_of_the_sync_leaves_once_when_it_is_asked_again(
    profile: Profile, tmp_path: Path
) -> None:
    asked, go = tmp_path / "asked", tmp_path / "go"
    hook(profile, "before_send", f"echo $$ >> {asked}; while [ ! -e {go} ]; do sleep 0.05; done")
    async with running(profile, tmp_path, seconds=120.0) as desk:
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: asked.exists() and asked.read_text("utf-8").endswith("\n"))
        one = desk.back_end
    (pid,) = asked.read_text("utf-8").split()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert one.sent() == []
    go.touch()
    async with running(profile, tmp_path) as desk:
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)
        assert len(desk.back_end.sent()) == 1
    assert len(asked.read_text("utf-8").split()) == 2


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ('{"block": "no"}', "no"),
        ('\ufeff{"block": true}\n', "no reason named"),
        ('{"block": 5}', "no reason named"),
        ('looking at it\n{"block": "no\\u001b[2J"}\n', "no␛[2J"),
        ('{"block": "no"}\ndone', None),
        ('{"block": "' + "a" * 100, None),
        ('{"block": ""}', ""),
        ('{"block": false, "note": "x"}', ""),
        ('[{"block": "no"}]', ""),
        ("[" * 100_000, ""),
        ("{ all is well", ""),
    ],
)
def test_what_a_hook_prints_blocks_as_json_and_what_might_have_is_not_known(printed: str, why: str | None) -> None:
    if why is None:
        with pytest.raises(OmniError, match="no JSON"):
            blocked(Ran(0, printed, ""))
    else:
        assert blocked(Ran(0, printed, "")) == why


async def test_reply_leaves_past_a_hook_that_says_no_in_json_when_its_author_wants_it_anyway(
    profile: Profile, tmp_path: Path
) -> None:
    hook(profile, "before_send", """echo '{"block": "speaks of a  lawyer"}'""")
    async with running(profile, tmp_path) as desk:
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
        assert desk.entry(op.id).reason == "before_send: speaks of a lawyer"
        desk.operations.retry(op.id, anyway=True)
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)


async def test_reply_leaves_past_a_hook_that_fails_but_not_past_one_that_says_no_where_settings_let_it(
    profile: Profile, tmp_path: Path
) -> None:
    hook(profile, "before_send.1", "kill -9 $$")
    hook(profile, "before_send.2", "exit 127")
    hook(profile, "before_send.3", "exit 0", 0o777)
    async with running(profile, tmp_path, lenient=True) as desk:
        op = desk.operations.reply(desk.conversations()[0].id, "Hello Ann", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.ACCEPTED)
        hook(profile, "before_send.4", "exit 1")
        op = desk.operations.reply(desk.conversations()[0].id, "Hello again", hold=0)
        await until(lambda: desk.entry(op.id).state is SendState.BLOCKED)
        assert desk.entry(op.id).reason == "before_send.4: ended with 1"


def test_doctor_names_hooks_that_others_may_write_and_names_that_mean_nothing(profile: Profile) -> None:
    hook(profile, "before_send", "exit 0", 0o775)
    hook(profile, "before_snd", "exit 0")
    found = {one.message: one for one in examine(profile) if one.check == "hooks"}
    assert [one.verdict for one in found.values()] == [Verdict.FAILED, Verdict.WARNING]
    assert "before_send" in [*found.values()][1].hint


def told(folder: Path, event: str) -> list[dict[str, Any]]:
    """What the hook of an event was told so far."""
    path = folder / f"{event}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def keeping(profile: Profile, folder: Path, *events: str) -> None:
    """Hooks that keep what they are told."""
    for event in events:
        hook(profile, event, f"cat >> {folder}/{event}.jsonl")


async def resolved_elsewhere(desk: SyncDesk, conversation_id: str) -> None:
    """Resolve a conversation in another process, which does not sync."""
    code = (
        "import sys; from pathlib import Path; from omnitui.model.states import Status\n"
        "from omnitui.services.acting.operations import Operations; from omnitui.store.cache import Cache\n"
        "with Cache.open(Path(sys.argv[1]), state=Path(sys.argv[2])) as cache:\n"
        "    Operations(cache).set_status([sys.argv[3]], Status.RESOLVED)"
    )
    data = str(desk.cache.path.parent)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, data, str(desk.state), conversation_id)
    assert await process.wait() == 0


async def test_hooks_are_told_once_of_what_is_new_and_not_of_history(profile: Profile, tmp_path: Path) -> None:
    keeping(profile, tmp_path, *AFTER)
    now = SystemClock().now()
    async with running(profile, tmp_path) as desk:
        desk.back_end.happens(a_message(2, "old", conversation="c2"), a_message(3, "Where is it?", at=now))
        await until(lambda: told(tmp_path, "message_received"))
        conversation = next(one.id for one in desk.conversations() if one.external_id == "c1")
        op = desk.operations.reply(conversation, "Hello Ann", hold=0)
        await until(lambda: told(tmp_path, "after_send"))
        await resolved_elsewhere(desk, conversation)
        await until(lambda: told(tmp_path, "conversation_resolved"))
        desk.back_end.happens(a_message(4, "Thanks", conversation="c2", at=now))
        await until(lambda: len(told(tmp_path, "message_received")) == 2)
    assert [one["message"]["text"] for one in told(tmp_path, "message_received")] == ["Where is it?", "Thanks"]
    (left,) = told(tmp_path, "after_send")
    assert (left["event"], left["op_id"], left["message"]["text"]) == ("after_send", op.id, "Hello Ann")
    (ended,) = told(tmp_path, "conversation_resolved")
    assert (ended["conversation"]["id"], ended["conversation"]["status"]) == (conversation, "resolved")
    assert ended["message"] is None
    # The next process finds all of it there, and is told of none of it again.
    async with running(profile, tmp_path) as desk:
        desk.back_end.happens(*[a_message(number, at=now) for number in (2, 3, 4, 3, 4)], a_message(5, at=now))
        await until(lambda: len(told(tmp_path, "message_received")) == 3)
    assert [len(told(tmp_path, event)) for event in AFTER] == [3, 1, 1]


async def test_one_pass_waits_for_hooks_of_what_came_meanwhile(profile: Profile, tmp_path: Path) -> None:
    keeping(profile, tmp_path, "message_received")
    desk = SyncDesk(tmp_path, SystemClock(), size=50)
    engine = Engine(desk.cache, desk.connect, parser=PARSER, follower=Happenings(profile, desk.cache, 20))
    desk.back_end.events += [a_message(number, at=desk.clock.now()) for number in range(10)]
    await engine.once()
    assert [one["message"]["text"] for one in told(tmp_path, "message_received")] == [
        f"message {number}" for number in range(10)
    ]
    desk.close()


async def test_failures_are_logged_once_and_counted_and_what_is_too_much_is_said(
    profile: Profile, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(happenings, "MOST", 3)
    profile.make()
    hook(profile, "message_received", "echo what Ann wrote >&2; exit 4")
    desk = SyncDesk(tmp_path, SystemClock(), size=50)
    engine = Engine(desk.cache, desk.connect, parser=PARSER, follower=Happenings(profile, desk.cache, 20))
    desk.back_end.events += [a_message(number, at=desk.clock.now()) for number in range(10)]
    with caplog.at_level(logging.WARNING):
        await engine.once()
    assert caplog.text.count("hook message_received fails: ended with 4") == 1
    assert caplog.text.count("those of 7 events are not run") == 1
    assert "Ann wrote" not in caplog.text
    assert happenings.failures(profile) == {"message_received": (3, "ended with 4")}
    said = [one.message for one in examine(profile) if one.verdict is Verdict.WARNING and one.check == "hooks"]
    assert said == ["message_received failed in the last sync (3 times): ended with 4"]
    desk.close()


async def test_without_hooks_nobody_listens(profile: Profile, tmp_path: Path) -> None:
    hook(profile, "before_send", "exit 0")
    desk = SyncDesk(tmp_path, SystemClock())
    follower = Happenings(profile, desk.cache, 20)
    tasks = len(asyncio.all_tasks())
    await follower.begin()
    assert len(asyncio.all_tasks()) == tasks
    await follower.settle()
    await follower.end()
    desk.close()
