"""Which hooks there are: of gateway.toml and of accounts, with their secrets, and whose token is whose."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from omnitui.config.gateway import GatewayFile, HookEntry, TokenEntry, load_gateway
from omnitui.errors import UsageError
from omnitui.model.accounts import Account
from omnitui.paths import profile
from omnitui.sdk import WebhookRequest
from omnitui.sdk.webhook import Verdict
from omnitui.services.channels import connectors
from omnitui.services.channels.webhooks import Hook, collect, hook_of, kinds, new_token, who
from omnitui.services.secrecy.secrets import Secrets, env_ref, joined
from tests.support.hooked import KIND, HookedConnector, signed

ID = "01J00000000000000000ABCDEF"


class Point:
    """An entry point."""

    dist = None

    def __init__(self, name: str, found: object) -> None:
        self.name = name
        self.load = lambda: found


class Silent:
    """A connector that nobody calls."""

    manifest = HookedConnector.manifest


class Choosy(HookedConnector):
    """A connector that is called where its account says so."""

    @staticmethod
    def is_called(settings: Mapping[str, str]) -> bool:
        return settings["colour"] == "blue"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connectors, "_points", lambda: [Point(KIND, HookedConnector), Point("silent", Silent), Point("choosy", Choosy)]
    )
    monkeypatch.setenv("NEW", "the-newest-secret")
    monkeypatch.setenv("OLD", "the-one-before-it")


def an_entry(**changed: Any) -> GatewayFile:
    values: dict[str, Any] = {"name": "shop", "kind": KIND, "settings": {}, "secrets": {"key": ("env:NEW",)}}
    return GatewayFile(hooks=(HookEntry(**{**values, **changed}),))


def an_account(name: str = "My Shop", kind: str = KIND, secret: str = "NEW", **settings: str) -> Account:
    return Account(ID, kind, name, settings, joined({"key": env_ref(secret)}))


def secrets() -> Secrets:
    return Secrets(profile())


def verdict(hook: Hook, secret: str) -> Verdict:
    headers = {name.lower(): value for name, value in signed(secret, b"x").items()}
    return hook.webhook.verify(WebhookRequest("POST", "https://x.example", (), headers, b"x"), 0)


def test_all_secrets_that_count_are_tried() -> None:
    found = collect(an_entry(secrets={"key": ("env:NEW", "env:OLD")}), [], secrets())
    kinds_of = [
        type(verdict(found.by_name["shop"], secret)).__name__
        for secret in ("the-newest-secret", "the-one-before-it", "x")
    ]
    assert kinds_of == ["Genuine", "Genuine", "Forged"]


def test_account_is_a_hook_under_its_own_name() -> None:
    found = collect(GatewayFile(), [an_account()], secrets())
    assert list(found.by_name) == ["my-shop"]
    assert found.by_name["my-shop"].account == "My Shop"
    assert type(verdict(found.by_name["my-shop"], "the-newest-secret")).__name__ == "Genuine"


@pytest.mark.parametrize(
    ("account", "name"),
    [
        (an_account("LINE  Shop!"), "line-shop"),
        (an_account("返品"), "00abcdef"),
        (an_account(hook="front"), "front"),
    ],
)
def test_name_of_an_accounts_hook(account: Account, name: str) -> None:
    assert hook_of(account) == name


def test_account_of_another_gateway_or_another_kind_is_no_hook_here() -> None:
    accounts = [an_account(gateway="https://elsewhere.example"), an_account(kind="silent")]
    assert collect(GatewayFile(), accounts, secrets()).by_name == {}
    assert collect(GatewayFile(), accounts, secrets()).faults == ()
    assert kinds(GatewayFile(), accounts) == {}


def test_account_that_is_read_in_another_way_is_no_hook() -> None:
    accounts = [an_account("Red", "choosy"), an_account("Blue", "choosy", colour="blue")]
    assert collect(GatewayFile(), accounts, secrets()).by_name.keys() == {"blue"}
    assert kinds(GatewayFile(), accounts) == {"blue": "choosy"}
    # What stands in gateway.toml is meant to be called.
    assert collect(an_entry(kind="choosy"), [], secrets()).by_name.keys() == {"shop"}


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (an_entry(secrets={"key": ("env:ABSENT",)}), "ABSENT"),
        (an_entry(secrets={}), "missing"),
        (an_entry(secrets={"kee": ("env:NEW",)}), "kee"),
        (an_entry(settings={"color": "x"}), "color"),
        (an_entry(kind="silent", secrets={}), "silent"),
        (an_entry(kind="none"), "none"),
    ],
)
def test_hook_that_cannot_be_made_is_told_and_hinders_no_other(file: GatewayFile, says: str) -> None:
    found = collect(file, [an_account()], secrets())
    assert list(found.by_name) == ["my-shop"]
    (fault,) = found.faults
    assert fault.startswith("shop: ")
    assert says in fault


def test_second_hook_of_a_name_is_told() -> None:
    found = collect(an_entry(), [an_account(hook="shop"), an_account(hook="No Name")], secrets())
    assert found.by_name["shop"].account == ""
    assert [fault.partition(":")[0] for fault in found.faults] == ["shop", "No Name"]
    # Both are called the same, whoever has it.
    assert kinds(an_entry(), [an_account(hook="shop")]) == {"shop": KIND}


def test_secret_in_a_file_comes_from_the_services_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    held = tmp_path / "line"
    held.write_text("from-a-credential\n")
    held.chmod(0o400)
    entry = an_entry(secrets={"key": ("file:line",)})
    found = collect(entry, [], secrets())
    assert type(verdict(found.by_name["shop"], "from-a-credential")).__name__ == "Genuine"
    held.chmod(0o604)
    assert "open to other users" in collect(entry, [], secrets()).faults[0]
    held.chmod(0o600)
    held.write_text("\n")
    assert "empty" in collect(entry, [], secrets()).faults[0]
    held.unlink()
    assert "cannot be read" in collect(entry, [], secrets()).faults[0]


def test_token_is_known_by_its_digest_alone(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    token = new_token(path, "desk", ["shop", "shop"])
    tokens = load_gateway(path).tokens
    assert tokens == (TokenEntry("desk", hashlib.sha256(token.encode()).hexdigest(), ("shop",)),)
    assert token not in path.read_text()
    assert who(tokens, token) == tokens[0]
    assert [who(tokens, other) for other in ("", token[:-1], token + "x", tokens[0].sha256, "\udcff")] == [None] * 5


@pytest.mark.parametrize(("name", "hooks"), [("Desk A", ["x"]), ("desk", []), ("desk", ["No!"])])
def test_token_of_no_name_or_no_hook_is_refused(tmp_path: Path, name: str, hooks: list[str]) -> None:
    with pytest.raises(UsageError):
        new_token(tmp_path / "gateway.toml", name, hooks)
    assert not (tmp_path / "gateway.toml").exists()
