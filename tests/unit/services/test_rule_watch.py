"""Rules in the process that syncs: what a back end brings sets them off, and `sync --once` waits for what they do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from omnitui.config.settings import Settings
from omnitui.model.states import SendState, Verb
from omnitui.paths import Profile
from omnitui.services.rules.watch import RuleWatch
from omnitui.services.session import Session
from omnitui.store.reads import oplog, outbox
from omnitui.store.reads import rules as reads
from omnitui.sync.engine import Engine
from tests.support.connector import a_message
from tests.support.console import a_session as a_desk
from tests.support.desk import a_conversation, conversation
from tests.support.ruled import ADD, a_rule
from tests.support.sync_desk import NOW, PARSER, SyncDesk

FILE = """
[thanks]
on = "begun"
enabled = true
do = [{reply = "thank you"}, {label = ["+new"]}]
"""


def a_session(desk: SyncDesk, folder: Path) -> Session:
    profile = Profile("test", folder / "config", folder / "data", folder / "state")
    profile.config.mkdir(parents=True, exist_ok=True)
    return Session(profile, Settings(), desk.cache, desk.cache.bus)


async def test_a_sync_that_ends_has_asked_the_rules_and_sent_what_they_wrote(tmp_path: Path) -> None:
    desk = SyncDesk(tmp_path)
    try:
        session = a_session(desk, tmp_path)
        session.profile.rules_file.write_text(FILE, "utf-8")
        watch = RuleWatch(session)
        await watch.settle()
        desk.back_end.events.append(a_message(1, "hello", at=NOW))
        engine = Engine(desk.cache, desk.connect, parser=PARSER, chores=(watch.run,), settle=watch.settle)
        await asyncio.wait_for(engine.once(), 60)
        (firing,) = desk.cache.read(reads.firings)
        ops = desk.cache.read(oplog.group, firing.id)
        assert [one.verb for one in ops] == [Verb.RULE, Verb.REPLY, Verb.LABEL]
        entry = desk.cache.read(outbox.entry, ops[1].id)
        assert entry is not None
        assert entry.state is SendState.ACCEPTED
    finally:
        desk.close()


async def test_a_file_that_is_saved_counts_and_one_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    desk = SyncDesk(tmp_path)
    try:
        session = a_session(desk, tmp_path)
        watch, file = RuleWatch(session), session.profile.rules_file
        assert await watch.settle()
        assert desk.cache.read(reads.states) == {}
        file.write_text(FILE, "utf-8")
        await watch.settle()
        assert desk.cache.read(reads.states)["thanks"].since_at is not None
        file.write_text("[thanks\n", "utf-8")
        await watch.settle()
        assert desk.cache.read(reads.states)["thanks"].since_at is not None
        file.unlink()
        await watch.settle()
        assert desk.cache.read(reads.states)["thanks"].since_at is None
    finally:
        desk.close()


async def test_a_view_that_a_rule_names_counts_as_soon_as_it_is_kept_and_as_it_is_now(tmp_path: Path) -> None:
    with a_desk(tmp_path) as session:
        watch, views = RuleWatch(session), session.profile.views_file
        session.profile.rules_file.write_text(a_rule("mark", "message", ADD % "seen", when="view:odd"), "utf-8")
        assert session.views
        await watch.settle()
        assert session.cache.read(reads.states) == {}, "there is no such view"
        for label in ("one", "two"):
            views.write_text(f'[odd]\nquery = "label:{label}"\n', "utf-8")
            await watch.settle()
            here = {one: a_conversation(session.cache, contact=one, labels=[one]).id for one in ("one", "two")}
            await watch.settle()
            assert [one for one, own in here.items() if "seen" in conversation(session.cache, own).labels] == [label]


def test_without_the_file_nothing_of_rules_is_imported(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from omnitui.paths import profile\n"
        "from omnitui.services.rules.watch import RuleWatch\n"
        "from omnitui.services.session import Session\n"
        "with Session.open(profile()) as session:\n"
        "    assert asyncio.run(RuleWatch(session).settle())\n"
        "import json\n"
        "print(json.dumps([name for name in sys.modules if 'rul' in name and name.startswith('omnitui')]))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={"OMNITUI_HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(json.loads(ran.stdout)) == {
        "omnitui.services.rules",
        "omnitui.services.rules.watch",
        "omnitui.store.rule_journal",
    }
