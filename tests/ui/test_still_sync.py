"""What the console says of where it works: that another process is to sync and stands still, that the disk is far."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.store import mounts
from omnitui.sync import lease as leases
from omnitui.sync.lease import Lease
from omnitui.ui.watch import syncing
from omnitui.ui.watch.syncing import Syncing
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation


async def test_process_that_is_to_sync_and_stands_still_is_named_until_it_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "STILL_SECONDS", 0.3)
    monkeypatch.setattr(syncing, "WATCH_EVERY", 0.05)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "my kettle broke", contact="Ann Example", subject="Order 66")
        other = Lease(session.profile.state)
        assert other.acquire()
        async with a_console(session) as person:
            desk = person.app.main.desk
            desk.spawn(Syncing(session).watch(desk.trouble.of_sync))
            await person.sees("is to sync but stands still: this console soon takes its place")
            monkeypatch.setattr(leases, "STILL_SECONDS", 3_600.0)
            other.beat()
            await person.misses("stands still")
        other.release()


async def test_console_on_a_network_file_system_says_so_as_it_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(f"30 1 0:40 / {tmp_path} rw - fuse.sshfs ann@far:/home rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "my kettle broke", contact="Ann Example", subject="Order 66")
        async with a_console(session, width=200) as person:
            await person.sees("lies on a network file system (fuse.sshfs)")
