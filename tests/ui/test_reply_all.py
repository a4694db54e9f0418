"""Whom an answer goes to, as the composer shows it."""

from __future__ import annotations

from pathlib import Path

from omnitui.sdk import snapshot
from omnitui.services.session import Session
from omnitui.store import accounts
from omnitui.store.reads import outbox
from tests.support.console import MAIL, a_console, a_profile
from tests.support.sync_desk import ANN, US, SyncDesk, a_mail


async def a_mailing(folder: Path) -> Session:
    """A desk with one mail that went to others too."""
    desk = SyncDesk(folder)
    await desk.take(a_mail(1, to=(US, "carol@corp.example"), cc=("Bob <bob@corp.example>",)))
    taken = snapshot.take(lambda _channel: MAIL, ("email",))
    desk.cache.write(lambda tx: accounts.set_capabilities(tx, desk.account.id, taken))
    desk.close()
    return Session.open(a_profile(folder), clock=desk.clock)


async def test_reply_says_who_was_in_copy_and_the_other_key_answers_them_all(tmp_path: Path) -> None:
    with await a_mailing(tmp_path) as session:
        async with a_console(session) as person:
            await person.press("r")
            await person.sees("2 others were in copy: esc R answers all")
            await person.press("escape")
            await person.misses("REPLY")
            await person.press("R")
            await person.sees("carol@corp.example, bob@corp.example")
            await person.misses("were in copy")
            await person.type("To all of you.")
            await person.press("ctrl+s")
            await person.until(lambda: bool(session.cache.read(outbox.entries)), "a reply that waits")
            (entry,) = session.cache.read(outbox.entries)
            mail = entry.payload["mail"]
            assert (mail["to"], mail["cc"]) == ([ANN], ["carol@corp.example", "bob@corp.example"])


async def test_words_that_were_erased_do_not_come_back_at_the_next_key(tmp_path: Path) -> None:
    with await a_mailing(tmp_path) as session:
        async with a_console(session) as person:
            await person.press("r")
            await person.type("no")
            await person.until(lambda: person.app.main.desk.picture.drafts != {})  # type: ignore[union-attr]
            await person.press("escape", "r")
            await person.until(lambda: person.app.main.composer.text == "no", "the draft")
            await person.press("backspace", "backspace", "escape")
            await person.until(lambda: person.app.main.composer.draft is None)
            await person.press("r")
            await person.sees("REPLY")
            assert person.app.main.composer.text == ""
