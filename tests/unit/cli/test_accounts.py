"""Accounts from the shell, with a back end that knows one password."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from omnitui.errors import ConfigError, NotFound
from omnitui.sdk import AuthFailed, Context, Directory, Health, Manifest, NotReady, Secret, Setting
from omnitui.sdk.capabilities import Capabilities, Idempotency
from omnitui.services.channels import connectors
from omnitui.store.reads import accounts
from omnitui.sync.lease import Lease
from tests.support.command import Desk
from tests.support.desk import a_conversation, an_account

PASSWORD = "pa55-w0rd-9b1"


class FakeConnector:
    """A back end that knows one password."""

    manifest = Manifest(
        kind="fake",
        title="Fake desk",
        channels=("email",),
        settings=(
            Setting("address", "Our address"),
            Setting("port", "Port", default="993", kind="int"),
            Setting("security", "Encryption", default="tls", choices=("tls", "none")),
            Setting("archive", "File resolved mail", default="no", kind="bool"),
        ),
        secrets=(Secret("password", "Password"), Secret("api_token", "Token", required=False)),
    )
    made: list[Context] = []  # noqa: RUF012 - what the tests look at

    def __init__(self, context: Context) -> None:
        self.context = context
        self.made.append(context)

    def capabilities(self, channel: str = "") -> Capabilities:
        return Capabilities(Idempotency.DEDUPLICATED, can_start=True)

    async def check(self) -> Health:
        if self.context.secrets.get("password") != PASSWORD:
            return Health(ok=False, message="login refused", hint="check the password")
        return Health(ok=True, message="fine", learnt={"sent_filed_by_server": "yes"})

    async def directory(self) -> Directory:
        return Directory(agents=(("bo@example.com", "Bo"),), inboxes=(("email", "second@example.com"),))

    async def close(self) -> None:
        pass


class FakePoint:
    dist = None

    def __init__(self, name: str, found: object) -> None:
        self.name = name
        self.found = found

    def load(self) -> object:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    future = type("Future", (), {"manifest": Manifest("future", "Of later", ("email",), sdk_version=99)})
    points = [
        FakePoint("fake", FakeConnector),
        FakePoint("future", future),
        FakePoint("broken", ImportError("no module named slixmpp")),
        FakePoint("nasty", ValueError("body of a customer")),
    ]
    monkeypatch.setattr(connectors, "_points", lambda: points)
    monkeypatch.setattr("omnitui.services.secrecy.vault._N", 16)
    monkeypatch.setattr("omnitui.services.secrecy.keychain.secret_service", lambda: 1 / 0)
    monkeypatch.setattr(FakeConnector, "made", [])


ADD = ("account", "add", "fake", "--name", "Shop", "--address", "shop@example.com")


def test_account_is_added_checked_and_listed_with_its_secret_in_the_vault(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNITUI_VAULT_PASSPHRASE", "correct horse")
    ran = desk.run(*ADD, "--password-stdin", "--port", "1993", "--hold", "3", stdin=PASSWORD + "\n")
    assert ran.code == 0
    assert "fine" in ran.err
    listed = desk.run("account", "list", "--jsonl").objects[0]
    assert listed["id"] == ran.out.strip()
    assert (listed["name"], listed["kind"], listed["secrets"], listed["hold_seconds"]) == ("Shop", "fake", "vault", 3)
    assert listed["settings"] == {"address": "shop@example.com", "port": "1993", "sent_filed_by_server": "yes"}
    boxes = {box.address for box in desk.cache.read(accounts.inboxes)}
    assert boxes == {"shop@example.com", "second@example.com"}
    assert "Bo" in {agent.name for agent in desk.cache.read(accounts.agents)}
    assert desk.cache.read(accounts.capabilities, listed["id"])["email"]["can_start"] is True
    files = [path for folder in (desk.profile.data, desk.profile.state) for path in folder.rglob("*") if path.is_file()]
    assert desk.profile.vault_file in files
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
    assert PASSWORD not in desk.run("account", "list").out


def test_defaults_and_secrets_reach_the_connector(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    desk.run(*ADD, "--password-env", "SHOP_PASSWORD", "--api-token-command", "printf", "tok")
    context = FakeConnector.made[-1]
    assert context.settings["port"] == "993"
    assert context.settings["security"] == "tls"
    assert context.secrets == {"password": PASSWORD, "api_token": "tok"}


def test_secret_from_a_command_is_asked_for_each_time(desk: Desk) -> None:
    command = f"{sys.executable} -c \"print('{PASSWORD}')\""
    assert desk.run(*ADD, "--password-command", command).code == 0
    assert FakeConnector.made[-1].secrets == {"password": PASSWORD}
    assert desk.run("account", "list", "--jsonl").objects[0]["secrets"] == "command"
    assert desk.run("account", "check", "Shop").code == 0


def test_check_that_fails_keeps_the_account_and_says_what_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", "wrong")
    ran = desk.run(*ADD, "--password-env", "P")
    assert ran.code == 0
    assert "login refused" in ran.err
    assert "check the password" in ran.err
    checked = desk.run("account", "check", "--json")
    assert checked.code == 1
    assert checked.object["items"][0]["ok"] is False
    assert checked.object["items"][0]["type"] == "health"


@pytest.mark.parametrize("fault", [NotReady("no route"), AuthFailed("refused", hint="new password")])
def test_check_turns_faults_into_words(desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    async def check(self: FakeConnector) -> Health:
        raise fault

    monkeypatch.setattr(FakeConnector, "check", check)
    monkeypatch.setenv("P", PASSWORD)
    desk.run(*ADD, "--password-env", "P", "--no-check")
    ran = desk.run("account", "check", "Shop")
    assert ran.code == (3 if isinstance(fault, AuthFailed) else 1)
    assert str(fault) in ran.out


def test_secret_without_any_source_is_a_configuration_error_naming_the_options(desk: Desk) -> None:
    ran = desk.run(*ADD)
    assert ran.code == 3
    for option in ("--password-stdin", "--password-command", "--password-env"):
        assert option in ran.err
    assert desk.run("account", "list", "--jsonl").objects == []


def test_vault_without_a_passphrase_names_all_four_ways_and_adds_nothing(desk: Desk) -> None:
    ran = desk.run(*ADD, "--password-stdin", stdin=PASSWORD)
    assert ran.code == 3
    for word in (
        "OMNITUI_VAULT_PASSPHRASE,",
        "OMNITUI_VAULT_PASSPHRASE_FD",
        "OMNITUI_VAULT_PASSPHRASE_COMMAND",
        "terminal",
    ):
        assert word in ran.err
    assert desk.run("account", "list", "--jsonl").objects == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("account", "add", "fake", "--name", "X"), "--address"),
        ((*ADD, "--security", "maybe"), "tls"),
        ((*ADD, "--port", "many"), "--port"),
        ((*ADD, "--archive", "perhaps"), "yes"),
        ((*ADD, "--imap-host", "x"), "--imap-host"),
        ((*ADD, "--password-stdin", "--password-env", "P"), "--password-env"),
        (("account", "add", "fake", "--name", " ", "--address", "a@b.c"), "--name"),
    ],
)
def test_add_that_makes_no_sense_names_the_option(desk: Desk, words: tuple[str, ...], said: str) -> None:
    ran = desk.run(*words, stdin=PASSWORD)
    assert ran.code == 2
    assert said in ran.err


def test_name_is_taken_once_before_a_secret_is_asked_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("P", PASSWORD)
    desk.run(*ADD, "--password-env", "P")
    ran = desk.run(*ADD)
    assert ran.code == 1
    assert "Shop" in ran.err


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [("nope", 2, "fake"), ("future", 3, "99"), ("broken", 3, "slixmpp"), ("nasty", 3, "ValueError")],
)
def test_connector_that_cannot_be_used_is_named(desk: Desk, kind: str, code: int, said: str) -> None:
    ran = desk.run("account", "add", kind, "--name", "X")
    assert ran.code == code
    assert said in ran.err
    assert "customer" not in ran.err


def test_connectors_are_listed_with_their_faults(desk: Desk) -> None:
    ran = desk.run("connectors", "--jsonl")
    assert ran.code == 1
    found = {item["kind"]: item for item in ran.objects}
    assert found["fake"]["title"] == "Fake desk"
    assert "99" in found["future"]["fault"]
    assert found["fake"]["fault"] is None


def test_accounts_are_paused_resumed_and_removed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITUI_VAULT_PASSPHRASE", "correct horse")
    account_id = desk.run(*ADD, "--password-stdin", "--secrets", "vault", stdin=PASSWORD).out.strip()
    assert desk.run("account", "pause", "Shop", "--jsonl").objects[0]["paused"] is True
    assert desk.run("account", "resume", account_id, "--jsonl").objects[0]["paused"] is False
    folder = desk.profile.data / "connectors" / account_id
    assert folder.is_dir()
    assert desk.run("account", "remove", "Shop").code == 0
    assert desk.run("account", "list", "--jsonl").objects == []
    assert not folder.exists()
    from omnitui.services.secrecy.vault import Vault

    assert Vault(desk.profile.vault_file, lambda new: "correct horse").names() == []
    assert desk.run("account", "remove", "Shop").code == 1


def test_removed_account_comes_back_under_its_own_id_when_its_address_is_added_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("P", PASSWORD)
    fake = ("account", "add", "fake", "--name", "Support", "--no-check", "--password-env", "P")
    first = desk.run(*fake, "--address", "support@desk.example").out.strip()
    assert desk.run("account", "remove", "Support").code == 0
    other = desk.run(*fake, "--address", "sales@desk.example").out.strip()
    assert desk.run("account", "remove", "Support").code == 0
    again = desk.run(*fake, "--address", "Support@desk.example").out.strip()
    assert (again == first, other == first) == (True, False)
    assert [account["id"] for account in desk.run("account", "list", "--jsonl").objects] == [first]


def test_sync_of_nothing_says_how_to_begin(desk: Desk) -> None:
    ran = desk.run("sync")
    assert ran.code == 0
    assert "account add" in ran.err


@pytest.fixture
def syncing_elsewhere(desk: Desk) -> Iterator[None]:
    lease = Lease(desk.profile.state)
    assert lease.acquire()
    yield
    lease.release()


@pytest.mark.usefixtures("syncing_elsewhere")
def test_watching_is_refused_while_another_process_syncs(desk: Desk) -> None:
    an_account(desk.cache)
    ran = desk.run("sync", "--watch")
    assert ran.code == 1
    assert "syncing" in ran.err


def test_check_of_no_account_says_how_to_begin(desk: Desk) -> None:
    desk.cache.me()
    ran = desk.run("account", "check")
    assert (ran.code, ran.out) == (0, "")
    assert "omnitui account add KIND" in ran.err


def test_account_may_be_called_as_another_kind_is(desk: Desk) -> None:
    words = ["account", "add", "--name", "future", "fake", "--address", "shop@example.com", "--no-check"]
    ran = desk.run(*words, "--password-env", "SECRET")
    assert ran.code == 0, ran.err
    assert desk.run("account", "list").out.split()[1:3] == ["future", "fake"]


def test_mail_address_that_is_none_is_refused_and_nothing_recorded(desk: Desk) -> None:
    ran = desk.run("account", "add", "email", "--name", "X", "--address", "nonsense", "--imap-host", "h", "--no-check")
    assert ran.code == 2
    assert "--address" in ran.err
    assert desk.run("account", "list").out == ""


def test_sync_of_an_unknown_account_fails_before_anything_runs(desk: Desk) -> None:
    a_conversation(desk.cache)
    ran = desk.run("sync", "Nope")
    assert ran.code == 1
    assert "Nope" in ran.err


def test_load_of_an_unknown_kind_names_what_is_installed() -> None:
    with pytest.raises(NotFound) as caught:
        connectors.load("nope")
    assert "fake" in caught.value.hint
    with pytest.raises(ConfigError):
        connectors.load("future")
