"""What IRC does beside the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from omnitui_irc import IrcConnector
from omnitui_irc.lines import parsed, pieces, room
from omnitui_irc.mapping import event

from omnitui.sdk import Accepted, AuthFailed, Batch, MessageReceived, NotReady, Rejected, Unknown
from tests.support.irc_rig import IrcRig
from tests.support.irc_server import START, IrcServer


@pytest.fixture
async def server() -> AsyncIterator[IrcServer]:
    async with IrcServer() as server:
        yield server


@pytest.fixture
def rig(tmp_path: Path, server: IrcServer) -> IrcRig:
    return IrcRig(tmp_path, server)


async def batches(connector: IrcConnector, cursor: object = None) -> list[Batch]:
    """All up to the first that has caught up."""
    found: list[Batch] = []
    async with asyncio.timeout(30), aclosing(connector.inbound(cursor)) as stream:  # type: ignore[type-var]
        async for batch in stream:
            found.append(batch)
            if batch.caught_up:
                break
    await connector.close()
    return found


def texts(found: list[Batch]) -> list[str]:
    return [event.text for batch in found for event in batch.events if isinstance(event, MessageReceived)]


async def test_long_reply_leaves_as_lines_that_others_receive_whole(rig: IrcRig, server: IrcServer) -> None:
    text = "返金いたします。" * 40
    connector = rig.connector()
    assert await connector.perform(rig.outbound(text)) == Accepted()
    await connector.close()
    said = [words for _target, words in server.heard]
    assert "".join(said) == text
    assert all(len(words.encode()) <= room("desk", "mei") for words in said)


async def test_reply_to_a_nick_that_is_nobodys_fails_with_the_servers_words(rig: IrcRig, server: IrcServer) -> None:
    server.absent.add("mei")
    connector = rig.connector()
    assert await connector.perform(rig.outbound("はい")) == Rejected("mei No such nick/channel")
    await connector.close()


async def test_reply_of_which_a_part_was_taken_is_not_called_failed(rig: IrcRig, server: IrcServer) -> None:
    server.leaves = 1
    connector = rig.connector()
    outcome = await connector.perform(rig.outbound("one\ntwo\nthree"))
    await connector.close()
    assert isinstance(outcome, Unknown)
    assert "No such nick" in outcome.reason
    assert [words for _target, words in server.heard] == ["one"]


async def test_line_that_breaks_between_two_lines_of_a_reply_leaves_it_unknown(rig: IrcRig, server: IrcServer) -> None:
    server.cut = "after"
    connector = rig.connector()
    assert isinstance(await connector.perform(rig.outbound("one\ntwo")), Unknown)
    await connector.close()


@pytest.mark.parametrize("target", ["", "mei jim", "mei,jim"])
async def test_reply_reaches_one_conversation_and_no_other(rig: IrcRig, server: IrcServer, target: str) -> None:
    connector = rig.connector()
    op = replace(rig.outbound("x"), conversation=target, contact=target)
    assert isinstance(await connector.perform(op), Rejected)
    assert server.heard == []


async def test_text_can_carry_no_command(rig: IrcRig, server: IrcServer) -> None:
    connector = rig.connector()
    assert await connector.perform(rig.outbound("hello\r\nQUIT :gone\nJOIN #evil")) == Accepted()
    await connector.close()
    assert [words for _target, words in server.heard] == ["hello", "QUIT :gone", "JOIN #evil"]


async def test_history_comes_whole_over_pages(rig: IrcRig, server: IrcServer) -> None:
    for number in range(7):
        server.say(f"message {number}")
    found = await batches(rig.connector())
    assert texts(found) == [f"message {number}" for number in range(7)]
    assert "".join(batch.gap for batch in found) == ""


async def test_server_without_history_says_what_may_be_missing(rig: IrcRig, server: IrcServer) -> None:
    server.features = ""
    first = await batches(rig.connector())
    assert "before this account was added" in first[-1].gap
    again = await batches(rig.connector(), first[-1].cursor)
    assert "is not here" in again[-1].gap


async def test_nick_that_another_has_is_waited_for(rig: IrcRig, server: IrcServer) -> None:
    server.taken.add("desk")
    with pytest.raises(NotReady, match="in use"):
        await batches(rig.connector())


async def test_password_that_is_refused_is_asked_for_again(tmp_path: Path, server: IrcServer) -> None:
    with pytest.raises(AuthFailed, match="SASL"):
        await batches(IrcRig(tmp_path, server).connector(login="desk"))


async def test_channel_is_one_conversation_of_many_people(rig: IrcRig, server: IrcServer) -> None:
    server.news = ":Jim!u@h PRIVMSG #Support :\x01ACTION waves\x01"
    found = await batches(rig.connector(join="#support"))
    (event,) = (event for batch in found for event in batch.events)
    assert isinstance(event, MessageReceived)
    assert (event.conversation, event.contact.address, event.author.name) == ("#support", "#support", "Jim")
    assert event.text == "* Jim waves"


async def test_line_the_server_drops_is_told(rig: IrcRig, server: IrcServer) -> None:
    connector = rig.connector()
    stream = connector.inbound(None)
    assert (await anext(stream)).caught_up
    server.drop_all()
    with pytest.raises(NotReady, match="broke"):
        await anext(stream)
    await connector.close()


def test_lines_of_any_bytes_are_read() -> None:
    line = parsed(b"@time=2026-11-22T00:00:00.000Z;+reply=m1;x=a\\:b\\s :Mei!u@h PRIVMSG desk :caf\xe9 :x\r\n")
    assert (line.nick, line.command, line.parameters) == ("Mei", "PRIVMSG", ("desk", "café :x"))
    assert line.tags["x"] == "a;b "
    assert parsed(b"\r\n").command == ""
    assert parsed(b":only").command == ""


@pytest.mark.parametrize("most", [4, 5, 10, 400])
def test_pieces_hold_all_that_was_said_within_their_bytes(most: int) -> None:
    text = "返品 ok 👩‍💻 \n\nsecond line of words"
    made = list(pieces(text, most))
    assert all(0 < len(piece.encode()) <= most for piece in made)
    assert "".join("".join(made).split()) == "".join(text.split())


async def test_what_lies_unread_when_a_batch_is_stored_comes_again(rig: IrcRig, server: IrcServer) -> None:
    first = await batches(rig.connector())
    server.say("stored")
    stored = await batches(rig.connector(), first[-1].cursor)
    server.say("not stored")
    assert "not stored" in texts(await batches(rig.connector(), stored[-1].cursor))
    for batch in (*first, *stored):
        # The server's clock is far behind ours: by ours, nothing would be asked for.
        assert batch.cursor is None or batch.cursor["at"] <= START + 10


async def test_what_a_bouncer_plays_back_unasked_is_kept(rig: IrcRig, server: IrcServer) -> None:
    server.features = "batch server-time"
    server.news = (
        ":irc BATCH +x znc.in/playback desk\r\n"
        "@batch=x;time=2026-11-22T00:00:00.000Z :Mei!u@h PRIVMSG desk :while you were away\r\n:irc BATCH -x"
    )
    connector = rig.connector()
    async with asyncio.timeout(30), aclosing(connector.inbound(None)) as stream:  # type: ignore[type-var]
        found = await anext(stream)
        while not found.events:
            found = await anext(stream)
    await connector.close()
    assert texts([found]) == ["while you were away"]


def test_message_without_an_id_is_the_same_one_live_and_as_history() -> None:
    live = b"@time=2026-11-22T00:00:00.000Z :Mei!u@h PRIVMSG desk :hi"
    kept = live.replace(b"@", b"@batch=b;", 1)
    first, again = (event(parsed(raw), nick="desk", inbox="d", now=1, number=0) for raw in (live, kept))
    assert first == again


async def test_server_without_a_word_of_the_day_bars_nobody_from_a_channel(rig: IrcRig, server: IrcServer) -> None:
    server.news = ":irc 422 desk :MOTD file is missing"
    connector = rig.connector(join="#support")
    assert (await connector.check()).ok
    await connector.close()


async def test_login_that_the_server_knows_nothing_of_is_told(rig: IrcRig, server: IrcServer) -> None:
    server.features = ""
    with pytest.raises(AuthFailed, match="SASL"):
        await batches(rig.connector(login="desk"))


async def test_reply_to_somebody_who_takes_no_messages_fails(rig: IrcRig, server: IrcServer) -> None:
    server.closed.add("mei")
    connector = rig.connector()
    assert isinstance(await connector.perform(rig.outbound("はい")), Rejected)
    await connector.close()


async def test_history_of_all_comes_though_an_answer_names_a_few(rig: IrcRig, server: IrcServer) -> None:
    server.most_targets = 2
    for number in range(5):
        server.say(f"message {number}", nick=f"Mei{number}")
    assert texts(await batches(rig.connector())) == [f"message {number}" for number in range(5)]


async def test_history_that_is_refused_is_told(rig: IrcRig, server: IrcServer) -> None:
    server.say("hello")
    server.secret.add("mei")
    assert any("could not be retrieved" in batch.gap for batch in await batches(rig.connector()))
