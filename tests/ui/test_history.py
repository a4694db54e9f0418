"""The history and the card by keys alone, as they are seen on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from omnitui.errors import Refused
from omnitui.ids import Ulid
from omnitui.model.conversations import Attachment, Message
from omnitui.model.states import Direction, MessageKind, Priority, SendState, Status
from omnitui.services.session import Session
from omnitui.store.arriving import inflow
from omnitui.store.reads import drafts, history, people
from omnitui.ui.outside import opening
from omnitui.ui.outside.opening import opener
from omnitui.ui.timeline.reel import MAX_LOADED
from tests.support.console import a_console, a_session
from tests.support.desk import a_contact, a_conversation, a_message

OUT = Direction.OUTGOING


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


def a_note(session: Session, conversation_id: Ulid, text: str) -> Message:
    session.operations.note(conversation_id, text)
    return session.cache.read(history.page, conversation_id)[-1]


def a_file(session: Session, conversation_id: Ulid, name: str, kind: str, data: bytes) -> Message:
    """A message with one file whose bytes are here."""
    cache = session.cache
    message = a_message(cache, conversation_id, "see the file")
    digest = cache.blobs.put(data)
    fresh = replace(
        message,
        id=cache.ids.new(),
        received_at=cache.clock.now(),
        attachments=(Attachment(cache.ids.new(), "", name, kind, len(data), digest),),
    )
    cache.write(lambda tx: inflow.put_message(tx, fresh), durable=False)
    return fresh


async def test_timeline_has_all_channels_and_the_same_key_leads_back(session: Session) -> None:
    cache = session.cache
    chat = a_conversation(cache, "by chat", channel="line", address="U-1", contact="Ann Line", subject="Chat matter")
    mail = a_conversation(cache, "by mail", subject="Mail matter", status=Status.RESOLVED)
    session.operations.link(chat.contact_id, mail.contact_id)
    a_message(cache, chat.id, "chat again")
    async with a_console(session, 140, 40) as person:
        await person.sees("Chat matter")
        await person.press("T")
        await person.sees("Everything with Ann Line")
        await person.sees("══ email · Mail matter · resolved")
        screen = person.screen
        assert screen.index("by mail") < screen.rindex("chat again")
        assert "Ann Line · line" in screen
        await person.press("K")
        assert person.app.main.history.reel.current_message is not None
        assert person.app.main.history.reel.current_message.text == "by mail"
        await person.press("enter")
        await person.until(lambda: person.app.main.desk.shown == mail.id)
        await person.misses("Everything with")
        await person.press("T")
        await person.sees("Everything with Ann")
        await person.press("T")
        await person.misses("Everything with")
        assert "by chat" not in "\n".join(one.text for one in person.app.main.history.reel.messages)


async def test_message_that_arrives_in_another_conversation_comes_into_the_timeline(session: Session) -> None:
    first = a_conversation(session.cache, "one", subject="First")
    a_conversation(session.cache, "two", subject="Second")
    async with a_console(session, 140, 40) as person:
        await person.press("T")
        await person.sees("══ email · First")
        a_message(session.cache, first.id, "late words")
        await person.sees("late words")


async def test_changes_are_quiet_lines_that_fold_and_undone_ones_are_gone(session: Session) -> None:
    talk = a_conversation(session.cache, "hello")
    rated = "UPDATE conversation SET csat = 4, csat_comment = 'quick', csat_at = last_activity_at"
    session.cache.write(lambda tx: tx.db.execute(rated), durable=False)
    operations = session.operations
    operations.set_priority([talk.id], Priority.URGENT)
    operations.label([talk.id], add=["refund"])
    operations.assign([talk.id], session.cache.me().id)
    operations.undo()
    async with a_console(session, 140, 40) as person:
        await person.sees("· priority urgent")
        await person.sees("· labels +#refund")
        await person.sees("· rated 4 of 5: quick")
        assert "assigned to" not in person.screen
        await person.press("tab", "F")
        await person.sees("┄ 2 changes")
        assert "priority urgent" not in person.screen
        await person.press("F")
        await person.sees("· priority urgent")


async def test_ten_thousand_messages_are_walked_with_a_bounded_window(session: Session) -> None:
    cache = session.cache
    talk = a_conversation(cache, "the very first")
    start = cache.clock.now()

    def fill(tx: object) -> None:
        for number in range(10_000):
            at = start + number * 1_000
            message = Message(
                cache.ids.new(), talk.id, talk.account_id, Direction.INCOMING, MessageKind.PUBLIC, None, "Ann",
                talk.contact_id, at, at, f"number {number}",
            )  # fmt: skip
            inflow.put_message(tx, message, seen=True, index=False)  # type: ignore[arg-type]

    cache.clock.advance(10_000 * 1_000)  # type: ignore[attr-defined]
    cache.write(fill, durable=False)
    async with a_console(session) as person:
        pane = person.app.main.history
        await person.sees("number 9999")
        await person.press("tab", "g", "g")
        await person.sees("the very first")
        assert pane.reel.first
        assert not pane.tail
        for _turn in range(12):
            await person.press("9", "9", "J")
            await person.until(lambda: not pane._asked)
        reached = pane.reel.current_message
        assert reached is not None
        assert int(reached.text.split()[1]) > 400
        assert len(pane.reel.messages) <= MAX_LOADED + 50
        assert not pane.reel.first
        numbers = [int(one.text.split()[1]) for one in pane.reel.messages]
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        for _turn in range(12):
            await person.press("9", "9", "K")
            await person.until(lambda: not pane._asked)
        assert len(pane.reel.messages) <= MAX_LOADED
        await person.press("G")
        await person.until(lambda: pane.tail)
        await person.sees("number 9999")


async def test_search_hits_are_marked_and_gone_through_by_keys(session: Session) -> None:
    one = a_conversation(session.cache, "the teapot is broken", "unrelated", "another teapot", subject="One")
    two = a_conversation(session.cache, "teapot again", subject="Two", contact="Bob")
    async with a_console(session) as person:
        desk = person.app.main.desk
        await person.press("tab", "]")
        await person.sees("nothing was searched for yet")
        desk.searched = "teapot"
        await desk.show_message(one.id, session.cache.read(history.page, one.id)[0].id, searched=True)
        await person.sees("the teapot is broken")
        rows = person.app.main.history._rows
        assert ("teapot", "found") in [piece for line, _number in rows for piece in line]
        await person.press("]")
        await person.sees("found 2 of 3")
        assert person.app.main.history.reel.current_message is not None
        assert person.app.main.history.reel.current_message.text == "another teapot"
        await person.press("]")
        await person.until(lambda: desk.shown == two.id)
        await person.press("[")
        await person.until(lambda: desk.shown == one.id)
        await person.sees("found 2 of 3")


async def test_first_unread_message_is_found_beyond_what_is_loaded(session: Session) -> None:
    talk = a_conversation(session.cache, "unread one")
    for number in range(120):
        a_message(session.cache, talk.id, f"answer {number}", direction=OUT)
    async with a_console(session) as person:
        await person.press("tab", "G")
        await person.press("U")
        await person.sees("unread one")


async def test_message_is_quoted_into_the_reply_and_a_note_into_a_note_only(session: Session) -> None:
    talk = a_conversation(session.cache, "first line\nsecond line")
    a_note(session, talk.id, "secret")
    async with a_console(session) as person:
        await person.sees("secret")
        await person.press("tab", "Q")
        await person.sees("INTERNAL NOTE")
        assert "> secret" in person.app.main.composer.text
        await person.press("escape", "g", "g", "Q")
        await person.until(lambda: "> second line" in person.app.main.composer.text)
        assert person.app.main.composer.kind is MessageKind.PUBLIC
        assert "secret" not in person.app.main.composer.text
        await person.until(lambda: len(session.cache.read(drafts.drafts, talk.id)) == 2)


async def test_note_is_changed_and_deleted_and_undo_brings_both_back(session: Session) -> None:
    talk = a_conversation(session.cache, "hello")
    note = a_note(session, talk.id, "wrong words")
    async with a_console(session, 140) as person:
        await person.sees("wrong words")
        await person.press("tab", "C")
        await person.sees("Change the message")
        await person.press("end")
        await person.type(" put right")
        await person.press("ctrl+s")
        await person.sees("wrong words put right")
        await person.sees("edited")
        await person.press("X")
        await person.sees("Delete this message?")
        await person.press("down", "enter")
        await person.sees("deleted; undo brings it back")
        await person.misses("wrong words put right")
        await person.press("u")
        await person.sees("wrong words put right")
        await person.press("u")
        await person.misses("put right")
        assert [one.text for one in session.cache.read(history.revisions, note.id)][-1] == "wrong words put right"


@pytest.mark.parametrize(
    ("state", "why"),
    [(None, "the customer wrote this"), (SendState.ACCEPTED, "what was sent by email cannot be changed")],
)
async def test_message_that_cannot_be_changed_says_why(session: Session, state: SendState | None, why: str) -> None:
    talk = a_conversation(session.cache, "hello")
    if state is not None:
        a_message(session.cache, talk.id, "sent words", direction=OUT, state=state)
    async with a_console(session) as person:
        await person.press("tab", "C")
        await person.sees(why)
        person.app.main.desk.hush()
        await person.misses(why)
        await person.press("X")
        await person.sees(why)
        assert "Delete this message?" not in person.screen


async def test_links_show_their_hosts_and_are_copied_over_ssh(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    monkeypatch.setattr("omnitui.ui.screens.links.copy", lambda desk, text, what: copied.append(text))
    copied: list[str] = []
    a_conversation(session.cache, "see https://example.com/a?b=1, and (https://xn--pypal-4ve.com/login).")
    async with a_console(session) as person:
        await person.press("tab", "W")
        await person.sees("1 example.com")
        await person.sees("mixed scripts")
        await person.press("enter")
        await person.until(lambda: copied == ["https://example.com/a?b=1"])
        await person.press("2", "W")
        await person.until(lambda: copied[1:] == ["https://xn--pypal-4ve.com/login"])


async def test_text_file_is_read_in_the_console_and_its_controls_are_shown(session: Session) -> None:
    talk = a_conversation(session.cache, "hello")
    a_file(session, talk.id, "report.csv", "text/csv", b"a,b\n1,\x1b]0;owned\x07")
    async with a_console(session) as person:
        await person.sees("[1 report.csv 16 B]")
        await person.press("tab", "O")
        await person.sees("1 show: report.csv")
        await person.press("enter")
        await person.sees("a,b")
        await person.sees("1,␛]0;owned")
        await person.press("escape")
        await person.misses("1,␛]0;owned")
        await person.press("1", "O")
        await person.sees("1,␛]0;owned")


async def test_file_that_no_terminal_shows_is_refused_with_what_to_do(session: Session) -> None:
    talk = a_conversation(session.cache, "hello")
    a_file(session, talk.id, "a.zip", "application/zip", b"PK")
    async with a_console(session, 140) as person:
        await person.press("tab", "1", "O")
        await person.sees("application/zip cannot be shown in a terminal: save it or open it outside")
        await person.press("9", "O")
        await person.sees("this message has 1 attachments")


async def test_answered_message_is_named_and_gone_to(session: Session) -> None:
    cache = session.cache
    talk = a_conversation(cache, "what is the price?", "and another thing")
    first = cache.read(history.page, talk.id)[0]
    answer = a_message(cache, talk.id, "ten euros", direction=OUT)

    def thread(tx: object) -> None:
        from omnitui.model.mail import MailHeader
        from omnitui.store.arriving.messages import put_mail
        from omnitui.store.rows import pk_of

        put_mail(tx, pk_of(tx, "message", first.id), MailHeader(rfc_id="<1@x>"))  # type: ignore[arg-type]
        header = MailHeader(rfc_id="<2@x>", in_reply_to="<1@x>")
        put_mail(tx, pk_of(tx, "message", answer.id), header)  # type: ignore[arg-type]

    cache.write(thread, durable=False)
    async with a_console(session, 140) as person:
        await person.sees("↳ answers Ann: what is the price?")
        await person.press("tab", "P")
        current = person.app.main.history.reel.current_message
        assert current is not None
        assert current.id == first.id


async def test_card_cursor_copies_opens_changes_prefers_and_links(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("contacts", "copying"):
        monkeypatch.setattr(f"omnitui.ui.acts.{module}.copy", lambda desk, text, what: copied.append(text))
    cache = session.cache
    other = a_conversation(cache, "older matter", subject="Other matter")
    a_contact(cache, "Ann Lee", "ann.lee@else.example")
    shown = a_conversation(cache, "newer", subject="This one")
    cache.write(lambda tx: inflow.change_contact(tx, shown.contact_id, {"name": "Ann Lee", "fields": {"Plan": "gold"}}))
    copied: list[str] = []
    async with a_console(session, 140, 40) as person:
        card = person.app.main.card
        await person.sees("Other matter")
        card.focus()
        await person.until(lambda: card.has_focus)
        await person.press("y", "y")
        await person.until(lambda: copied == ["Ann Lee"])
        await person.press("G", "Y")
        await person.press("enter")
        await person.sees("linked; undo takes it back")
        assert session.cache.read(people.linked, shown.contact_id)
        await on(person, "ann@example.com")
        await person.press("enter")
        await person.sees("* email ann@example.com")
        await on(person, "gold")
        await person.press("enter")
        await person.sees("Edit the contact")
        await person.press("end")
        await person.type("en")
        await person.press("ctrl+s")
        await person.misses("Edit the contact")
        kept = {"Plan": "golden", "preferred": "email:ann@example.com"}

        def fields() -> object:
            found = session.cache.read(people.contact, shown.contact_id)
            return found and found.fields

        await person.until(lambda: fields() == kept, "the field to be kept")
        await person.sees("golden")
        await on(person, "Other matter")
        await person.press("enter")
        await person.until(lambda: person.app.main.desk.shown == other.id)


async def on(person: object, value: str) -> None:
    """Put the cursor of the card on a value."""
    card = person.app.main.card  # type: ignore[attr-defined]
    await person.until(lambda: value in [one.value for one in card._entries], value)  # type: ignore[attr-defined]
    card.focus()
    await person.press("g", "g")  # type: ignore[attr-defined]
    for _step in range(40):
        if card.current is not None and card.current.value == value:
            return
        await person.press("j")  # type: ignore[attr-defined]
    raise AssertionError(f"no {value!r} under the cursor")


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_history_and_timeline_fit_small_terminals(session: Session, size: tuple[int, int]) -> None:
    a_conversation(session.cache, "言葉が続きます" * 20, subject="とても長い件名" * 9)
    async with a_console(session, *size) as person:
        await person.press("enter", "T")
        await person.sees("Everything with")
        await person.sees("══ email")


def test_opener_is_refused_where_there_is_no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="over SSH"):
        opener({"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"})
    monkeypatch.setattr(opening, "sys", SimpleNamespace(platform="linux"))
    with pytest.raises(Refused, match="no desktop"):
        opener({"PATH": "/bin"})
    monkeypatch.setattr("shutil.which", lambda name, path=None: f"/bin/{name}" if name == "gio" else None)
    assert opener({"DISPLAY": ":0"}) == ("/bin/gio", "open")
