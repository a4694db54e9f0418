"""Where secrets come from, and that none is ever kept in clear text."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from omnitui.errors import ConfigError
from omnitui.paths import Profile
from omnitui.services.secrecy import passphrase as module
from omnitui.services.secrecy.keychain import Keychain, secret_service
from omnitui.services.secrecy.passphrase import COMMAND, DESCRIPTOR, VARIABLE, passphrase
from omnitui.services.secrecy.secrets import Secrets, command_ref, env_ref, joined, refs, stores
from omnitui.services.secrecy.vault import Vault
from tests.support.secrets import FakeChain

ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    for name in (VARIABLE, DESCRIPTOR, COMMAND):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("omnitui.services.secrecy.vault._N", 16)
    return Profile("desk", tmp_path / "config", tmp_path / "data", tmp_path / "state")


def nothing() -> FakeChain:
    raise RuntimeError("no bus")


def test_secret_service_is_chosen_when_it_answers(home: Profile) -> None:
    chain = FakeChain()
    secrets = Secrets(home, keychain=Keychain(lambda: chain))
    assert secrets.choose() == "service"
    ref = secrets.keep("service", ID, "password", "geheim")
    assert ref == f"service:desk/{ID}/password"
    assert "geheim" not in ref
    assert secrets.all(ref) == {"password": "geheim"}
    secrets.forget(ref)
    assert chain.kept == {}
    with pytest.raises(ConfigError, match="gone"):
        secrets.get(ref)


def test_renewed_secret_lies_where_the_old_one_did(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "correct horse")
    chain = FakeChain()
    secrets = Secrets(home, keychain=Keychain(lambda: chain))
    for store in ("service", "vault"):
        ref = joined({"password": secrets.keep(store, ID, "password", "old"), "other": env_ref("NAME")})
        assert secrets.renew(ref, "password", "new")
        assert secrets.get(refs(ref)["password"]) == "new"
        assert not secrets.renew(ref, "other", "new")
        assert not secrets.renew(ref, "unheard of", "new")


def test_vault_is_chosen_when_the_service_is_absent(home: Profile) -> None:
    secrets = Secrets(
        home, keychain=Keychain(nothing), vault=Vault(home.vault_file, lambda new: "correct horse battery")
    )
    assert secrets.choose() == "vault"
    ref = secrets.keep("vault", ID, "password", "geheim")
    assert secrets.get(ref) == "geheim"
    assert "geheim" not in home.vault_file.read_text()


def test_service_that_hangs_is_given_up(home: Profile) -> None:
    release = threading.Event()

    class Hanging(FakeChain):
        def get_password(self, service: str, username: str) -> str | None:
            release.wait(30)
            return None

    secrets = Secrets(home, keychain=Keychain(Hanging, limit=0.05))
    try:
        assert secrets.choose() == "vault"
        with pytest.raises(ConfigError, match="did not answer"):
            secrets.get("service:desk/x/password")
    finally:
        release.set()


def test_keyring_choice_by_priority_is_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring.backends.SecretService as backend

    monkeypatch.setattr("keyring.get_keyring", lambda: pytest.fail("keyring chose by itself"))
    monkeypatch.setattr(backend.Keyring, "viable", True)
    assert type(secret_service()) is backend.Keyring


def test_command_gives_its_first_line_without_a_shell(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "vault passphrase")
    script = f"import os; print(os.environ.get({VARIABLE!r}, 'clean') + '; $HOME'); print('second')"
    ref = command_ref([sys.executable, "-c", script])
    assert Secrets(home).get(ref) == "clean; $HOME"


@pytest.mark.parametrize("argv", [["/nonexistent/pass"], ["false"], ["true"]])
def test_command_that_fails_is_named(home: Profile, argv: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        Secrets(home).get(command_ref(argv))
    assert argv[0] in caught.value.message


def test_env_is_read_at_the_time_of_use(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="MAIL_PASSWORD"):
        Secrets(home).get(env_ref("MAIL_PASSWORD"))
    monkeypatch.setenv("MAIL_PASSWORD", "x1")
    assert Secrets(home).get(env_ref("MAIL_PASSWORD")) == "x1"


def test_ref_of_another_kind_is_refused(home: Profile) -> None:
    with pytest.raises(ConfigError, match="plain"):
        Secrets(home).get("plain:hunter2")
    with pytest.raises(ConfigError):
        Secrets(home).keep("plain", ID, "password", "hunter2")


def test_several_refs_are_joined_and_taken_apart() -> None:
    parts = {"password": "vault:a/b", "client_secret": "env:X"}
    assert refs(joined(parts)) == parts
    assert stores(joined(parts)) == "vault, env"
    assert joined({"password": "env:X"}) == "env:X"
    assert refs(joined({"token": "env:X"})) == {"token": "env:X"}
    assert refs("") == {}
    assert joined({}) == ""


def test_passphrase_without_any_source_names_all_four(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(ConfigError) as caught:
        passphrase()
    assert caught.value.exit_code == 3
    for name in (VARIABLE, DESCRIPTOR, COMMAND, "terminal"):
        assert name in caught.value.hint


def test_passphrase_comes_from_variable_descriptor_then_command(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMMAND, "printf 'from command\\nmore'")
    assert passphrase() == "from command"
    reader, writer = os.pipe()
    os.write(writer, b"from descriptor\n")
    os.close(writer)
    monkeypatch.setenv(DESCRIPTOR, str(reader))
    monkeypatch.setattr(module, "_read", {})
    assert passphrase() == "from descriptor"
    assert passphrase() == "from descriptor"
    monkeypatch.setenv(VARIABLE, "from variable")
    assert passphrase() == "from variable"


def test_passphrase_descriptor_that_is_none_is_named(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_read", {})
    monkeypatch.setenv(DESCRIPTOR, "nine")
    with pytest.raises(ConfigError, match=DESCRIPTOR):
        passphrase()


def test_nobody_is_asked_while_no_account_uses_the_vault(home: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets(home, vault=Vault(home.vault_file, lambda new: "p"))
    ref = secrets.keep("vault", ID, "password", "x")
    assert not secrets.needs_passphrase([ref])  # it is open: who would be asked again?
    secrets = Secrets(home)
    assert secrets.needs_passphrase([ref])
    assert not secrets.needs_passphrase(["env:X", ""])
    monkeypatch.setenv(VARIABLE, "p")
    assert not secrets.needs_passphrase([ref])
