"""A day of mail in the shell: real Dovecot, real SMTP, every step a verb."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.services.secrecy import vault
from tests.support.command import Desk, a_desk
from tests.support.mail_servers import MailServers, a_mail

pytestmark = pytest.mark.server


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("OMNITUI_VAULT_PASSPHRASE", "correct horse")
    # Tests of the vault itself are elsewhere; here it should only be there.
    monkeypatch.setattr(vault, "_N", 1 << 4)
    with a_desk(tmp_path / "home", capsys, monkeypatch) as made:
        yield made


def add(desk: Desk, servers: MailServers, address: str, *more: str, password: str = "secret") -> str:
    ran = desk.run(
        *("account", "add", "email", "--name", "Support", "--address", address, "--username", address),
        *("--imap-host", "127.0.0.1", "--imap-port", str(servers.dovecot.imap_port), "--imap-security", "none"),
        *("--smtp-host", "127.0.0.1", "--smtp-port", str(servers.smtp.port), "--smtp-security", "none"),
        *("--password-stdin", "--secrets", "vault"),
        *more,
        stdin=password,
    )
    assert ran.code == 0, ran.err
    return ran.err


def test_mail_is_fetched_answered_noted_and_resolved_from_the_shell(desk: Desk, servers: MailServers) -> None:
    ours, theirs = servers.user("support"), servers.user("customer")
    servers.deliver(ours, a_mail("返品について", "商品を返品したいです。", sender=f"田中 <{theirs}>", to=ours))
    add(desk, servers, ours, "--hold", "0")
    assert desk.run("sync", "--once").code == 0
    talk = desk.run("ls", "is:open", "--jsonl").objects[0]
    assert (talk["subject"], talk["channel"], talk["account"], talk["unread"]) == (
        "返品について",
        "email",
        "Support",
        1,
    )
    assert desk.run("search", "返品", "--jsonl").objects[0]["conversation_id"] == talk["id"]

    assert desk.run("note", talk["ref"], "--text", "倉庫に確認").code == 0
    assert desk.run("reply", talk["ref"], "-", stdin="承知しました。\n送り状をお送りします。\n").code == 0
    assert desk.run("sync", "--once").code == 0
    assert desk.run("resolve", talk["ref"], "--reason", "returns").code == 0
    assert desk.run("outbox", "--jsonl").objects == []

    answer = email.message_from_bytes(servers.messages(theirs)[0], policy=email.policy.default)
    question = email.message_from_bytes(servers.messages(ours)[0], policy=email.policy.default)
    assert answer["In-Reply-To"] == question["Message-ID"]
    assert answer["Subject"] == "Re: 返品について"
    assert "倉庫" not in answer.as_string()
    body = answer.get_body(("plain",))
    assert body is not None
    assert "送り状をお送りします。" in body.get_content()
    shown = desk.run("show", talk["id"], "--json").object
    assert (shown["status"], shown["messages"][-1]["state"]) == ("resolved", "accepted")

    reply = a_mail("Re: 返品について", "ありがとうございます。", sender=f"田中 <{theirs}>", to=ours)
    reply["In-Reply-To"] = answer["Message-ID"]
    servers.deliver(ours, reply)
    assert desk.run("sync", "--once").code == 0
    again = desk.run("show", talk["id"], "--json").object
    assert (again["status"], again["messages"][-1]["text"]) == ("open", "ありがとうございます。")


def test_wrong_password_is_said_when_the_account_is_added_and_at_every_sync(desk: Desk, servers: MailServers) -> None:
    said = add(desk, servers, servers.user("support"), password="wrong")
    assert "Support" in desk.run("account", "list").out
    assert said.strip()
    ran = desk.run("sync", "--once", "--jsonl")
    assert ran.code == 3
    assert ran.objects[0]["health"] == "auth"
    assert desk.run("account", "check", "Support").code == 3


def test_reply_to_a_dead_server_waits_and_can_be_taken_back(desk: Desk, servers: MailServers) -> None:
    ours, theirs = servers.user("support"), servers.user("customer")
    servers.deliver(ours, a_mail("Hello", "anyone?", sender=theirs, to=ours))
    add(desk, servers, ours, "--hold", "0", "--smtp-port", "9")
    assert desk.run("sync").code == 0
    ref = desk.run("ls", "--jsonl").objects[0]["ref"]
    op_id = desk.run("reply", ref, "--text", "here").out.strip()
    synced = desk.run("sync", "--once")
    assert (synced.code, f"{op_id} queued: " in synced.err) == (0, True)
    waiting = desk.run("outbox", "--jsonl").objects[0]
    assert (waiting["id"], waiting["state"], waiting["may_have_left"]) == (op_id, "queued", False)
    assert waiting["reason"]
    assert desk.run("outbox", "cancel", op_id).code == 0
    assert desk.run("outbox", "--jsonl").objects == []
    assert servers.messages(theirs) == []
