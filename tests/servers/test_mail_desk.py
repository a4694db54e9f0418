"""The whole desk over real mail servers: from the customer's mailbox to the cache and back, killed at every step."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnitui.main import main
from omnitui.paths import profile
from omnitui.services.secrecy import vault
from tests.support.command import Desk, a_desk
from tests.support.forked import cut
from tests.support.mail_servers import MailServers, a_mail

pytestmark = pytest.mark.server

IN = ("blob.written", "blob.named", "ingest.blobs", "ingest.applied", "ingest.committed")
OUT = ("outbox.taken", "outbox.checked", "outbox.sending", "outbox.marked", "outbox.performed", "outbox.settled")
PASSPHRASE = "correct horse"


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("OMNITUI_VAULT_PASSPHRASE", PASSPHRASE)
    # Tests of the vault itself are elsewhere; here it should only be there.
    monkeypatch.setattr(vault, "_N", 1 << 4)
    with a_desk(tmp_path / "home", capsys, monkeypatch) as made:
        yield made


def add(desk: Desk, servers: MailServers, address: str) -> None:
    ran = desk.run(
        *("account", "add", "email", "--name", "Support", "--address", address, "--username", address),
        *("--imap-host", "127.0.0.1", "--imap-port", str(servers.dovecot.imap_port), "--imap-security", "none"),
        *("--smtp-host", "127.0.0.1", "--smtp-port", str(servers.smtp.port), "--smtp-security", "none"),
        *("--password-stdin", "--secrets", "vault", "--hold", "0"),
        stdin="secret",
    )
    assert ran.code == 0, ran.err


def killed(failpoint: str = "", born: Callable[[int], object] = lambda _pid: None) -> bool:
    """Whether `omnitui sync --once` ends at a failpoint, in a process of its own; `born` is told its id."""

    def sync() -> None:
        assert main(["sync", "--once"]) == 0

    return cut(sync, profile().state / "errors", failpoint=failpoint, born=born)


def conversation(desk: Desk) -> dict[str, Any]:
    (found,) = desk.run("ls", "--jsonl").objects
    return desk.run("show", found["id"], "--json").object


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def asked(desk: Desk, servers: MailServers, customer: str) -> str:
    """A desk on which a customer has asked something; its conversation's ref."""
    ours = servers.user("support")
    servers.deliver(ours, a_mail("Parcel", sender=customer, to=ours), customer)
    add(desk, servers, ours)
    assert desk.run("sync", "--once").code == 0
    return str(conversation(desk)["ref"])


@pytest.mark.parametrize("failpoint", IN)
def test_a_kill_while_mail_comes_in_loses_and_repeats_nothing(desk: Desk, servers: MailServers, failpoint: str) -> None:
    ours = servers.user("support")
    for number in range(4):
        mail = a_mail(f"Matter {number}", sender=f"c{number}@example.test", to=ours)
        servers.deliver(ours, mail, f"c{number}@example.test")
    add(desk, servers, ours)
    assert killed(f"{failpoint}:2")
    assert not killed()
    assert sorted(talk["subject"] for talk in desk.run("ls", "--jsonl").objects) == [f"Matter {n}" for n in range(4)]


@pytest.mark.parametrize("failpoint", OUT)
def test_a_kill_while_a_reply_goes_out_never_sends_it_twice_or_hides_it(
    desk: Desk, servers: MailServers, failpoint: str
) -> None:
    customer = servers.user("customer")
    ref = asked(desk, servers, customer)
    assert desk.run("reply", ref, "--text", "It left yesterday.").code == 0
    assert killed(failpoint)
    assert not killed()
    copies = len(servers.messages(customer))
    state = conversation(desk)["messages"][-1]["state"]
    if failpoint == "outbox.marked":
        # Past the mark a copy may have left, and this server's Sent folder proves nothing by absence.
        assert (state, copies) == ("unknown", 0)
    else:
        assert (state, copies) == ("accepted", 1)


def test_a_kill_while_the_server_thinks_leaves_it_unknown_and_the_agent_settles_it(
    desk: Desk, servers: MailServers
) -> None:
    customer = servers.user("slow")
    ref = asked(desk, servers, customer)
    op_id = desk.run("reply", ref, "--text", "It left yesterday.").out.strip()

    def end(pid: int) -> None:
        # It has left, and the server takes its time to say so.
        until(lambda: servers.messages(customer))
        assert desk.run("outbox", "--jsonl").objects[0]["may_have_left"]
        os.kill(pid, signal.SIGKILL)

    assert killed(born=end)
    assert not killed()
    assert conversation(desk)["messages"][-1]["state"] == "unknown"
    assert desk.run("outbox", "settle", op_id, "--sent").code == 0
    assert not killed()
    assert conversation(desk)["messages"][-1]["state"] == "accepted"
    assert len(servers.messages(customer)) == 1


def test_a_sent_mail_that_comes_back_from_the_sent_folder_is_the_same_message(desk: Desk, servers: MailServers) -> None:
    customer = servers.user("customer")
    ref = asked(desk, servers, customer)
    desk.run("reply", ref, "--text", "It left yesterday.")
    assert desk.run("sync", "--once").code == 0
    account = conversation(desk)
    ours = servers.smtp.accepted[-1].mail_from
    assert ours is not None
    # A sync may end before our copy is filed; a later one files it and reads it back.
    assert desk.run("sync", "--once").code == 0
    assert desk.run("sync", "--once").code == 0
    assert len(servers.messages(ours, "Sent")) == 1
    assert [message["direction"] for message in conversation(desk)["messages"]] == ["incoming", "outgoing"]
    assert conversation(desk)["id"] == account["id"]


def test_a_bounce_marks_the_reply_failed_with_its_reason(desk: Desk, servers: MailServers) -> None:
    customer = servers.user("returned")
    ref = asked(desk, servers, customer)
    desk.run("reply", ref, "--text", "It left yesterday.")
    assert desk.run("sync", "--once").code == 0
    assert desk.run("sync", "--once").code == 0
    sent = next(message for message in conversation(desk)["messages"] if message["direction"] == "outgoing")
    assert sent["state"] == "failed"
    assert "user unknown" in sent["reason"]


def test_reading_here_is_reading_there_and_the_other_way_round(desk: Desk, servers: MailServers) -> None:
    customer = servers.user("customer")
    ref = asked(desk, servers, customer)
    (talk,) = desk.run("ls", "--jsonl").objects
    assert talk["unread"] == 1
    assert desk.run("read", ref).code == 0
    assert desk.run("label", ref, "--add", "vip").code == 0
    assert desk.run("sync", "--once").code == 0
    ours = desk.run("show", ref, "--json").object["messages"][0]["to"][0]
    assert {"\\Seen", "vip"} <= servers.flags(ours)[1]
    # Somebody undoes it there before the mailbox has reported back what we did.
    with servers.mailbox(ours) as other:
        other.uid("STORE", "1", "-FLAGS.SILENT", "(\\Seen vip)")
    assert desk.run("sync", "--once").code == 0
    (talk,) = desk.run("ls", "--jsonl").objects
    assert (talk["unread"], talk["labels"]) == (1, [])
