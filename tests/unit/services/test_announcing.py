"""An announcement: written once, made into what each channel takes, sent as one act, taken back as far as it can be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from omnitui.clock import DAY, MINUTE, FrozenClock
from omnitui.desk.naming import SEND
from omnitui.errors import NotFound, Refused
from omnitui.ids import Ulid
from omnitui.model.conversations import Draft
from omnitui.model.incidents import Severity
from omnitui.model.people import PREFERRED
from omnitui.model.states import MessageKind, SendState, Verb
from omnitui.sdk import Capabilities, Idempotency, Template, TextUnit, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.services.incidents import announcing
from omnitui.services.incidents import story as incident_story
from omnitui.services.incidents.announcing import Announcement, Announcing, Variant
from omnitui.services.texts.templates import Filled
from omnitui.store import accounts, drafts, outbox
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.forgetting import erasure
from omnitui.store.reads import belongings, history, incidents, oplog
from omnitui.store.reads import drafts as draft_reads
from omnitui.store.reads import outbox as waiting
from tests.support.desk import a_cache, a_contact, a_conversation, an_account, conversation
from tests.support.promises import Promise

MAIL = Capabilities(idempotency=Idempotency.DEDUPLICATED)
SMS = Capabilities(idempotency=Idempotency.DEDUPLICATED, text_limit=1, text_unit=TextUnit.SEGMENTS)
LINE = Capabilities(idempotency=Idempotency.DEDUPLICATED, text_limit=30, text_unit=TextUnit.UTF16)
CHAT = Capabilities(
    idempotency=Idempotency.DEDUPLICATED, window=DAY, templates=True, tag="HUMAN_AGENT", tag_window=7 * DAY
)
SHUT = replace(MAIL, writes=False)
NEWS = Template("outage", "en", "Hello {{name}}, {{service}} is down.", ("name", "service"), channel="whatsapp")
JAPANESE = Template("outage", "ja", "{{name}}様、障害が発生しています。", ("name",), channel="whatsapp")


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with a_cache(tmp_path) as made:
        yield made


def a_row(cache: Cache, name: str, channel: str, able: Capabilities, *, language: str = "", hold: int = 8_000) -> Ulid:
    taken = snapshot.take(lambda _channel: able, (channel,))
    account = an_account(cache, channel, hold=hold, capabilities=taken)
    a_contact(cache, name, f"{name}@example.com", channel, account, language=language)
    address = f"{name}@example.com"
    return a_conversation(cache, "it fails", contact=name, address=address, channel=channel, account=account).id


def begun(cache: Cache, *ids: Ulid) -> Ulid:
    return Operations(cache).open_incident("Payments fail", Severity.SEV1, ids=ids)[0].object_id


def by_place(variants: list[Variant]) -> dict[tuple[str, str], Variant]:
    return {one.place[1:]: one for one in variants}


def states(cache: Cache, group: Ulid) -> list[SendState]:
    entries = [cache.read(waiting.entry, op.id) for op in cache.read(oplog.group, group) if op.verb is Verb.REPLY]
    return [entry.state for entry in entries if entry is not None]


def test_each_channel_and_language_has_its_variant_with_what_is_wrong_with_it(cache: Cache) -> None:
    own = begun(
        cache,
        a_row(cache, "ann", "email", MAIL, language="en-GB"),
        a_row(cache, "花子", "email", MAIL, language="ja"),
        a_row(cache, "bo", "sms", SMS),
        a_row(cache, "cy", "line", LINE, language="ja-JP"),
        a_row(cache, "review", "review", SHUT),
    )
    said = Announcement("We work on it. " * 12, languages={"ja": "現在復旧中です。😀"}, channels={"sms": "Soon 😀"})
    found = by_place(Announcing(cache).foresee_announcement(own, said))
    assert [one.total for one in found.values()] == [1] * 5
    assert found["email", "en"].limit is None
    assert not found["email", "en"].wrong
    assert found["email", "ja"].text == "現在復旧中です。😀"
    assert (found["line", "ja"].used, found["line", "ja"].unit) == (10, TextUnit.UTF16)
    assert (found["sms", ""].text, found["sms", ""].used) == ("Soon 😀", 1)
    assert "no written replies" in found["review", ""].left[0][1]
    long = by_place(Announcing(cache).foresee_announcement(own, Announcement(said.text)))
    assert "too long" in long["sms", ""].wrong
    assert "too long" in long["line", "ja"].left[0][1]
    own_words = {found["line", "ja"].place: "短く"}
    short = by_place(Announcing(cache).foresee_announcement(own, replace(said, places=own_words)))
    assert short["line", "ja"].told[0].text == "短く"


def test_closed_window_takes_a_tag_or_a_template_or_says_why_not(cache: Cache) -> None:
    ann, hana = (
        a_row(cache, name, "whatsapp", CHAT, language=language) for name, language in (("Ann", "en"), ("花子", "ja"))
    )
    own, announcing = begun(cache, ann, hana), Announcing(cache)
    account = next(iter(by_place(announcing.foresee_announcement(own, Announcement("x"))).values())).place[0]
    cache.write(lambda tx: accounts.set_templates(tx, account, snapshot.keep([NEWS, JAPANESE])))
    assert isinstance(cache.clock, FrozenClock)
    cache.clock.advance(2 * DAY)
    english, japanese = (account, "whatsapp", "en"), (account, "whatsapp", "ja")
    late = by_place(announcing.foresee_announcement(own, Announcement("We work on it.")))
    assert late["whatsapp", "en"].left[0][1] == "the reply window has closed"
    assert late["whatsapp", "en"].tag == "HUMAN_AGENT"
    assert [one.language for one in late["whatsapp", "ja"].templates] == ["ja", "en"]
    some = Announcement("We work on it.", tagged=frozenset({english}), templates={japanese: Filled(JAPANESE)})
    done = announcing.announce(own, some)
    assert not done.left
    messages = {one: cache.read(history.page, one)[-1] for one in (ann, hana)}
    assert messages[ann].text == "We work on it."
    assert (messages[hana].text, messages[hana].kind) == ("花子様、障害が発生しています。", MessageKind.TEMPLATE)
    sent = [cache.read(waiting.entry, op.id) for op in done.ops if op.verb is Verb.REPLY]
    assert sorted(str(entry.payload["fields"]) for entry in sent if entry) == [
        "{'tag': 'HUMAN_AGENT'}",
        "{'template': {'language': 'ja', 'name': 'outage', 'values': ['花子']}}",
    ]
    blank = announcing.foresee_announcement(own, Announcement("x", templates={english: Filled(NEWS)}))
    assert by_place(blank)["whatsapp", "en"].left[0][1] == "still to be filled in: service"
    cache.clock.advance(10 * DAY)
    with pytest.raises(Refused, match="nobody can be told"):
        announcing.announce(own, replace(some, templates={}))


def test_announcement_leaves_drafts_alone_and_is_kept_by_the_incident(cache: Cache) -> None:
    row = a_row(cache, "ann", "email", MAIL)
    own = begun(cache, row)
    draft = Draft(cache.ids.new(), row, MessageKind.PUBLIC, "half a sentence")
    cache.write(lambda tx: drafts.save(tx, draft))
    Announcing(cache).announce(own, Announcement("We work on it."))
    found = cache.read(incidents.incident, own)
    assert found is not None
    assert (found.told, found.told_at) == ("We work on it.", cache.clock.now())
    undone = Operations(cache).undo()
    assert (len(undone.originals), undone.gone) == (2, 0)
    assert [one.text for one in cache.read(draft_reads.drafts, row)] == ["half a sentence"]
    found = cache.read(incidents.incident, own)
    assert found is not None
    assert found.told_at is None
    again = Operations(cache).redo()
    assert states(cache, again.ops[0].group_id) == [SendState.HELD]
    assert [one.text for one in cache.read(draft_reads.drafts, row)] == ["half a sentence"]


def test_all_is_held_as_long_as_the_slowest_channel_says(cache: Cache) -> None:
    rows = [a_row(cache, "ann", "email", MAIL, hold=30_000), a_row(cache, "bo", "line", LINE, hold=0)]
    done = Announcing(cache).announce(begun(cache, *rows), Announcement("We work on it."))
    due = {entry.due_at for op in done.ops if (entry := cache.read(waiting.entry, op.id)) is not None}
    assert due == {cache.clock.now() + 30_000}


def test_who_is_left_out_is_told_nothing(cache: Cache) -> None:
    own = begun(cache, a_row(cache, "ann", "email", MAIL), a_row(cache, "bo", "line", LINE))
    announcing = Announcing(cache)
    place = by_place(announcing.foresee_announcement(own, Announcement("x")))["line", ""].place
    done = announcing.announce(own, Announcement("We work.", left_out=frozenset({place})))
    assert [one.channel for one in done.sent] == ["email"]
    assert [why for _one, why in done.left] == ["left out by you"]
    with pytest.raises(NotFound):
        announcing.announce("01ARZ3NDEKTSV4RRFFQ69G5FAV", Announcement("x"))
    with pytest.raises(Refused, match="no conversation is linked"):
        announcing.announce(begun_another(cache), Announcement("x"))


def begun_another(cache: Cache) -> Ulid:
    return Operations(cache).open_incident("Another")[0].object_id


def leave(cache: Cache, group: Ulid, count: int) -> None:
    """Let so many of an announcement's messages leave, as the outbox does."""
    ops = [op for op in cache.read(oplog.group, group) if op.verb is Verb.REPLY][:count]
    for op in ops:
        for state in (SendState.QUEUED, SendState.SENDING, SendState.ACCEPTED):
            cache.write(lambda tx, own=op.id, to=state: outbox.move(tx, own, to))  # type: ignore[misc]


@pytest.mark.parametrize("count", [16, pytest.param(1_000, marks=pytest.mark.torture)])
def test_undo_takes_back_what_has_not_left_and_says_how_many_had(cache: Cache, promise: Promise, count: int) -> None:
    rows = [
        a_row(cache, f"c{number}", ("email", "line")[number % 2], (MAIL, LINE)[number % 2]) for number in range(count)
    ]
    own, operations = begun(cache, *rows), Operations(cache)
    done = Announcing(cache).announce(own, Announcement("We work on it."))
    group = done.ops[0].group_id
    assert len(done.sent) == count
    assert {op.group_id for op in done.ops} == {group}
    assert states(cache, group) == [SendState.HELD] * count
    left = count // 4
    leave(cache, group, left)
    undone = operations.undo()
    assert (len(undone.originals), undone.gone) == (count - left, left)
    assert sorted(states(cache, group)) == sorted([SendState.ACCEPTED] * left + [SendState.CANCELED] * (count - left))
    assert len(states(cache, group)) == len(rows), "each one is accounted for"
    with pytest.raises(Refused, match=f"all {left} messages have left"):
        operations.undo(group)
    found = cache.read(incidents.incident, own)
    assert found is not None
    assert found.told == "We work on it.", "some were told"
    promise(
        "An announcement to many is one act: undo takes back all that has not left, and says how much had.",
        f"{count} customers, {left} had left, {count - left} taken back, 0 unaccounted for",
    )


def test_customers_told_twice_are_told_by_two_acts(cache: Cache) -> None:
    row = a_row(cache, "ann", "email", MAIL)
    own = begun(cache, row)
    first = Announcing(cache).announce(own, Announcement("We work on it."))
    assert isinstance(cache.clock, FrozenClock)
    cache.clock.advance(MINUTE)
    second = Announcing(cache).announce(own, Announcement("It works again."))
    assert first.ops[0].group_id != second.ops[0].group_id
    assert len(cache.read(incidents.story, own)) == 4


def test_language_that_no_card_names_is_that_of_the_letters(cache: Cache) -> None:
    account = an_account(cache, "Mail", capabilities=snapshot.take(lambda _channel: MAIL, ("email",)))
    rows = [
        a_conversation(cache, text, contact=f"C{number}", address=f"c{number}@example.com", account=account).id
        for number, text in enumerate(("返金をお願いします。", "환불해 주세요", "ok ¯\\_(ツ)_/¯", "退款", "hi"))
    ]
    found = by_place(Announcing(cache).foresee_announcement(begun(cache, *rows), Announcement("x")))
    assert {place[1]: one.total for place, one in found.items()} == {"": 3, "ja": 1, "ko": 1}


DEAR = 'Dear {{ contact.first_name | default("customer") }}: {{ conversation.channel }}, we work on it. {{ today }}'


def test_words_are_a_template_made_for_each_customer(cache: Cache) -> None:
    ann, evil = a_row(cache, "Ann", "email", MAIL), a_row(cache, "{{ agent.name }}", "line", LINE)
    own, announcing = begun(cache, ann, evil), Announcing(cache)
    found = by_place(announcing.foresee_announcement(own, Announcement(DEAR)))
    assert found["email", ""].told[0].text == "Dear Ann: email, we work on it. 2025-06-15"
    assert "too long" in found["line", ""].left[0][1], "by what the customer would read"
    named = announcing.announce(own, Announcement("Hello {{ contact.name }}"))
    assert [cache.read(history.page, one.id)[-1].text for one in named.sent] == ["Hello Ann", "Hello {{ agent.name }}"]
    story = cache.read(incidents.incident, own)
    assert story is not None
    assert story.told == "Hello {{ contact.name }}"


def test_name_without_a_value_leaves_that_customer_out_and_a_faulty_template_everybody(cache: Cache) -> None:
    ann, bo = a_row(cache, "Ann", "email", MAIL, language="en"), a_row(cache, "Bo", "email", MAIL)
    cache.write(lambda tx: inflow.change_contact(tx, conversation(cache, ann).contact_id, {"segment": "vip"}))
    own, announcing = begun(cache, ann, bo), Announcing(cache)
    done = announcing.announce(own, Announcement("Dear {{ contact.segment }}"))
    assert [one.id for one in done.sent] == [ann]
    assert done.left[0][1] == "segment is not known, and has no fall-back"
    for text, wrong in (("{{ customer }}", "nothing is called customer"), ("{% for x in y %}", "end of template")):
        found = by_place(announcing.foresee_announcement(own, Announcement(text)))["email", ""]
        assert wrong in found.wrong
        assert not found.told
    with pytest.raises(Refused, match="nobody can be told"):
        announcing.announce(own, Announcement("{{ customer }}"))


def test_customer_with_several_conversations_is_told_once_where_they_are_reached_best(cache: Cache) -> None:
    mail, line = a_row(cache, "Ann", "email", MAIL), a_row(cache, "Ann L", "line", LINE)
    first, second = (conversation(cache, one).contact_id for one in (mail, line))
    Operations(cache).link(first, second, "the same")
    own, announcing = begun(cache, mail, line, a_row(cache, "Bo", "email", MAIL)), Announcing(cache)

    def told(said: Announcement) -> dict[str, list[str]]:
        found = announcing.foresee_announcement(own, said)
        assert sum(len(one.told) + len(one.also) for one in found) == 3
        return {one.place[1]: [each.conversation.contact for each in one.told] for one in found}

    said = Announcement("We work on it.")
    assert told(said) == {"email": ["Bo"], "line": ["Ann L"]}, "where they wrote last"
    cache.write(lambda tx: inflow.change_contact(tx, second, {"fields": {PREFERRED: "email:Ann@example.com"}}))
    assert told(said) == {"email": ["Bo", "Ann"], "line": []}, "what they prefer, whichever card says so"
    places = by_place(announcing.foresee_announcement(own, said))
    assert places["line", ""].also[0][1] == mail[-6:]
    out = replace(said, left_out=frozenset({places["email", ""].place}))
    found = by_place(announcing.foresee_announcement(own, out))
    assert [each.conversation.contact for each in found["line", ""].told] == ["Ann L"]
    assert [why for _row, why in found["email", ""].left] == ["left out by you"]
    done = announcing.announce(own, said)
    assert sorted(one.contact for one in done.sent) == ["Ann", "Bo"]
    assert not done.left


def test_conversation_whose_customer_is_told_elsewhere_says_so_and_waits_for_an_answer_still(cache: Cache) -> None:
    ann, line = a_row(cache, "Ann", "email", MAIL), a_row(cache, "Ann L", "line", LINE)
    bo = a_row(cache, "Bo", "sms", SMS)
    Operations(cache).link(conversation(cache, ann).contact_id, conversation(cache, line).contact_id, "the same")
    own, operations = begun(cache, ann, line, bo), Operations(cache)
    before = conversation(cache, ann)
    done = Announcing(cache).announce(own, Announcement("We work on it."))
    assert sorted(one.contact for one in done.sent) == ["Ann L", "Bo"]

    def said() -> list[str]:
        page = cache.read(history.page, ann)
        return [one.text for one in page if one.kind is MessageKind.ACTIVITY and not one.deleted]

    assert said() == [f"told of “Payments fail” in {line[-6:]}, by line"]
    assert conversation(cache, ann).unanswered_since == before.unanswered_since is not None
    assert conversation(cache, line).unanswered_since is None
    operations.undo()
    assert said() == []
    operations.redo()
    assert len(said()) == 1
    operations.undo()
    assert isinstance(cache.clock, FrozenClock)
    for gone, wanted in ((line, 1), (bo, 0)):
        cache.clock.advance(MINUTE)
        done = Announcing(cache).announce(own, Announcement("We work on it."))
        op = next(op.id for op in done.ops if op.conversation_id == gone)
        for state in (SendState.QUEUED, SendState.SENDING, SendState.ACCEPTED):
            cache.write(lambda tx, own=op, to=state: outbox.move(tx, own, to))  # type: ignore[misc]
        known = len(said())
        assert operations.undo(done.ops[0].group_id).gone == 1
        assert len(said()) == known - 1 + wanted, "it stands as long as the message that it speaks of has left"


def test_two_who_announce_at_once_tell_the_customers_once(cache: Cache) -> None:
    own, announcing = begun(cache, a_row(cache, "Ann", "email", MAIL)), Announcing(cache)
    seen = cache.read(incidents.incident, own)
    assert seen is not None
    announcing.announce(own, Announcement("We work on it."), seen=seen)
    with pytest.raises(Refused, match="just been told: We work on it") as refused:
        announcing.announce(own, Announcement("It is being mended."), seen=seen)
    assert refused.value.hint
    again = cache.read(incidents.incident, own)
    assert announcing.announce(own, Announcement("It is being mended."), seen=again).sent


def test_announcement_that_fails_half_way_has_told_nobody(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [a_row(cache, f"c{number}", "email", MAIL) for number in range(4)]
    own, known = begun(cache, *rows), len(cache.read(oplog.log, limit=100))

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(announcing, "record", full)
    with pytest.raises(OSError, match="No space"):
        Announcing(cache).announce(own, Announcement("Hi"))
    assert len(cache.read(oplog.log, limit=100)) == known
    assert [len(cache.read(history.page, one)) for one in rows] == [1] * 4
    found = cache.read(incidents.incident, own)
    assert found is not None
    assert found.told_at is None


def test_customer_without_an_address_is_named_and_not_told(cache: Cache) -> None:
    own = begun(cache, a_row(cache, "Ann", "line", LINE), a_row(cache, "Bo", "email", MAIL))
    cache.write(lambda tx: tx.db.execute("UPDATE identity SET deleted_at = 1 WHERE channel = 'line'"))
    done = Announcing(cache).announce(own, Announcement("Hi"))
    assert [one.contact for one in done.sent] == ["Bo"]
    assert done.left[0][1] == "no address of this customer is known"


def test_story_of_an_erased_customer_names_neither_them_nor_their_words(cache: Cache) -> None:
    ann, bo = a_row(cache, "Ann", "email", MAIL), a_row(cache, "Bo", "line", LINE)
    own = begun(cache, ann, bo)
    done = Announcing(cache).announce(own, Announcement("Hi {{ contact.name }}"))
    leave(cache, done.ops[0].group_id, 2)
    doomed = cache.read(belongings.rows_of, [conversation(cache, ann).contact_id])
    cache.write(lambda tx: erasure.erase_all(tx, doomed, until=tx.now()))
    found = cache.read(incidents.incident, own)
    assert found is not None
    told = cache.read(incident_story.story, found)
    texts = incident_story.as_markdown(told, str, SEND), json.dumps(incident_story.as_json(told))
    assert all("Hi Bo" in text and "Hi Ann" not in text and "ann@example" not in text.lower() for text in texts)
