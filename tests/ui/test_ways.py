"""Answering where the channel takes no free text: templates, tags, other channels; and what became of a message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.bus import AgentTypes
from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.model.conversations import Conversation
from omnitui.model.people import PICTURE
from omnitui.model.states import MessageKind, SendState, Status
from omnitui.sdk import Capabilities, Idempotency, Template, snapshot
from omnitui.services.session import Session
from omnitui.store import accounts, outbox
from omnitui.store.reads import drafts, history, oplog
from omnitui.store.reads import outbox as outbox_reads
from omnitui.ui.screens import links
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, an_account

CHAT = Capabilities(idempotency=Idempotency.FINDABLE, window=HOUR, templates=True, attachments=True, can_start=True)
TAGGED = replace(CHAT, templates=False, tag="HUMAN_AGENT", tag_window=7 * DAY)
MAIL = Capabilities(idempotency=Idempotency.FINDABLE, can_start=True, subject=True)
ORDER = Template("order_update", "en", "Hello {{name}}, {{order}} is here.", ("name", "order"))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def able(session: Session, account: str, capabilities: Capabilities) -> None:
    an_account(session.cache, account, capabilities=snapshot.take(lambda _channel: capabilities, ()))


def a_chat(session: Session, capabilities: Capabilities) -> Conversation:
    """A conversation whose window has closed."""
    able(session, "Chat", capabilities)
    owner = an_account(session.cache, "Chat")
    found = a_conversation(
        session.cache, "Where is it?", contact="Ann Stone", address="+4912", channel="whatsapp", account=owner
    )
    kept = snapshot.keep([ORDER, replace(ORDER, name="sorry", text="Sorry.", blanks=())])
    session.cache.write(lambda tx: accounts.set_templates(tx, owner.id, kept))
    assert isinstance(session.cache.clock, FrozenClock)
    session.cache.clock.advance(2 * HOUR)
    return found


async def test_template_is_chosen_filled_and_sent_while_the_text_stays_a_draft(session: Session) -> None:
    chat = a_chat(session, CHAT)
    contact = {"fields": {"Latest order": "E-5521 Matcha set"}}
    session.operations.set_contact(chat.contact_id, contact)
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("a template: ctrl+l")
        await person.type("Hi")
        await person.press("ctrl+s")
        await person.until(lambda: "the reply window has closed" in person.app.main.desk.notice[0])
        assert session.cache.read(outbox_reads.entries) == []
        await person.press("ctrl+l")
        await person.sees("an approved template …")
        await person.press("enter")
        await person.sees("Which template?")
        await person.type("order")
        await person.press("enter")
        await person.sees("Hello Ann, E-5521 is here.")
        await person.press("tab", "ctrl+u")
        await person.press("ctrl+s")
        await person.sees("still to be filled in: order")
        await person.type("E-7")
        await person.sees("Hello Ann, E-7 is here.")
        await person.press("ctrl+s")
        await person.sees("template held for undo")
    (entry,) = session.cache.read(outbox_reads.entries)
    assert entry.payload["fields"]["template"] == {"name": "order_update", "language": "en", "values": ["Ann", "E-7"]}
    assert session.cache.read(history.page, chat.id)[-1].kind is MessageKind.TEMPLATE
    assert [draft.text for draft in session.cache.read(drafts.drafts, chat.id)] == ["Hi"]


async def test_tag_needs_a_reason_and_keeps_it(session: Session) -> None:
    a_chat(session, TAGGED)
    async with a_console(session) as person:
        await person.press("r")
        await person.sees("a tag: ctrl+l")
        await person.type("Sorry")
        await person.press("ctrl+l")
        await person.sees("under the tag HUMAN_AGENT …")
        await person.press("enter")
        await person.sees("Why under the tag")
        await person.type("holiday")
        await person.press("ctrl+s")
        await person.sees("goes under the tag HUMAN_AGENT")
        await person.press("ctrl+s")
        await person.sees("held for undo")
    (entry,) = session.cache.read(outbox_reads.entries)
    assert entry.payload["fields"] == {"tag": "HUMAN_AGENT"}
    op = session.cache.read(oplog.op, entry.op_id)
    assert op is not None
    assert op.reason == "holiday"


@pytest.mark.parametrize("size", [(60, 20), (140, 40)])
async def test_draft_goes_on_in_the_conversation_of_another_channel(session: Session, size: tuple[int, int]) -> None:
    able(session, "Post", MAIL)
    post = an_account(session.cache, "Post")
    mail = a_conversation(session.cache, "An older mail", contact="Ann S", subject="Tea", account=post)
    chat = a_chat(session, TAGGED)
    session.operations.link(chat.contact_id, mail.contact_id, "said so")
    async with a_console(session, *size) as person:
        await person.until(lambda: person.app.main.desk.shown is not None)
        person.app.main.desk.go(chat.id)
        await person.press("g", "v")
        await person.sees("Answer how?")
        await person.press("escape")
        await person.type("By mail then")
        await person.press("ctrl+l")
        await person.sees("email ann.s@example.com · Tea")
        await person.type("tea")
        await person.press("enter")
        await person.sees("goes on from another channel")
        await person.sees("By mail then")
        await person.press("ctrl+s")
        await person.sees("goes on from whatsapp")
        await person.sees("u takes it back")
        await person.press("K")
        reel = person.app.main.history.reel
        await person.until(lambda: reel.current_message is not None and "goes on" in reel.current_message.text)
        await person.press("enter")
        await person.sees("goes on by email")
    (entry,) = session.cache.read(outbox_reads.entries)
    assert entry.conversation_id == mail.id
    assert session.cache.read(drafts.drafts, chat.id) == []
    assert mail.id[-6:] in session.cache.read(history.page, chat.id)[-1].text


async def test_conversation_begins_on_another_channel_with_what_is_written(session: Session) -> None:
    able(session, "Post", MAIL)
    post = an_account(session.cache, "Post")
    first = a_conversation(session.cache, "Old", contact="Ann S", account=post, status=Status.CLOSED)
    chat = a_chat(session, TAGGED)
    session.operations.link(chat.contact_id, first.contact_id, "said so")
    async with a_console(session) as person:
        await person.sees("Where is it?")
        await person.press("r")
        await person.type("By mail then")
        await person.press("ctrl+l")
        await person.sees("a new conversation")
        await person.type("email")
        await person.press("enter")
        await person.sees("NEW CONVERSATION")
        await person.sees("ann.s@example.com")
        await person.press("ctrl+s")
        await person.sees("held for undo")
    (entry,) = session.cache.read(outbox_reads.entries)
    assert entry.payload["channel"] == "email"
    assert entry.payload["text"] == "By mail then"
    assert entry.conversation_id is not None
    assert chat.id[-6:] in "".join(one.text for one in session.cache.read(history.page, entry.conversation_id))


async def test_unknown_message_is_asked_about_settled_or_sent_again_where_it_stands(session: Session) -> None:
    able(session, "Post", MAIL)
    mail = a_conversation(session.cache, "Hello?", account=an_account(session.cache, "Post"))
    op = session.operations.reply(mail.id, "We are on it", hold=0)

    def lose(tx: object) -> None:
        for state in (SendState.SENDING, SendState.UNKNOWN):
            outbox.move(tx, op.id, state, reason="cut")  # type: ignore[arg-type]

    session.cache.write(lose)
    async with a_console(session) as person:
        await person.sees("We are on it")
        await person.press("enter", "G", "!")
        await person.sees("ask the back end whether it arrived")
        await person.press("enter")
        await person.sees("the back end is asked")
        assert [entry.op_id for entry in session.cache.read(outbox.asked)] == [op.id]
        await person.press("!")
        await person.sees("mark it sent")
        await person.type("mark it")
        await person.press("enter")
        await person.sees("marked as sent")
        await person.press("!")
        await person.sees("nothing to decide")
    assert session.cache.read(outbox.asked) == []


async def test_what_an_agent_writes_to_a_customer_is_told_and_what_is_for_agents_alone_is_not(session: Session) -> None:
    chat = a_conversation(session.cache, "Hello?")
    told: list[AgentTypes] = []
    session.bus.subscribe(AgentTypes, told.append)
    async with a_console(session) as person:
        await person.press("n")
        await person.type("for us")
        await person.sees("for us")
        assert told == []
        await person.press("ctrl+t")
        await person.sees("REPLY")
        assert told == []
        await person.type("Hello")
        await person.until(lambda: [one.conversation_id for one in told] == [chat.id])


async def test_picture_of_a_customer_is_a_link_on_the_card(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = a_conversation(session.cache, "Hello?")
    session.operations.set_contact(chat.contact_id, {"fields": {PICTURE: "https://pictures.example/ann.png"}})
    followed: list[str] = []

    async def follow(_desk: object, url: str) -> None:
        followed.append(url)

    monkeypatch.setattr(links, "follow", follow)
    async with a_console(session) as person:
        await person.sees("Picture pictures.example")
        await person.press("tab", "tab", "G", "enter")
        await person.until(lambda: followed == ["https://pictures.example/ann.png"])
