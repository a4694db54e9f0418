"""The log's key and end over several runs of a profile."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnitui.errors import ConfigError, Refused, UsageError
from omnitui.model.accounts import Account
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.paths import Profile
from omnitui.services.secrecy.keychain import Keychain
from omnitui.services.secrecy.logend import told
from omnitui.services.secrecy.passphrase import COMMAND, DESCRIPTOR, VARIABLE
from omnitui.services.secrecy.protection import Protection
from omnitui.services.secrecy.sealing import Sealing, said
from omnitui.services.secrecy.secrets import Secrets, env_ref
from omnitui.store import accounts, chain, oplog
from omnitui.store.cache import Cache
from omnitui.store.chain import Fault, Verdict
from omnitui.store.faults import CacheBusy
from tests.support.desk import a_cache, a_conversation
from tests.support.promises import Promise
from tests.support.secrets import FakeChain


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    for name in (VARIABLE, DESCRIPTOR, COMMAND):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("omnitui.services.secrecy.vault._N", 16)
    monkeypatch.setattr("omnitui.services.secrecy.sealing.REST_SECONDS", 0.01)
    profile = Profile("desk", tmp_path / "config", tmp_path / "data", tmp_path / "state")
    profile.make()
    return profile


@pytest.fixture
def cache(home: Profile) -> Iterator[Cache]:
    with a_cache(home.data) as cache:
        yield cache


@pytest.fixture
def service() -> FakeChain:
    return FakeChain()


@pytest.fixture
def sealing(home: Profile, cache: Cache, service: FakeChain) -> Sealing:
    return opened(home, cache, service)


def opened(home: Profile, cache: Cache, service: FakeChain) -> Sealing:
    """The sealing of another run."""
    return Sealing(home, cache, Secrets(home, keychain=Keychain(lambda: service)))


def act(cache: Cache, count: int = 3) -> None:
    conversation = a_conversation(cache)
    for _ in range(count):
        op = Op(
            cache.ids.new(), cache.ids.new(), cache.clock.now(), cache.me().id, Verb.PRIORITY, ObjectKind.CONVERSATION,
            conversation.id, conversation.account_id, {"priority": "normal"}, {"priority": "high"}, 1,
            conversation_id=conversation.id,
        )  # fmt: skip
        cache.write(partial(oplog.append, op=op))


def keep_secrets_in(cache: Cache, ref: str) -> None:
    """An account whose password lies at `ref`."""
    cache.write(lambda tx: accounts.put_account(tx, Account(tx.ids.new(), "email", "mail", secret_ref=ref)))


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def cut_off(cache: Cache) -> None:
    """Remove the newest op with all that hangs on it."""
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER op_is_kept")
        for table, column in (("op", "pk"), ("op_payload", "op_pk"), ("op_seal", "op_pk")):
            db.execute(f"DELETE FROM {table} WHERE {column} = (SELECT max({column}) FROM {table})")


def test_log_is_sealed_by_itself_where_accounts_use_the_secret_service(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing
) -> None:
    keep_secrets_in(cache, "service:desk/x/password")
    act(cache)
    sealing.start()
    until(lambda: sealing.verify()[0].sealed == 3)
    with a_cache(home.data) as other:
        act(other)  # by a process without the key
    until(lambda: sealing.verify()[0].sealed == 6)
    sealing.stop()
    assert sealing.place == "service"
    verdict, keyed = opened(home, cache, service).verify()
    assert (verdict.fault, verdict.sealed, keyed) == (None, 6, True)
    assert said(verdict, keyed) == "6 ops are as they were written, and sealed"
    assert all(secret not in file.read_text() for secret in service.kept.values() for file in home.data.glob("*.json"))


@pytest.mark.parametrize("error", [CacheBusy("locked"), OSError("no room"), sqlite3.OperationalError("odd")])
def test_sealing_goes_on_after_it_failed_once(
    cache: Cache, sealing: Sealing, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    act(cache)
    sealing.set_up("service")
    failed: list[bool] = []
    seal_tail = chain.seal_tail

    def failing(*arguments: Any) -> Verdict:
        if len(failed) < 2:
            failed.append(True)
            raise error
        return seal_tail(*arguments)

    monkeypatch.setattr(chain, "seal_tail", failing)
    sealing.start()
    until(lambda: len(failed) == 1)
    act(cache, 1)
    until(lambda: len(failed) == 2)
    act(cache, 1)
    until(lambda: sealing.verify()[0].sealed == 5)
    sealing.stop()


def test_log_that_is_known_to_be_wrong_is_walked_again_only_when_it_is_accepted(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(cache)
    sealing.set_up("service")
    sealing.seal()
    cut_off(cache)
    walked: list[Verdict] = []
    seal_tail = chain.seal_tail

    def counted(*arguments: Any) -> Verdict:
        walked.append(seal_tail(*arguments))
        return walked[-1]

    monkeypatch.setattr(chain, "seal_tail", counted)
    running = opened(home, cache, service)
    looked: list[bool] = []
    go_on = running._go_on

    def noticed(key: bytes, *, stored: bool = False) -> None:
        go_on(key, stored=stored)
        looked.append(True)

    monkeypatch.setattr(running, "_go_on", noticed)
    running.start()
    until(lambda: len(looked) == 1)
    for count in (2, 3):
        act(cache, 1)
        until(partial(lambda count: len(looked) >= count, count))
    assert [verdict.fault for verdict in walked] == [Fault.END]
    assert opened(home, cache, service).seal(accept=True).fault is None
    act(cache, 1)
    until(lambda: len(walked) >= 3)
    assert walked[-1].fault is None
    running.stop()


def test_processes_that_start_at_once_have_one_key(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_secrets_in(cache, "service:desk/x/password")
    act(cache)
    together = threading.Barrier(2)
    store_in_use = Sealing._store_in_use

    def at_once(self: Sealing) -> str | None:
        found = store_in_use(self)
        together.wait(60)  # both have seen that there is no key
        return found

    monkeypatch.setattr(Sealing, "_store_in_use", at_once)
    both = (sealing, opened(home, cache, service))
    with ThreadPoolExecutor(2) as pool:
        keys = list(pool.map(lambda one: one._fetched(asking=False), both))
    assert keys[0] is not None
    assert keys[0] == keys[1]
    assert len(service.kept) == 1


def test_nobody_is_asked_and_nothing_is_sealed_without_a_store_in_use(
    home: Profile, cache: Cache, sealing: Sealing
) -> None:
    keep_secrets_in(cache, "env:PASSWORD")
    act(cache)
    sealing.start()
    sealing.stop()
    verdict, keyed = sealing.verify()
    assert (verdict.fault, verdict.sealed, keyed) == (None, 0, False)
    assert "no seals" in said(verdict, keyed)
    assert not home.vault_file.exists()
    with pytest.raises(ConfigError):
        sealing.seal()


def test_key_in_a_locked_vault_is_not_asked_for_by_itself(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(cache)
    monkeypatch.setenv(VARIABLE, "correct horse")
    sealing.set_up("vault")
    assert sealing.seal().sealed == 3
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr("omnitui.services.secrecy.secrets.passphrase", lambda **_kw: pytest.fail("somebody was asked"))
    verdict, keyed = opened(home, cache, service).verify(asking=False)
    assert (verdict.fault, verdict.sealed, keyed) == (None, 3, False)


def test_key_of_ones_own_is_fetched_and_has_to_be_long(
    cache: Cache, sealing: Sealing, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(cache)
    monkeypatch.setenv("LOG_KEY", "too short")
    with pytest.raises(ConfigError, match="16"):
        sealing.set_up(ref=env_ref("LOG_KEY"))
    monkeypatch.setenv("LOG_KEY", "long enough for a key")
    sealing.set_up(ref=env_ref("LOG_KEY"))
    assert sealing.seal().sealed == 3
    assert sealing.place == "env"
    with pytest.raises(Refused):
        sealing.set_up("service")


def test_end_that_was_cut_off_is_found_out_though_the_record_beside_the_cache_is_gone(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing, promise: Promise
) -> None:
    act(cache)
    sealing.set_up("service")
    sealing.seal()
    cut_off(cache)
    assert sealing.verify(asking=False)[0].fault is Fault.END
    home.log_end_file.unlink()
    assert sealing.verify()[0].fault is Fault.END
    assert sealing.verify(asking=False)[0].fault is Fault.END
    assert sealing.seal().fault is Fault.END
    assert sealing.seal(accept=True).fault is None
    assert opened(home, cache, service).verify()[0].sealed == 2
    promise(
        "Whoever changes or shortens the log of what was done is found out.",
        "1 log whose end was cut off with the record of it: found out",
    )


def test_homes_whose_profiles_have_one_name_share_neither_key_nor_end(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing, tmp_path: Path
) -> None:
    act(cache)
    sealing.set_up("service")
    sealing.seal()
    other = Profile(home.name, tmp_path / "2" / "config", tmp_path / "2" / "data", tmp_path / "2" / "state")
    other.make()
    with a_cache(other.data) as another:
        act(another, 1)
        theirs = opened(other, another, service)
        theirs.set_up("service")
        assert theirs.seal().sealed == 1
    home.log_end_file.unlink()
    verdict, keyed = opened(home, cache, service).verify()
    assert (verdict.fault, verdict.sealed, keyed) == (None, 3, True)


def test_key_and_end_under_the_profiles_name_alone_stay_valid(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing
) -> None:
    act(cache)
    Protection(home).keep(
        "log", ref=Secrets(home, keychain=Keychain(lambda: service)).keep("service", "log", "key", "k")
    )
    sealing.seal()
    assert {name for _service, name in service.kept} == {"desk/log/key", "desk/log/end"}
    cut_off(cache)
    home.log_end_file.unlink()
    assert opened(home, cache, service).verify()[0].fault is Fault.END


def test_older_state_of_everything_is_found_out_by_an_end_noted_elsewhere(
    home: Profile, cache: Cache, service: FakeChain, sealing: Sealing
) -> None:
    act(cache)
    sealing.set_up("service")
    sealing.seal()
    record, stored = home.log_end_file.read_text(), dict(service.kept)
    act(cache, 1)
    sealing.seal()
    noted = told(sealing.verify()[0].head)
    assert sealing.verify(noted)[0].fault is None
    cut_off(cache)
    home.log_end_file.write_text(record)
    service.kept = stored
    assert sealing.verify()[0].fault is None
    assert sealing.verify(noted)[0].fault is Fault.END
    with pytest.raises(UsageError):
        sealing.verify("4:nonsense")
