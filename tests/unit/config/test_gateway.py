"""gateway.toml: what it may say, and what is said of what it may not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from omnitui.config.gateway import GatewayFile, TokenEntry, add_token, load_gateway, place_of
from omnitui.errors import ConfigError, Refused

DIGEST = "0" * 64


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "gateway.toml"


def load(path: Path, text: str) -> GatewayFile:
    path.write_text(text)
    path.chmod(0o600)
    return load_gateway(path)


def test_no_file_is_all_defaults(path: Path) -> None:
    assert load_gateway(path) == GatewayFile()
    assert place_of(GatewayFile().settings.listen, path) == ("127.0.0.1", 8787)


def test_hooks_have_settings_and_places_of_secrets(path: Path) -> None:
    found = load(
        path,
        'public_url = "https://x.example/in"\ndays = 7\n'
        '[[hook]]\nname = "shop"\nkind = "line"\ntests = true\nport = 5\n'
        'secret.a = {env = "A"}\nsecret.b = [{command = ["pass", "b"]}, {file = "old"}]\n'
        f'[[token]]\nname = "desk"\nsha256 = "{DIGEST}"\nhooks = ["shop"]\n',
    )
    (hook,) = found.hooks
    assert (found.settings.public_url, found.settings.days) == ("https://x.example/in", 7)
    assert (hook.name, hook.kind, hook.settings) == ("shop", "line", {"tests": "yes", "port": "5"})
    assert hook.secrets == {"a": ("env:A",), "b": ('command:["pass", "b"]', "file:old")}
    assert found.tokens == (TokenEntry("desk", DIGEST, ("shop",)),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('lissten = "x"', "lissten"),
        ('listen = "8787"', "listen"),
        ('listen = "127.0.0.1:99999"', "listen"),
        ('public_url = "hooks.example.com"', "public_url"),
        ('public_url = "https://x.example/?a"', "public_url"),
        ("days = 0", "days"),
        ("hook = 5", "hook"),
        ('[[hook]]\nkind = "line"', "name"),
        ('[[hook]]\nname = "Shop!"\nkind = "line"', "name"),
        ('[[hook]]\nname = "shop"', "kind"),
        ('[[hook]]\nname = "a"\nkind = "b"\nsecret.x = "plain"', "must not stand there"),
        ('[[hook]]\nname = "a"\nkind = "b"\nsecret.x = {enw = "X"}', "enw"),
        ('[[hook]]\nname = "a"\nkind = "b"\nsecret.x = {command = "pass x"}', "x.command"),
        ('[[hook]]\nname = "a"\nkind = "b"\ncolour = ["x"]', "colour"),
        ('[[hook]]\nname = "a"\nkind = "b"\nsecret = 5', "secret"),
        ('[[hook]]\nname = "a"\nkind = "b"\n[[hook]]\nname = "a"\nkind = "c"', "twice"),
        ('[[token]]\nname = "a"\nsha256 = "x"\nhooks = []', "digest"),
        ('[[token]]\nname = "a"', "sha256"),
        ("[", "TOML"),
    ],
)
def test_what_does_not_fit_is_named_with_the_file(path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load(path, text)
    assert str(path) in raised.value.message
    assert says in raised.value.message


def test_file_that_others_may_read_is_refused(path: Path) -> None:
    path.write_text("")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="open to other users"):
        load_gateway(path)


@pytest.mark.parametrize("listen", ["[::1]:80", "0.0.0.0:80", "localhost:80"])
def test_addresses_of_both_kinds_can_be_listened_at(path: Path, listen: str) -> None:
    host, port = place_of(listen, path)
    assert (host in ("::1", "0.0.0.0", "localhost"), port) == (True, 80)


@pytest.mark.parametrize("before", ["", "days = 3", '# words\n[[hook]]\nname = "a"\nkind = "b"\n', "days = 3 # last"])
def test_token_is_added_behind_all_that_stands_there(path: Path, before: str) -> None:
    if before:
        load(path, before)
    add_token(path, TokenEntry("desk", DIGEST, ("a", "b")))
    add_token(path, TokenEntry("other", DIGEST, ("a",)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert [token.name for token in load_gateway(path).tokens] == ["desk", "other"]
    assert path.read_text().startswith(before)
    assert {key: value for key, value in tomllib.loads(path.read_text()).items() if key != "token"} == tomllib.loads(
        before
    )
    with pytest.raises(Refused):
        add_token(path, TokenEntry("desk", DIGEST, ()))
