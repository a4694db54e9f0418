"""Opening a profile."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.desk.querying.parsing import QueryError
from omnitui.errors import ConfigError, Refused
from omnitui.paths import Profile
from omnitui.services.secrecy.protection import Protection
from omnitui.services.session import Session
from omnitui.store.accounts import put_agent


@pytest.fixture
def home(tmp_path: Path) -> Profile:
    return Profile("desk", tmp_path / "config", tmp_path / "data", tmp_path / "state")


def settings(home: Profile, text: str) -> None:
    home.config.mkdir(exist_ok=True)
    home.settings_file.write_text(text)
    home.settings_file.chmod(0o600)


def test_session_opens_an_empty_profile_and_keeps_its_agent(home: Profile) -> None:
    with Session.open(home, clock=FrozenClock()) as session:
        me = session.cache.me()
        assert me.me
        assert session.cache.clock.now() == FrozenClock().now()
    with Session.open(home) as session:
        assert session.cache.me() == me


def test_session_gives_the_agent_the_name_of_the_settings(home: Profile) -> None:
    settings(home, '[agent]\nname = "花子"\naddresses = ["h@example.jp"]\n')
    for _again in range(2):
        with Session.open(home) as session:
            assert (session.cache.me().name, session.cache.me().addresses) == ("花子", ("h@example.jp",))


def test_session_with_wrong_settings_touches_no_cache(home: Profile) -> None:
    settings(home, "agent = 1")
    with pytest.raises(ConfigError):
        Session.open(home)
    assert not home.cache_file.exists()


def test_session_refuses_the_cache_of_a_newer_program_and_leaves_it_alone(home: Profile) -> None:
    Session.open(home).close()
    with sqlite3.connect(home.cache_file) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()
    before = home.cache_file.read_bytes()
    with pytest.raises(Refused):
        Session.open(home)
    assert home.cache_file.read_bytes() == before


def test_session_reads_queries_in_the_zone_of_the_settings(home: Profile) -> None:
    settings(home, 'time_zone = "Asia/Tokyo"\n')
    with Session.open(home) as session:
        assert str(session.zone) == "Asia/Tokyo"
        assert session.query("is:open") is not None
        with pytest.raises(QueryError):
            session.query("is:opne")


def test_session_without_secrets_in_the_vault_is_never_locked(home: Profile) -> None:
    with Session.open(home) as session:
        session.accounts.add("demo", "World", {})
        assert not session.locked


def test_keys_from_variables_are_inherited_by_no_program(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MY_CACHE_KEY", "MY_LOG_KEY"):
        monkeypatch.setenv(name, "k" * 40)
    with Session.open(home) as session:
        Protection(home).keep("cache", ref="env:MY_CACHE_KEY")
        Protection(home).keep("log", ref="env:MY_LOG_KEY")
        session.withdraw()
        assert not {"MY_CACHE_KEY", "MY_LOG_KEY"} & set(os.environ)
        assert session.accounts.secrets.get("env:MY_LOG_KEY") == "k" * 40
        Protection(home).drop("cache")
        Protection(home).drop("log")


def test_name_and_addresses_go_with_the_settings_that_gave_them(home: Profile) -> None:
    with Session.open(home) as session:
        before = session.cache.me()
    settings(home, '[agent]\nname = "花子"\naddresses = ["h@example.jp"]\n')
    Session.open(home).close()
    settings(home, '[agent]\nname = ""\naddresses = []\n')
    for _again in range(2):
        with Session.open(home) as session:
            assert session.cache.me() == before


def test_name_that_settings_never_gave_stays_when_they_give_none(home: Profile) -> None:
    with Session.open(home) as session:
        mine = replace(session.cache.me(), name="Ann", addresses=("ann@example.com",))
        session.cache.write(lambda tx: put_agent(tx, mine))
    settings(home, '[agent]\naddresses = ["h@example.jp"]\n')
    with Session.open(home) as session:
        assert (session.cache.me().name, session.cache.me().addresses) == ("Ann", ("h@example.jp",))
    settings(home, "[agent]\n")
    with Session.open(home) as session:
        assert (session.cache.me().name, session.cache.me().addresses) == ("Ann", ())
