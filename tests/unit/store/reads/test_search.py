"""Search for messages: complete, newest first, whatever order they came in."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import MINUTE, FrozenClock, Millis
from omnitui.desk.querying.matching import found
from omnitui.desk.querying.parsing import parse
from omnitui.ids import Ulid
from omnitui.model.conversations import Message
from omnitui.model.revisions import Hit
from omnitui.model.states import Direction, Flag, MessageKind
from omnitui.store.arriving import blocks, inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import newest, prefixes, search
from omnitui.store.writer import Tx
from tests.support.desk import a_cache, a_conversation, a_message

START: Millis = 1_750_000_000_000
WORDS = ("返金", "返品", "お願いします", "refund", "Order", "注文A12", "kettle", "café", "ＦＡＸ", "返", "東京都")
holds = functools.cache(found)
"""Whether texts hold words: the same is asked of the same messages again and again."""


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    cache = a_cache(tmp_path)
    yield cache
    cache.close()


def hits(cache: Cache, text: str, **options: object) -> list[Hit]:
    query = parse(text, now=cache.clock.now(), me=cache.me().id, zone=UTC)
    return cache.read(search.search, query, **options)  # type: ignore[arg-type]


def backfilled(cache: Cache, count: int, seed: int) -> list[Message]:
    """Messages in blocks that come newest first, as backfill delivers them, followed by live ones."""
    conversation = a_conversation(cache, "first")
    dice = random.Random(seed)
    order: list[int] = []
    for block in range(count // 100 - 1, -1, -1):
        order += range(block * 100, block * 100 + 100)
    messages = [
        Message(
            cache.ids.new(),
            conversation.id,
            conversation.account_id,
            Direction.INCOMING,
            MessageKind.PUBLIC,
            None,
            "Ann",
            None,
            START + (number // 2) * MINUTE,
            START + (number // 2) * MINUTE,
            " ".join(dice.choices(WORDS, k=3)),
        )
        for number in order
    ]

    def work(tx: Tx) -> None:
        for message in messages:
            inflow.put_message(tx, message)

    cache.write(work, durable=False)
    return messages


@pytest.fixture(scope="module", params=["from the end", "newest first"])
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cache, list[Message]]]:
    """Many messages in small blocks, looked at in either of the two ways."""
    patch = pytest.MonkeyPatch()
    patch.setattr(blocks, "SHIFT", 5)
    patch.setattr(search, "_BLOCK_BITS", 5)
    patch.setattr(search, "_FEW", 1_000 if request.param == "from the end" else -1)
    cache = a_cache(tmp_path_factory.mktemp("archive"), FrozenClock(START + 10_000 * MINUTE))
    messages = backfilled(cache, 1_200, 7)
    yield cache, messages
    cache.close()
    patch.undo()


_TEXTS = st.one_of(
    st.sampled_from([*WORDS, "品をお", "orde", '"refund order"', '"返金 返品"', "金", "nothing", "返金 kettle"]),
    st.builds("{} OR {}".format, st.sampled_from(WORDS), st.sampled_from(WORDS)),
    st.builds("{} -{}".format, st.sampled_from(WORDS), st.sampled_from(WORDS)),
    st.builds("{} (is:resolved OR {})".format, st.sampled_from(WORDS), st.sampled_from(WORDS)),
)


@given(text=_TEXTS, limit=st.sampled_from([1, 7, 50, 400]))
@settings(max_examples=50)
def test_search_finds_what_a_plain_look_finds_newest_first(
    archive: tuple[Cache, list[Message]], text: str, limit: int
) -> None:
    cache, messages = archive
    expected = sorted(((one.received_at, one.id) for one in messages if plainly(text, one)), reverse=True)
    shown = [(hit.received_at, hit.message_id) for hit in hits(cache, text, limit=limit)]
    assert shown == expected[:limit]


def plainly(text: str, message: Message) -> bool:
    """Whether the message holds what one of the queries above asks for, without any index."""
    inside = (f"{message.author}\n{message.text}",)
    if text.startswith('"'):
        return holds(text.strip('"'), inside, exact=True)
    if " OR " in text and "(" not in text:
        return any(holds(part, inside) for part in text.split(" OR "))
    if " -" in text:
        wanted, unwanted = text.split(" -")
        return holds(wanted, inside) and not holds(unwanted, inside)
    if "(is:resolved OR " in text:
        first, second = text.rstrip(")").split(" (is:resolved OR ")
        return holds(first, inside) and holds(second, inside)
    return holds(text, inside)


@given(
    size=st.integers(1, 90),
    text=st.sampled_from(["返金", "refund OR kettle", "お願いします -返品", "has:note OR -kettle"]),
)
@settings(max_examples=15)
def test_pages_of_hits_give_each_message_once(archive: tuple[Cache, list[Message]], size: int, text: str) -> None:
    cache, _messages = archive
    whole = [hit.message_id for hit in hits(cache, text, limit=400)]
    paged: list[Ulid] = []
    key: tuple[Millis, Ulid] | None = None
    while len(paged) < len(whole):
        page = hits(cache, text, limit=min(size, len(whole) - len(paged)), before=key)
        paged += [hit.message_id for hit in page]
        key = (page[-1].received_at, page[-1].message_id)
    assert paged == whole


def test_search_combines_words_with_filters(cache: Cache) -> None:
    ann = a_conversation(cache, "返金をお願いします", contact="Ann", channel="line", labels=("vip",))
    bob = a_conversation(cache, "返金希望です", contact="Bob", channel="email")
    a_message(cache, bob.id, "返金しました", direction=Direction.OUTGOING, files=("受領書.pdf",))
    a_message(cache, bob.id, "返金は二回目", direction=Direction.OUTGOING, kind=MessageKind.NOTE)
    spam = a_conversation(cache, "返金 返金 返金", contact="Spammer", fields={"flags": [Flag.SPAM]})

    def where(text: str) -> list[str]:
        return [hit.conversation_id for hit in hits(cache, text)]

    assert where("返金") == [bob.id, bob.id, bob.id, ann.id]
    assert where("返金 channel:line") == where("返金 label:vip") == where("返金 from:ann") == [ann.id]
    assert where("返金 has:attachment") == where("受領書") == [bob.id]
    assert where("返金 has:note") == [bob.id]
    assert where("返金 is:all")[0] == spam.id
    assert where("has:note") == [bob.id]
    assert where("from:bob channel:email has:attachment") == []
    assert where("line") == [], "what the index knows for filters is no text"


@pytest.mark.parametrize("few", [0, 1, 500])
def test_filters_without_a_text_find_the_same_of_few_and_of_many(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(newest, "FEW", few)
    ann = a_conversation(cache, "hello", contact="Ann Stone", labels=("vip",))
    bob = a_conversation(cache, "good day", contact="Bob")
    a_message(cache, ann.id, "an answer", direction=Direction.OUTGOING, files=("receipt.pdf",))
    me = cache.me().name

    def where(text: str) -> list[str]:
        return [hit.conversation_id for hit in hits(cache, text)]

    assert where("from:ＳＴＯＮＥ") == where("from:ann.stone@") == [ann.id]
    assert where("label:vip") == where("label:vip channel:email") == [ann.id, ann.id]
    assert where("label:vip -from:stone") == where("label:vip has:attachment") == [ann.id]
    assert where("from:nobody") == where("from:bob label:vip") == []
    assert where("from:bob OR from:stone") == [bob.id, ann.id]
    assert where(f'from:"{me}" OR from:bob')[-1] == bob.id
    cache.write(lambda tx: inflow.change_contact(tx, bob.contact_id, {"name": "Robert Ｋ."}))
    assert where("from:robert") == where('from:"robert k"') == where("from:bob@") == [bob.id]


def test_hit_says_where_it_was_found(cache: Cache) -> None:
    conversation = a_conversation(
        cache, "一行目\n" + "あ" * 300 + "返金の件", contact="花子", subject="Order", channel="line"
    )
    (hit,) = hits(cache, "返金")
    assert (hit.conversation_id, hit.author, hit.contact) == (conversation.id, "花子", "花子")
    assert (hit.subject, hit.account, hit.channel, hit.kind) == ("Order", "Shop", "line", MessageKind.PUBLIC)
    assert "返金の件" in hit.snippet


def test_deleted_message_is_not_found(cache: Cache) -> None:
    conversation = a_conversation(cache, "keep")
    gone = a_message(cache, conversation.id, "zebra", external_id="x1")
    assert len(hits(cache, "zebra")) == 1
    cache.write(lambda tx: inflow.delete_message(tx, gone.account_id, "x1", tx.now()))
    assert hits(cache, "zebra") == []


def test_words_of_other_alphabets_are_found_by_their_beginning(cache: Cache) -> None:
    texts = ("Viele Grüße", "Übernachtung", "посылка пришла", "café crème", "йогурт")
    for text in texts:
        a_conversation(cache, text)
    for typed, wanted in (
        ("grüß", "Viele Grüße"),
        ("GRÜSS", None),
        ("über", "Übernachtung"),
        ("посы", "посылка пришла"),
        ("й", "йогурт"),
        ("caf", "café crème"),
        ("cafe cre", "café crème"),
    ):
        assert [hit.snippet for hit in hits(cache, typed)] == ([] if wanted is None else [wanted]), typed
    assert hits(cache, '"grüß"') == []


@pytest.mark.parametrize("most", [0, 2, 400])
def test_beginning_of_few_or_many_words_finds_them_all(
    cache: Cache, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(prefixes, "MOST", most)
    for text in ("refund", "refunds", "Refunded", "read", "注文番号D12", "注文番号D34", "番号D12"):
        a_conversation(cache, text)
    assert len(hits(cache, "ref")) == 3
    assert len(hits(cache, "re")) == 4
    assert len(hits(cache, "注文番号d")) == 2
    assert len(hits(cache, "注文番号d -番号d34 ref")) == 0
    assert len(hits(cache, "refundx")) == 0


def test_single_letter_that_begins_very_many_words_stands_for_itself(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("plan B", "bread", "butter"):
        a_conversation(cache, text)
    assert len(hits(cache, "b")) == 3
    monkeypatch.setattr(prefixes, "MOST", 2)
    assert [hit.snippet for hit in hits(cache, "b")] == ["plan B"]
