"""Hooks before sending: real programs that let a reply go or keep it back."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.model.accounts import Account
from omnitui.model.states import SendState
from omnitui.paths import Profile
from omnitui.services.doctor import Verdict, examine
from omnitui.services.hooks import Hooks
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
async def running(profile: Profile, folder: Path, seconds: float = 20.0) -> AsyncIterator[SyncDesk]:
    desk = SyncDesk(folder, SystemClock())

    def connect(account: Account) -> FakeConnector:
        return FakeConnector(desk.back_end, desk.mark)

    hooks = Hooks(profile, desk.cache, seconds)
    engine = Engine(desk.cache, connect, parser=PARSER, ask=hooks.before_send)
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
        ("exit 3", 0o755, "ended with 3"),
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


def test_doctor_names_hooks_that_others_may_write_and_names_that_mean_nothing(profile: Profile) -> None:
    hook(profile, "before_send", "exit 0", 0o775)
    hook(profile, "before_snd", "exit 0")
    found = {one.message: one for one in examine(profile) if one.check == "hooks"}
    assert [one.verdict for one in found.values()] == [Verdict.FAILED, Verdict.WARNING]
    assert "before_send" in [*found.values()][1].hint
