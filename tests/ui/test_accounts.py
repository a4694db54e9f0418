"""The accounts in the console: how they stand, and what is done about them by keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from omnitui_telegram import TelegramConnector
from textual.widgets import Input

from omnitui.clock import SystemClock
from omnitui.errors import ConfigError
from omnitui.model.accounts import Account, LedgerEntry
from omnitui.sdk import Health
from omnitui.services.channels import webhooks
from omnitui.services.secrecy.secrets import joined
from omnitui.services.session import Session
from omnitui.store.arriving import inflow
from omnitui.store.faults import CacheError
from omnitui.store.reads import accounts as reads
from omnitui.store.spooling.spool import Spool
from omnitui.text import qr
from omnitui.ui.app import ConsoleApp
from omnitui.ui.screens.accounts import AccountsScreen
from tests.support.console import Person, a_console, a_profile, a_session
from tests.support.desk import a_conversation, an_account


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        a_conversation(opened.cache, "Hello?", contact="Ann")
        yield opened


@pytest.mark.parametrize("size", [(60, 20), (140, 40)])
async def test_accounts_tell_how_they_stand_and_are_paused_by_a_key(session: Session, size: tuple[int, int]) -> None:
    account = an_account(session.cache)
    async with a_console(session, *size) as person:
        await person.press("g", "c")
        await person.sees(account.name)
        await person.sees("not synced yet")
        stands = LedgerEntry(account.id, "", "limited", error="slow down", budget="3 calls left")
        session.cache.write(lambda tx: inflow.put_ledger(tx, stands))
        await person.sees("3 calls left")
        await person.sees("slow down")
        await person.press("p")
        await person.until(lambda: session.accounts.get(account.id).paused)
        await person.sees("paused")
        await person.press("p")
        await person.until(lambda: not session.accounts.get(account.id).paused)
        well = LedgerEntry(account.id, "", "ok", last_sync_at=session.cache.clock.now())
        session.cache.write(lambda tx: inflow.put_ledger(tx, well))
        await person.sees("the account  in step ")
        assert max(line.count("in step") for line in person.screen.splitlines()) == 1
        await person.press("escape")
        await person.misses("p pause or resume")


async def test_check_says_what_the_back_end_says(session: Session) -> None:
    async with a_console(session, 80, 24) as person:
        await person.press("g", "c")
        await person.sees("p pause or resume")
        await person.press("c")
        await person.sees("the embedded world is here")
        await person.sees("messages come in by: a line held open")


async def test_settings_are_changed_in_a_form_and_wrong_ones_are_told(session: Session) -> None:
    account = an_account(session.cache)
    async with a_console(session, 80, 24) as person:
        await person.press("g", "c")
        await person.until(lambda: isinstance(person.app.screen, AccountsScreen))
        await person.sees("not synced yet")
        await person.press("s")
        await person.sees("Settings of")
        await person.type("x")
        await person.press("ctrl+s")
        await person.sees("has to be a whole number")
        assert session.accounts.get(account.id).settings == {}
        await person.press("backspace", "7", "ctrl+s")
        await person.until(lambda: session.accounts.get(account.id).settings == {"seed": "7"})
        await person.sees("p pause or resume")


async def test_settings_that_are_left_stay_as_they_were(session: Session) -> None:
    account = an_account(session.cache)
    async with a_console(session, 60, 20) as person:
        await person.press("g", "c")
        await person.until(lambda: isinstance(person.app.screen, AccountsScreen))
        await person.sees("not synced yet")
        await person.press("s")
        await person.sees("Settings of")
        await person.press("7", "escape")
        await person.sees("p pause or resume")
        assert session.accounts.get(account.id).settings == {}


async def test_account_is_added_by_its_form_after_its_back_end_was_asked(session: Session) -> None:
    async with a_console(session, 60, 20) as person:
        await person.press("g", "c")
        await person.sees("a add, p pause")
        await person.press("a")
        await person.sees("which channel?")
        await person.type("demo")
        await person.press("enter")
        await person.sees("Embedded world")
        await person.type("Second")
        await person.press("ctrl+s")
        await person.sees("Second: what arrives")
        added = session.accounts.get("Second")
        assert session.cache.read(reads.capabilities, added.id)
        await person.sees("waiting for the first message")


async def test_message_that_arrives_is_shown_and_opened_by_enter(session: Session) -> None:
    async with a_console(session, 60, 20) as person:
        await person.press("g", "c")
        await person.sees("a add, p pause")
        await person.press("w")
        await person.sees("Hello?")
        later = a_conversation(session.cache, "Here I am", contact="Bea")
        await person.sees("Here I am")
        await person.press("enter")
        await person.until(lambda: person.app.main.desk.shown == later.id)


async def test_refused_account_tells_why_and_leaves_nothing(session: Session) -> None:
    session.accounts.secrets.vault.give("of the tests")
    before = {path.name for path in (session.profile.data / "connectors").glob("*")}
    async with a_console(session, 80, 24) as person:
        await person.press("g", "c")
        await person.sees("a add, p pause")
        await person.press("a")
        await person.sees("which channel?")
        await person.type("telegram")
        await person.press("enter")
        await person.sees("go on, Tab")
        await person.press("ctrl+s")
        await person.sees("token is needed")
        await person.press("escape")
        await person.sees("a add, p pause")
    assert [account.name for account in session.accounts.all()] == ["Shop"]
    assert {path.name for path in (session.profile.data / "connectors").glob("*")} == before


def test_webhook_account_names_the_address_for_the_vendor(session: Session) -> None:
    line = Account(session.cache.ids.new(), "line", "Shop LINE")
    assert webhooks.address(session.profile, line) == "https://…/hooks/shop-line"
    session.profile.gateway_file.write_text('public_url = "https://hooks.example.com"\n', "utf-8")
    session.profile.gateway_file.chmod(0o600)
    assert webhooks.address(session.profile, line) == "https://hooks.example.com/hooks/shop-line"
    assert webhooks.address(session.profile, Account(session.cache.ids.new(), "irc", "Room")) == ""


@pytest.mark.parametrize(("size", "fits"), [((80, 24), True), ((60, 16), False)])
async def test_hook_tells_whether_its_vendor_has_reached_it_and_shows_its_address_as_a_code(
    session: Session, size: tuple[int, int], fits: bool
) -> None:
    session.profile.gateway_file.write_text('public_url = "https://hooks.example.com"\n', "utf-8")
    session.profile.gateway_file.chmod(0o600)
    session.accounts.pause(session.accounts.add("line", "Another", {}))
    async with a_console(session, *size) as person:
        await person.press("g", "c")
        await person.sees("a add, p pause")
        await person.press("g", "w")
        await person.sees("no gateway runs on this machine")
        spool = Spool(session.profile.spool_file, SystemClock())
        spool.count({("another", "answered"): 1, ("another", "refused: no x-line-signature"): 2})
        spool.close()
        await person.sees("✓ verified: the vendor has reached this address")
        await person.sees("refused 2 times: no x-line-signature")
        await person.press("a")
        await person.sees("▀" if fits else "omnitui gateway url another --qr")
        if fits:
            code = qr.drawn("https://hooks.example.com/hooks/another", dark=person.app.current_theme.dark)
            assert all(line.strip() in person.screen for line in code)
        await person.press("escape")
        await person.sees("✓ verified")
        await person.press("escape")
        await person.sees("a add, p pause")


async def test_first_start_offers_to_add_an_account_and_takes_no_for_an_answer(tmp_path: Path) -> None:
    with Session.open(a_profile(tmp_path)) as empty:
        app = ConsoleApp(empty)
        async with app.run_test(size=(60, 20)) as pilot:
            person = Person(app, pilot)
            await person.sees("which channel?")
            await person.press("escape")
            await person.misses("which channel?")
            await person.sees("no account yet: gc and then a adds one")
        assert empty.accounts.all() == []


async def test_new_secret_replaces_the_old_one_when_the_back_end_takes_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(connector: TelegramConnector) -> Health:
        given = connector._context.secrets["token"]
        return Health(given == "7:new-token", f"asked with {len(given)} letters")

    monkeypatch.setattr(TelegramConnector, "check", check)
    secrets = session.accounts.secrets
    secrets.vault.give("of the tests")
    old = secrets.keep("vault", "one", "token", "7:old-token")
    bot = session.accounts.add("telegram", "Bot", {}, secret_ref=joined({"token": old}))
    session.accounts.pause(bot)

    def kept() -> dict[str, str]:
        return secrets.all(session.accounts.get("Bot").secret_ref)

    async with a_console(session, 80, 24) as person:
        await person.press("g", "c")
        await person.sees("s settings and secrets")
        await person.press("g", "s")
        await person.sees("Settings and secrets of Bot")
        person.app.screen.query_one("#field-token", Input).focus()
        await person.sees("(left empty, it stays")
        await person.type("7:odd-one")
        await person.press("ctrl+s")
        await person.sees("asked with 9 letters")
        await person.press("escape")
        await person.sees("s settings and secrets")
        assert kept() == {"token": "7:old-token"}
        await person.press("s")
        await person.sees("Settings and secrets of Bot")
        person.app.screen.query_one("#field-token", Input).focus()
        await person.type("7:new-token")
        assert "new-token" not in person.screen
        await person.press("ctrl+s")
        await person.sees("s settings and secrets")
    assert kept() == {"token": "7:new-token"}
    with pytest.raises(ConfigError, match="gone"):
        secrets.get(old)


def test_secret_stays_where_the_change_cannot_be_written(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = session.accounts.secrets
    secrets.vault.give("of the tests")
    ref = secrets.keep("vault", "one", "token", "7:old-token")
    bot = session.accounts.add("telegram", "Bot", {}, secret_ref=joined({"token": ref}))

    def fails(*_args: object, **_more: object) -> None:
        raise CacheError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(session.accounts._cache, "write", fails)
        with pytest.raises(CacheError):
            session.accounts.change(bot, {}, {"token": "7:new-token"})
    assert secrets.all(session.accounts.get("Bot").secret_ref) == {"token": "7:old-token"}
