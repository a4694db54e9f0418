"""What can be done where a channel takes no free answer: a template, a tag, another channel of the same person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import DAY, FrozenClock
from omnitui.errors import Refused
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import MessageKind, SendState, Verb
from omnitui.sdk import Allow, Barred, Capabilities, Idempotency, NeedTemplate, Template, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.services.texts.templates import Filled, guessed, offered
from omnitui.services.triage.ways import ways
from omnitui.store import accounts
from omnitui.store.cache import Cache
from omnitui.store.reads import drafts, history, oplog, outbox
from omnitui.sync.checks import why_kept_back
from tests.support.desk import a_cache, a_contact, a_conversation, an_account, an_inbox

CHAT = Capabilities(
    idempotency=Idempotency.DEDUPLICATED,
    window=DAY,
    templates=True,
    can_start=True,
    tag="HUMAN_AGENT",
    tag_window=7 * DAY,
)
MAIL = Capabilities(idempotency=Idempotency.DEDUPLICATED, can_start=True)
ORDER = Template("order", "en", "Hello {{name}}, {{order}} is here.", ("name", "order"), channel="whatsapp")


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with a_cache(tmp_path) as cache:
        yield cache


def able(cache: Cache, account: str, channel: str, capabilities: Capabilities) -> None:
    taken = snapshot.take(lambda _channel: capabilities, (channel,))
    an_account(cache, account, hold=0, capabilities=taken)


def a_chat(cache: Cache, capabilities: Capabilities = CHAT) -> Conversation:
    able(cache, "Chat", "whatsapp", capabilities)
    owner = an_account(cache, "Chat")
    return a_conversation(cache, "hi", contact="Ann", address="+4912", channel="whatsapp", account=owner)


def later(cache: Cache, span: int) -> None:
    assert isinstance(cache.clock, FrozenClock)
    cache.clock.advance(span)


def lines(cache: Cache, conversation_id: Ulid) -> list[str]:
    page = cache.read(history.page, conversation_id)
    return [one.text for one in page if one.kind is MessageKind.ACTIVITY and not one.deleted]


def test_template_goes_where_the_window_has_closed_and_says_what_the_customer_reads(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    later(cache, 2 * DAY)
    with pytest.raises(Refused, match="window has closed"):
        operations.reply(chat.id, "Hello")
    filled = Filled(ORDER, ("Ann", "E-1\nb"))
    op = operations.reply(chat.id, "", template=filled)
    entry = cache.read(outbox.entry, op.id)
    assert entry is not None
    assert entry.payload["fields"] == {"template": {"name": "order", "language": "en", "values": ["Ann", "E-1 b"]}}
    assert entry.payload["text"] == filled.text
    message = cache.read(history.page, chat.id)[-1]
    assert (message.kind, message.text) == (MessageKind.TEMPLATE, "Hello Ann, E-1\nb is here.")
    assert cache.read(why_kept_back, entry, CHAT, cache.clock.now()) == ""
    free = replace(entry, payload={**entry.payload, "fields": {}})
    assert "window" in cache.read(why_kept_back, free, CHAT, cache.clock.now())


def test_template_with_an_empty_blank_or_on_a_channel_without_any_is_refused(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    with pytest.raises(Refused, match="order"):
        operations.reply(chat.id, "", template=Filled(ORDER, ("Ann",)))
    able(cache, "Chat", "whatsapp", replace(CHAT, templates=False))
    with pytest.raises(Refused, match="no templates"):
        operations.reply(chat.id, "", template=Filled(ORDER, ("Ann", "E")))
    assert cache.read(outbox.entries) == []


def test_templates_are_those_of_the_channel_and_filled_from_the_card(cache: Cache) -> None:
    chat = a_chat(cache)
    kept = snapshot.keep([ORDER, replace(ORDER, name="other", channel="sms"), replace(ORDER, name="any", channel="")])
    cache.write(lambda tx: accounts.set_templates(tx, chat.account_id, kept))
    assert [one.name for one in cache.read(offered, chat.account_id, "whatsapp")] == ["order", "any"]
    assert cache.read(offered, chat.account_id, "whatsapp")[0] == ORDER
    facts = {"contact.first_name": "Ann"}
    assert guessed(ORDER, facts, {"Latest order": "E-5521 Matcha set", "Plan": "x"}) == ("Ann", "E-5521")
    assert guessed(replace(ORDER, blanks=("1",)), facts, {"1": "no"}) == ("",)


def test_undone_template_leaves_nothing_in_the_composer(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    op = operations.reply(chat.id, "", template=Filled(ORDER, ("Ann", "E")), hold=8_000)
    operations.undo(op.group_id)
    assert cache.read(drafts.drafts, chat.id) == []


def test_tag_answers_after_the_window_with_its_reason_in_the_log(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    later(cache, 2 * DAY)
    with pytest.raises(Refused, match="say why"):
        operations.reply(chat.id, "Sorry", tag="HUMAN_AGENT")
    with pytest.raises(Refused, match="no tag"):
        operations.reply(chat.id, "Sorry", tag="EVENT", reason="x")
    op = operations.reply(chat.id, "Sorry", tag="HUMAN_AGENT", reason="the carrier took three days")
    entry = cache.read(outbox.entry, op.id)
    assert entry is not None
    assert entry.payload["fields"] == {"tag": "HUMAN_AGENT"}
    kept = cache.read(oplog.op, op.id)
    assert kept is not None
    assert kept.reason == "the carrier took three days"
    later(cache, 6 * DAY)
    with pytest.raises(Refused, match="window has closed"):
        operations.reply(chat.id, "Sorry", tag="HUMAN_AGENT", reason="late")


def test_ways_are_the_other_addresses_of_the_person_with_what_each_allows(cache: Cache) -> None:
    chat = a_chat(cache)
    able(cache, "Post", "email", MAIL)
    able(cache, "Wire", "webchat", replace(CHAT, can_start=False))
    post, wire = an_account(cache, "Post"), an_account(cache, "Wire")
    an_inbox(cache, post, "email")
    an_inbox(cache, wire, "webchat", "desk")
    ann = a_contact(cache, "Ann S", "ann@example.com", account=post)
    a_contact(cache, "Ann W", "w1", "webchat", wire)
    assert cache.read(ways, chat.id, cache.clock.now()) == []
    Operations(cache).link(chat.contact_id, ann, "same")
    [way] = cache.read(ways, chat.id, cache.clock.now())
    assert (way.channel, way.identity.address) == ("email", "ann@example.com")
    assert (way.conversation, way.policy) == (None, Allow())
    mail = a_conversation(cache, "Hello", contact="Ann S", address="ann@example.com", account=post)
    [way] = cache.read(ways, chat.id, cache.clock.now())
    assert way.conversation is not None
    assert way.conversation.id == mail.id
    later(cache, 2 * DAY)
    [back] = cache.read(ways, mail.id, cache.clock.now())
    assert (back.channel, back.account) == ("whatsapp", "Chat")
    assert not isinstance(back.policy, Allow | Barred)
    later(cache, 8 * DAY)
    assert isinstance(cache.read(ways, mail.id, cache.clock.now())[0].policy, NeedTemplate)


def test_address_that_only_its_own_account_knows_is_no_way_for_another(cache: Cache) -> None:
    chat = a_chat(cache)
    able(cache, "Line A", "line", CHAT)
    able(cache, "Line B", "line", CHAT)
    for name in ("Line A", "Line B"):
        an_inbox(cache, an_account(cache, name), "line", name)
    other = a_contact(cache, "Ann L", "U1", "line", an_account(cache, "Line A"))
    Operations(cache).link(chat.contact_id, other, "same")
    assert [way.account for way in cache.read(ways, chat.id, cache.clock.now())] == ["Line A"]


def test_reply_by_another_channel_leaves_a_link_in_both_and_undo_takes_both_away(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    able(cache, "Post", "email", MAIL)
    mail = a_conversation(cache, "Hello", contact="Ann", address="ann@example.com", account=an_account(cache, "Post"))
    op = operations.reply(mail.id, "Here instead", hold=8_000, continues=chat.id)
    [there], [here] = lines(cache, mail.id), lines(cache, chat.id)
    assert mail.id[-6:] in here
    assert "email" in here
    assert chat.id[-6:] in there
    assert [one.verb for one in cache.read(oplog.group, op.group_id)].count(Verb.CONTINUE) == 2
    assert [entry.op_id for entry in cache.read(outbox.entries)] == [op.id], "the links travel nowhere"
    operations.undo(op.group_id)
    assert lines(cache, mail.id) == lines(cache, chat.id) == []
    operations.redo(op.group_id)
    assert len(lines(cache, mail.id)) == len(lines(cache, chat.id)) == 1


def test_first_message_by_another_channel_goes_on_from_the_conversation(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    able(cache, "Post", "email", MAIL)
    post = an_account(cache, "Post")
    an_inbox(cache, post, "email")
    op = operations.new(post.id, "ann@example.com", "Your order", "Hello", channel="email", continues=chat.id)
    assert op.conversation_id is not None
    assert chat.id[-6:] in lines(cache, op.conversation_id)[0]
    assert op.conversation_id[-6:] in lines(cache, chat.id)[0]


def test_first_message_needs_a_template_where_the_customer_never_wrote(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    with pytest.raises(Refused, match="write first"):
        operations.new(chat.account_id, "+4913", "", "Hello", channel="whatsapp")
    op = operations.new(chat.account_id, "+4913", "", "", channel="whatsapp", template=Filled(ORDER, ("Bo", "E")))
    entry = cache.read(outbox.entry, op.id)
    assert entry is not None
    assert cache.read(why_kept_back, entry, CHAT, cache.clock.now()) == ""
    assert entry.state is SendState.QUEUED


def test_reason_for_a_tag_is_in_the_log_again_when_the_answer_is_redone(cache: Cache) -> None:
    chat, operations = a_chat(cache), Operations(cache)
    later(cache, 2 * DAY)
    op = operations.reply(chat.id, "Sorry", tag="HUMAN_AGENT", reason="holiday", hold=8_000)
    operations.undo(op.group_id)
    [again] = operations.redo(op.group_id).ops
    assert again.reason == "holiday"
    entry = cache.read(outbox.entry, again.id)
    assert entry is not None
    assert entry.payload["fields"] == {"tag": "HUMAN_AGENT"}
