"""The encrypted file of secrets."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from omnitui.errors import ConfigError
from omnitui.services.secrecy import vault as module
from omnitui.services.secrecy.vault import Vault


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_N", 1 << 4)
    monkeypatch.setattr(module, "_P", 1)


def a_vault(folder: Path, passphrase: str = "correct horse") -> Vault:
    return Vault(folder / "data" / "vault.json", lambda new: passphrase)


def test_vault_gives_back_what_was_put_after_a_restart(tmp_path: Path) -> None:
    a_vault(tmp_path).put("a/password", "pässwörd 秘密")
    a_vault(tmp_path).put("b/password", "second")
    again = a_vault(tmp_path)
    assert again.get("a/password") == "pässwörd 秘密"
    assert again.get("nothing") is None
    assert again.names() == ["a/password", "b/password"]


def test_vault_file_shows_neither_secret_nor_name_and_is_private(tmp_path: Path) -> None:
    vault = a_vault(tmp_path)
    vault.put("support/password", "hunter2hunter2")
    raw = vault.path.read_bytes()
    assert b"hunter2" not in raw
    assert b"support" not in raw
    assert vault.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in vault.path.parent.iterdir() if ".new" in path.name] == []


def test_vault_never_uses_a_nonce_twice(tmp_path: Path) -> None:
    vault = a_vault(tmp_path)
    seen = set()
    for number in range(5):
        vault.put("a", str(number))
        envelope = json.loads(vault.path.read_text())
        seen.add((envelope["salt"], envelope["nonce"]))
    assert len(seen) == 5


def test_vault_refuses_a_wrong_passphrase_and_stays_as_it_was(tmp_path: Path) -> None:
    vault = a_vault(tmp_path)
    vault.put("a", "x")
    before = vault.path.read_bytes()
    with pytest.raises(ConfigError, match="passphrase"):
        a_vault(tmp_path, "wrong").get("a")
    with pytest.raises(ConfigError, match="passphrase"):
        a_vault(tmp_path, "wrong").put("b", "y")
    assert vault.path.read_bytes() == before


def test_vault_asks_again_after_a_wrong_passphrase(tmp_path: Path) -> None:
    a_vault(tmp_path).put("a", "x")
    answers = iter(["wrong", "correct horse"])
    vault = Vault(tmp_path / "data" / "vault.json", lambda new: next(answers))
    with pytest.raises(ConfigError):
        vault.unlock()
    assert vault.get("a") == "x"


@pytest.mark.parametrize("part", ["salt", "nonce", "data"])
def test_vault_notices_a_changed_byte(tmp_path: Path, part: str) -> None:
    vault = a_vault(tmp_path)
    vault.put("a", "x")
    envelope = json.loads(vault.path.read_text())
    text = envelope[part]
    envelope[part] = ("B" if text[0] != "B" else "C") + text[1:]
    vault.path.write_text(json.dumps(envelope))
    with pytest.raises(ConfigError):
        a_vault(tmp_path).get("a")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"v": 2}', '{"v":1,"kdf":"scrypt","salt":"","n":9999999999,"r":8,"p":1}']
)
def test_vault_refuses_what_it_did_not_write(tmp_path: Path, text: str) -> None:
    vault = a_vault(tmp_path)
    vault.path.parent.mkdir()
    vault.path.write_text(text)
    vault.path.chmod(0o600)
    with pytest.raises(ConfigError):
        vault.get("a")
    with pytest.raises(ConfigError):
        vault.put("a", "would replace a file of somebody else's")
    assert vault.path.read_text() == text


def test_vault_refuses_a_file_that_others_may_read(tmp_path: Path) -> None:
    vault = a_vault(tmp_path)
    vault.put("a", "x")
    vault.path.chmod(0o640)
    with pytest.raises(ConfigError) as caught:
        vault.get("a")
    assert "chmod 600" in caught.value.hint


def test_vault_forgets_on_demand(tmp_path: Path) -> None:
    vault = a_vault(tmp_path)
    vault.put("a", "x")
    vault.put("b", "y")
    vault.drop("a")
    vault.drop("never there")
    assert a_vault(tmp_path).names() == ["b"]


def test_vault_loses_nothing_when_several_write_at_once(tmp_path: Path) -> None:
    def work(number: int) -> None:
        a_vault(tmp_path).put(f"name{number}", str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(a_vault(tmp_path).names()) == 12
