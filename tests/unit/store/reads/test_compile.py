"""The compiled query finds exactly the conversations that the pure evaluator finds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, FrozenClock, Millis
from omnitui.desk.mentions import mentioned
from omnitui.desk.querying.matching import Facts, matches
from omnitui.desk.querying.orders import BELOW_ALL, Order, place
from omnitui.desk.querying.parsing import Query, parse
from omnitui.desk.querying.terms import Course, State, Thing
from omnitui.model.conversations import Conversation
from omnitui.model.states import Direction, Flag, MessageKind, ObjectKind, Priority, SendState, Status
from omnitui.store.arriving import fulltext, inflow
from omnitui.store.cache import Cache
from omnitui.store.conversations import change_conversation
from omnitui.store.incidents import set_incident
from omnitui.store.reads import accounts, history, inbox, people
from omnitui.store.tasks import put_task
from tests.support.desk import a_cache, a_contact, a_conversation, a_message, an_account

START: Millis = 1_750_000_000_000
WORDS = ("返金", "返品をお願いします", "refund", "Refunds", "注文番号A12", "the blue kettle", "café", "品", "ＦＡＸ")
CONTACTS = (
    ("佐藤 花子", "hanako@example.jp", "Maple", "vip"),
    ("Ann Stone", "ann@example.com", "", ""),
    ("ann lee", "lee@example.org", "東京商会", "ＶＩＰ"),
    ("Bo", "bo@example.com", "maple", "trial"),
)
LABELS = ("vip", "VIP", "返品", "big customer", "bug")
AGENTS = ("Mia Wong", "花子", "mia")


def filled(cache: Cache, seed: int) -> None:
    """Forty conversations that differ in everything a query can ask for."""
    dice, other, why = random.Random(seed), random.Random(seed), random.Random(seed)
    clock = cache.clock
    assert isinstance(clock, FrozenClock)
    accounts_ = [an_account(cache, name) for name in ("Shop", "店")]
    causes = [cache.ids.new() for _ in range(2)]
    for own, title in zip(causes, ("Late parcels", "決済障害"), strict=True):
        cache.write(lambda tx, own=own, title=title: set_incident(tx, own, {"exists": True, "title": title}))  # type: ignore[misc]
    for _number in range(40):
        clock.advance(dice.randrange(3 * HOUR))
        name, address, firm, segment = dice.choice(CONTACTS)
        account = dice.choice(accounts_)
        a_contact(cache, name, address, account=account, organization=firm, segment=segment)
        conversation = a_conversation(
            cache,
            *(" ".join(dice.choices(WORDS, k=dice.randrange(1, 3))) for _ in range(dice.randrange(1, 3))),
            contact=name,
            address=address,
            subject=dice.choice(("", "Re: 返品", "Order A12", "ＯＲＤＥＲ")),
            channel="email",
            inbox_address=dice.choice(("shop@example.com", "Help@example.com")),
            account=account,
            status=dice.choice(list(Status)),
            priority=dice.choice(list(Priority)),
            assignee=dice.choice(("", *AGENTS)),
            labels=dice.sample(LABELS, dice.randrange(3)),
            seen=dice.random() < 0.5,
            fields={"flags": dice.sample(list(Flag)[:2], 1)} if dice.random() < 0.2 else None,
        )
        for _ in range(dice.randrange(3)):
            a_message(
                cache,
                conversation.id,
                dice.choice(WORDS),
                direction=Direction.OUTGOING,
                kind=dice.choice((MessageKind.PUBLIC, MessageKind.NOTE)),
                state=dice.choice((None, SendState.FAILED, SendState.UNKNOWN)),
                files=dice.choice(((), ("請求書.pdf",))),
            )
        if other.random() < 0.4:
            at = clock.now() + other.randrange(-4 * HOUR, 60 * HOUR)
            cache.write(
                lambda tx, at=at, own=conversation.id: put_task(  # type: ignore[misc]
                    tx, tx.ids.new(), own, {"due_at": at}
                )
            )
        if other.random() < 0.4:
            cause = other.choice(causes)
            cache.write(
                lambda tx, cause=cause, own=conversation.id: change_conversation(  # type: ignore[misc]
                    tx, own, {"incident_id": cause}
                )
            )
        if why.random() < 0.5:
            path = why.choice(("billing", "billing/refund", "delivery/late/lost", "返品/破損"))
            cache.write(
                lambda tx, path=path, own=conversation.id: change_conversation(  # type: ignore[misc]
                    tx, own, {"contact_reason": path}
                )
            )
        if dice.random() < 0.3:
            note = dice.choice(("@Mia Wong, please", "ask ＠花子さん", "@mia knows", "a@mia.example", "@nobody"))
            a_message(cache, conversation.id, note, direction=Direction.OUTGOING, kind=MessageKind.NOTE)
        if dice.random() < 0.6:
            closes = clock.now() + dice.randrange(-4 * HOUR, 60 * HOUR)
            cache.write(
                lambda tx, closes=closes, own=conversation.id: tx.db.execute(  # type: ignore[misc]
                    "UPDATE conversation SET window_closes_at = ? WHERE id = ?", (closes, own)
                )
            )
        if dice.random() < 0.6:
            due = clock.now() + dice.randrange(-4 * HOUR, 60 * HOUR)
            clocks = dice.choice(((due, due - 2 * HOUR, None), (due, due, None), (None, None, HOUR)))
            cache.write(
                lambda tx, clocks=clocks, own=conversation.id: tx.db.execute(  # type: ignore[misc]
                    "UPDATE conversation SET (sla_due_at, sla_warn_at, sla_left) = (?, ?, ?) WHERE id = ?",
                    (*clocks, own),
                )
            )
    for language, name in (("ja", "佐藤 花子"), ("ja-JP", "Ann Stone"), ("JA_jp", "Bo")):
        cache.write(
            lambda tx, language=language, name=name: tx.db.execute(  # type: ignore[misc]
                "UPDATE contact SET language = ? WHERE name = ?", (language, name)
            )
        )


@pytest.fixture(scope="module", params=[1, 2, 3])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cache, list[Facts]]]:
    cache = a_cache(tmp_path_factory.mktemp("cache"), FrozenClock(START))
    filled(cache, request.param)
    everything = Query(hidden=True)
    yield cache, [facts_of(cache, one.id) for one in cache.read(inbox.page, everything, limit=1000)]
    cache.close()


def facts_of(cache: Cache, conversation_id: str) -> Facts:
    conversation = cache.read(inbox.conversation, conversation_id)
    assert conversation is not None
    contact = cache.read(people.contact, conversation.contact_id)
    assert contact is not None
    firm = cache.read(people.organization, contact.organization_id) if contact.organization_id else None
    place = cache.read(accounts.inbox, conversation.inbox_id)
    assert place is not None
    messages = [one for one in cache.read(history.page, conversation_id, limit=1000) if not one.deleted]
    return Facts(
        conversation,
        tuple(
            fulltext.source(one.subject, one.author, "\n".join(file.name for file in one.attachments), one.text)
            for one in messages
        ),
        tuple(one.address for one in cache.read(people.identities, contact.id)),
        firm.name if firm else "",
        contact.segment,
        (place.address, place.name),
        any(one.attachments for one in messages),
        any(one.kind is MessageKind.NOTE for one in messages),
        tuple(
            who
            for one in messages
            if one.kind is MessageKind.NOTE
            for who in mentioned(one.text, cache.read(accounts.agents))
        ),
        contact.language,
    )


TEAMS = {"billing": ("Mia Wong", "Help@example.com"), "mine": ("me", "花子")}
VIEWS = {"hot": "is:open priority:>=high sort:priority", "jam": "view:hot OR label:vip"}


def parsed(cache: Cache, text: str) -> Query:
    return parse(text, now=cache.clock.now(), me=cache.me().id, zone=UTC, teams=TEAMS, views=VIEWS)


def _filters() -> st.SearchStrategy[str]:
    return st.one_of(
        st.sampled_from([f"is:{state}" for state in State]),
        st.sampled_from([f"has:{thing}" for thing in Thing]),
        st.sampled_from(
            ["assignee:me", "assignee:none", "assignee:mia", "assignee:花子", "assignee:wong", "assignee:x"]
        ),
        st.builds("priority:{}{}".format, st.sampled_from(["", "<", "<=", ">", ">="]), st.sampled_from(list(Priority))),
        st.sampled_from([f'label:"{label}"' for label in (*LABELS, "Bug", "none such")]),
        st.sampled_from(["channel:email", "channel:line", "account:shop", "account:店", "inbox:help@example.com"]),
        st.sampled_from(["from:ann", "from:花子", "from:example.com", "from:nobody", "from:%"]),
        st.sampled_from(
            ["org:maple", "org:東京商会", "segment:vip", "segment:none", 'subject:"order a12"', "subject:品"]
        ),
        st.sampled_from(
            [
                "reason:billing",
                "reason:refund",
                "reason:Billing/Refund",
                "reason:late/lost",
                "reason:破損",
                "reason:none",
            ]
        ),
        st.sampled_from(["incident:late", "incident:決済障害", "incident:none", "incident:nothing"]),
        st.builds("{}:{}h".format, st.sampled_from(["after", "before", "during"]), st.integers(0, 80)),
        st.builds("unanswered:{}{}h".format, st.sampled_from(["<", ">"]), st.integers(0, 60)),
        st.builds("task:{}{}h".format, st.sampled_from(["", "<", ">"]), st.integers(0, 60)),
        st.builds("window:{}{}h".format, st.sampled_from(["", "<", "<=", ">", ">="]), st.integers(0, 60)),
        st.builds("sla:{}{}h".format, st.sampled_from(["", "<", "<=", ">", ">="]), st.integers(0, 60)),
        st.sampled_from([f"sla:{course}" for course in Course]),
        st.sampled_from(["window:open", "window:closed", "window:none", "lang:ja", "lang:JA-JP", "lang:unknown"]),
        st.sampled_from(["team:billing", "team:mine", "view:hot", "view:Jam", "lang:j"]),
        st.sampled_from(["mentions:me", "mentions:mia", "mentions:花子", "mentions:wong", 'mentions:"Mia Wong"']),
        st.sampled_from(
            [*WORDS, *(f'"{word}"' for word in WORDS), "金", "ref", "kett", "cafe", "hanako", "blue 返金", "請求"]
        ),
    )


def _queries() -> st.SearchStrategy[str]:
    return st.recursive(
        _filters(),
        lambda inner: st.one_of(
            st.builds("{} {}".format, inner, inner),
            st.builds("({} OR {})".format, inner, inner),
            st.builds("-({})".format, inner),
        ),
        max_leaves=6,
    )


@given(text=_queries())
@settings(max_examples=300)
def test_compiled_query_finds_what_the_evaluator_finds(world: tuple[Cache, list[Facts]], text: str) -> None:
    cache, facts = world
    query = parsed(cache, text)
    expected = {one.conversation.id for one in facts if matches(query, one)}
    assert {one.id for one in cache.read(inbox.page, query, limit=1000)} == expected
    assert cache.read(inbox.count, query) == len(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("is:open", "返金", "label:vip", "assignee:mia", "has:note", "from:ann", "unanswered:>1h", "window:<20h"),
        *("window:closed", "window:none", "mentions:花子", "lang:ja", "lang:unknown", "team:billing", "view:jam"),
        *("sla:<20h", "sla:>20h", "sla:breached", "sla:risk", "sla:paused", "sla:none"),
    ],
)
def test_each_kind_of_query_finds_some_and_not_all(world: tuple[Cache, list[Facts]], text: str) -> None:
    cache, facts = world
    query = parsed(cache, text)
    assert 0 < cache.read(inbox.count, query) < len(facts)


@given(text=_queries(), order=st.sampled_from(Order), size=st.integers(1, 30))
@settings(max_examples=40)
def test_pages_of_any_order_are_what_the_pure_rank_sorts(
    world: tuple[Cache, list[Facts]], text: str, order: Order, size: int
) -> None:
    cache, facts = world
    query = parsed(cache, f"{text} sort:{order}")
    found = [one.conversation for one in facts if matches(query, one)]
    expected = [one.id for one in sorted(found, key=lambda one: place(order, one), reverse=True)]
    down: list[Conversation] = []
    while rows := cache.read(inbox.page, query, after=place(order, down[-1]) if down else None, limit=size):
        down += rows
    assert [one.id for one in down] == expected
    up: list[Conversation] = []
    while rows := cache.read(inbox.page, query, before=place(order, up[0]) if up else BELOW_ALL, limit=size):
        up = [*rows, *up]
    assert up == down
    if len(down) > 2:
        ends = place(order, down[1]), place(order, down[-2])
        assert cache.read(inbox.between, query, *ends, limit=99) == expected[1:-1]


def test_nothing_typed_becomes_sql(tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = a_cache(tmp_path_factory.mktemp("cache"))
    a_conversation(cache, "x")
    for text in (
        "'; DROP TABLE message; --",
        '") OR 1=1 --',
        "label:'x'",
        "from:' OR '1'='1",
        'subject:"\'"',
        "NEAR(a b)",
    ):
        query = parse(text, now=START + DAY, me=cache.me().id, zone=UTC)
        assert cache.read(inbox.page, query) == []
    cache.close()


def test_unknown_agent_of_not_and_none_is_told_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    cache = a_cache(tmp_path_factory.mktemp("cache"))
    free, taken = a_conversation(cache), a_conversation(cache, assignee="Mia")
    stranger = cache.ids.new()

    def found(text: str) -> set[str]:
        query = parse(text, now=START, me=cache.me().id, zone=UTC)
        return {one.id for one in cache.read(inbox.page, query)}

    assert found(f"assignee:{stranger}") == set()
    assert found(f"-assignee:{stranger}") == {free.id, taken.id}
    assert found(f"assignee:{taken.assignee_id}") == {taken.id}
    assert found("-assignee:none") == {taken.id}
    cache.write(lambda tx: inflow.change_conversation(tx, taken.id, {"assignee_id": None}))
    assert found("assignee:none") == {free.id, taken.id}
    assert cache.read(inbox.resolve_ref, taken.id[-8:].lower(), ObjectKind.CONVERSATION) == taken.id
    cache.close()
