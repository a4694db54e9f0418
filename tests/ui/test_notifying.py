"""What the console gives notice of: news, and not history, whatever the back end's clock says."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from omnitui.bus import Changed
from omnitui.clock import HOUR, MINUTE, FrozenClock
from omnitui.model.conversations import Message
from omnitui.model.operations import Change
from omnitui.model.states import ObjectKind
from omnitui.store.reads import history
from omnitui.sync.ledger import note_health
from omnitui.ui.outside.notifying import Notifier
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, a_message, an_account


async def test_message_of_a_back_end_whose_clock_is_behind_is_news_and_its_history_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_notifier: Notifier) -> None: ...

    monkeypatch.setattr(Notifier, "follow", nothing)
    # Nothing is given, so that what waits can be counted.
    monkeypatch.setattr(Notifier, "_schedule", lambda _notifier: None)
    with a_session(tmp_path) as session:
        clock, cache = session.cache.clock, session.cache
        assert isinstance(clock, FrozenClock)
        account = an_account(cache)
        before = a_conversation(cache, "long ago", contact="Ann")
        elsewhere = an_account(cache, "Elsewhere")
        quiet = a_conversation(cache, "the newest there is", contact="Bob", account=elsewhere)
        for one in (account, elsewhere):
            cache.write(partial(note_health, account_id=one.id, health="ok"))
        clock.advance(2 * HOUR)
        async with a_console(session) as person:
            notifier = person.app.notifier
            await person.until(lambda: bool(person.app.main.desk.standing.ledger), "the ledger")

            async def noticed(message: Message) -> int:
                await notifier.changed(Changed(0, (Change(0, ObjectKind.MESSAGE, message.id, 1),)))
                return len(notifier._notices._waiting)

            # The account has only just been seen in step: what its server calls old came before.
            assert await noticed(a_message(cache, before.id, at=clock.now() - HOUR)) == 0
            clock.advance(2 * MINUTE)
            behind = a_message(cache, before.id, at=clock.now() - HOUR)
            assert await noticed(behind) == 1
            assert await noticed(a_message(cache, before.id, at=clock.now() - 3 * HOUR)) == 1
            assert await noticed(a_message(cache, before.id, at=clock.now())) == 2
            # What was there before the console and changes now has not come in, though nothing newer has.
            [old] = cache.read(history.page, quiet.id)
            assert await noticed(old) == 2
