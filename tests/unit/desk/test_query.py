"""The query language: what each word means, and how a wrong one is answered."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, MINUTE, Millis
from omnitui.desk.querying.orders import FAR, Order
from omnitui.desk.querying.parsing import KEYS, QueryError, parse
from omnitui.desk.querying.terms import (
    And,
    Assigned,
    AtHours,
    Compare,
    During,
    From,
    Has,
    Is,
    Named,
    NameField,
    Node,
    Not,
    Or,
    PriorityIs,
    Promised,
    Query,
    State,
    Subject,
    Text,
    Thing,
    Unanswered,
)
from omnitui.desk.times.calendar import ALWAYS, Calendar
from omnitui.model.states import Priority

TOKYO = ZoneInfo("Asia/Tokyo")
BERLIN = ZoneInfo("Europe/Berlin")
ME = "01J00000000000000000000ME0"


def at(text: str, zone: ZoneInfo = TOKYO) -> Millis:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


TEAMS = {"billing": ("me", "b@example.com")}
VIEWS = {"loop": "view:loop", "bad": "is:opne", "junk": "is:spam sort:priority", "more": "view:junk x"}
VIEWS |= {f"laugh{n}": f"view:laugh{n - 1} " * 9 if n else "ha" for n in range(10)}
NOW = at("2026-05-14 10:30")  # a Thursday
OFFICE = Calendar("Office", "Asia/Tokyo", (((9 * 60, 18 * 60),),) * 5 + ((), ()))


def node(text: str, *, now: Millis = NOW, zone: ZoneInfo = TOKYO) -> Node | None:
    return parse(text, now=now, me=ME, zone=zone, teams=TEAMS, views=VIEWS).node


def failure(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        node(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("  　 ", None),
        ("is:open", Is(State.OPEN)),
        ("IS:Open", Is(State.OPEN)),
        ("is:mine", Assigned(ME)),
        ("is:unassigned", Assigned("")),
        ("assignee:me", Assigned(ME)),
        ("assignee:none", Assigned("")),
        ("assignee:花子", Assigned("花子")),
        ("has:draft", Has(Thing.DRAFT)),
        ("has:task", Has(Thing.TASK)),
        ("is:due", Promised(NOW)),
        ("task:<2h", Promised(NOW + 2 * HOUR)),
        ("task:>1d", And((Has(Thing.TASK), Not(Promised(NOW + 24 * HOUR))))),
        ("has:failed", Is(State.FAILED)),
        ("tag:vip", Named(NameField.LABEL, "vip")),
        ('label:"big customer"', Named(NameField.LABEL, "big customer")),
        ("label：vip", Named(NameField.LABEL, "vip")),
        ("from:ann@example.com", From("ann@example.com")),
        ("priority:>=high", PriorityIs(Compare.AT_LEAST, Priority.HIGH)),
        ("priority:urgent", PriorityIs(Compare.EQUAL, Priority.URGENT)),
        ("unanswered:>2h", Unanswered(True, NOW - 2 * HOUR)),
        ("unanswered:<1h30m", Unanswered(False, NOW - 90 * MINUTE)),
        ("subject:返品", Subject("返品")),
        ("返金", Text("返金")),
        ('"exact 返金"', Text("exact 返金", exact=True)),
        ('"open quote', Text("open quote", exact=True)),
        ("https://example.com/a", Text("https://example.com/a")),
        ("Re: order", And((Text("Re:"), Text("order")))),
        ("10:30", Text("10:30")),
        ("-label:x", Not(Named(NameField.LABEL, "x"))),
        ("--label:x", Named(NameField.LABEL, "x")),
        ("a b", And((Text("a"), Text("b")))),
        ("a AND b", And((Text("a"), Text("b")))),
        ("a OR b", Or((Text("a"), Text("b")))),
        ("a b OR c", Or((And((Text("a"), Text("b"))), Text("c")))),
        ("a (b OR c)", And((Text("a"), Or((Text("b"), Text("c")))))),
        ("-(a b)", Not(And((Text("a"), Text("b"))))),
        ("(is:open)", Is(State.OPEN)),
        ("f(x) (g(y))", And((Text("f(x)"), Text("g(y)")))),
        ("co-op", Text("co-op")),
        ("- a ?", Text("a")),
    ],
)
def test_query_means_what_it_says(text: str, expected: Node | None) -> None:
    assert node(text) == expected


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("during:yesterday", "2026-05-13 00:00", "2026-05-14 00:00"),
        ("during:昨日", "2026-05-13 00:00", "2026-05-14 00:00"),
        ("during:this-week", "2026-05-11 00:00", "2026-05-18 00:00"),
        ("during:先週", "2026-05-04 00:00", "2026-05-11 00:00"),
        ("during:last-month", "2026-04-01 00:00", "2026-05-01 00:00"),
        ("during:2026-02", "2026-02-01 00:00", "2026-03-01 00:00"),
        ("during:2025", "2025-01-01 00:00", "2026-01-01 00:00"),
        ("during:2026/5/1", "2026-05-01 00:00", "2026-05-02 00:00"),
        ("during:monday", "2026-05-11 00:00", "2026-05-12 00:00"),
        ("during:木曜日", "2026-05-14 00:00", "2026-05-15 00:00"),
        ("during:fri", "2026-05-08 00:00", "2026-05-09 00:00"),
        ("during:09:30", "2026-05-14 09:30", "2026-05-14 09:31"),
        ("during:yesterday_18:00", "2026-05-13 18:00", "2026-05-13 18:01"),
        ("during:2026-05-01T08:00:05", "2026-05-01 08:00:05", "2026-05-01 08:00:06"),
        ("during:2026-05-01..2026-05-03", "2026-05-01 00:00", "2026-05-04 00:00"),
        ("during:5/1", "2026-05-01 00:00", "2026-05-02 00:00"),
        ("during:12/24", "2025-12-24 00:00", "2025-12-25 00:00"),
        ("during:５月１日", "2026-05-01 00:00", "2026-05-02 00:00"),
        ("during:2026年5月", "2026-05-01 00:00", "2026-06-01 00:00"),
        ("during:1.5.2026", "2026-05-01 00:00", "2026-05-02 00:00"),
        ("during:feb-29", "2024-02-29 00:00", "2024-03-01 00:00"),
        ("during:june", "2025-06-01 00:00", "2025-07-01 00:00"),
        ('during:"3 may 2024"', "2024-05-03 00:00", "2024-05-04 00:00"),
        ("during:2026-w18", "2026-04-27 00:00", "2026-05-04 00:00"),
        ("during:2026-q1", "2026-01-01 00:00", "2026-04-01 00:00"),
        ("during:一昨日", "2026-05-12 00:00", "2026-05-13 00:00"),
        ("during:先々週", "2026-04-27 00:00", "2026-05-04 00:00"),
        ("during:先週の月曜日", "2026-05-04 00:00", "2026-05-05 00:00"),
        ("during:last-thursday", "2026-05-07 00:00", "2026-05-08 00:00"),
        ("during:昨日18時", "2026-05-13 18:00", "2026-05-13 19:00"),
        ("during:昨日の午後3時半", "2026-05-13 15:30", "2026-05-13 15:31"),
        ('during:"yesterday 9:30 pm"', "2026-05-13 21:30", "2026-05-13 21:31"),
        ("during:monday_12am", "2026-05-11 00:00", "2026-05-11 01:00"),
        ("during:2026-05-01T00:30Z", "2026-05-01 09:30", "2026-05-01 09:31"),
        ("during:2026-05-01T00:30:05.250-01:30", "2026-05-01 11:00:05", "2026-05-01 11:00:06"),
    ],
)
def test_time_in_words_is_in_the_users_zone(text: str, start: str, end: str) -> None:
    assert node(text) == During(at(start), at(end))


def test_length_of_time_counts_back_from_now() -> None:
    assert node("after:7d") == During(NOW - 7 * DAY, None)
    assert node("before:2時間") == During(None, NOW - 2 * HOUR)
    assert node("during:1w") == During(NOW - 7 * DAY, NOW)
    assert node('after:"2 hours ago"') == node("after:2時間前") == During(NOW - 2 * HOUR, None)
    assert node("after:3か月") == During(NOW - 90 * DAY, None)


def test_range_may_have_one_end() -> None:
    assert node("during:2026-05-01..") == During(at("2026-05-01 00:00"), FAR)
    assert node("during:..yesterday") == During(-FAR, at("2026-05-14 00:00"))
    assert failure("during:..").word == ".."


def test_day_has_23_hours_when_summer_time_begins() -> None:
    now = at("2026-03-29 12:00", BERLIN)
    assert node("during:today", now=now, zone=BERLIN) == During(
        at("2026-03-29 00:00", BERLIN), at("2026-03-29 00:00", BERLIN) + 23 * HOUR
    )


def test_hidden_conversations_take_part_only_where_asked_for() -> None:
    def hidden(text: str) -> bool:
        return parse(text, now=NOW, me=ME, zone=TOKYO).hidden

    assert not hidden("is:open label:spam")
    assert hidden("is:spam")
    assert hidden("is:all 返金")


def test_all_or_something_is_all() -> None:
    assert node("is:open OR is:all") == Or((Is(State.OPEN), And(())))


@pytest.mark.parametrize(
    ("text", "position", "word", "hint"),
    [
        ("is:opne 返金", 3, "opne", "open"),
        ("label:vip asignee:me", 10, "asignee", "assignee"),
        ("priority:>=hihg", 9, ">=hihg", "high"),
        ("after:tomorow", 6, "tomorow", "yesterday"),
        ("unanswered:soon", 11, "soon", "2h"),
        ("a is:", 2, "is", ""),
        ("a (b c", 2, "(", "closing"),
        ("a ) b", 2, ")", ""),
        ("a OR", 2, "OR", ""),
        ("OR a", 0, "OR", ""),
        ("has:banana", 4, "banana", "attachment"),
        ("after:2026-13-01", 6, "2026-13-01", ""),
        ("during:2月30日", 7, "2月30日", ""),
        ("x window:soon", 9, "soon", "closed"),
        ("sort:best", 5, "best", "newest"),
        ("is:open -sort:newest", 14, "newest", ""),
        ("team:blling", 5, "blling", "billing"),
        ("view:moon", 5, "moon", "loop"),
        ("a view:loop", 7, "loop", ""),
        ("view:bad", 5, "bad", "open"),
    ],
)
def test_error_points_at_the_word_and_names_what_is_near(text: str, position: int, word: str, hint: str) -> None:
    error = failure(text)
    assert (error.position, error.word) == (position, word)
    assert hint in error.hint
    assert text[position:].startswith(word)


def test_query_is_pointed_at_by_columns_not_by_characters() -> None:
    assert failure("返金 labl:x").pointed() == ("返金 labl:x", "     ^^^^")
    assert failure("x" * 200 + " labl:x").pointed() is None


def test_view_brings_its_order_and_what_it_hides_unless_the_query_says_another() -> None:
    def said(text: str) -> Query:
        return parse(text, now=NOW, me=ME, zone=TOKYO, views=VIEWS)

    assert (said("view:More").order, said("view:more").hidden) == (Order.PRIORITY, True)
    assert said("view:junk sort:window").order is Order.WINDOW
    assert said("(a sort:window) OR b").order is Order.WINDOW
    assert said("sort:window").node is None


def test_team_is_what_its_agents_have_and_what_nobody_has_in_its_inboxes() -> None:
    inboxes = Or((Named(NameField.INBOX, "me"), Named(NameField.INBOX, "b@example.com")))
    assert node("team:Billing") == Or((Assigned(ME), Assigned("b@example.com"), And((Assigned(""), inboxes))))


def test_deep_brackets_and_endless_queries_are_refused() -> None:
    assert "brackets" in failure("(" * 500 + "a" + ")" * 500).message
    assert "many" in failure("a " * 500).message
    assert "long" in failure("a" * 5_000).message
    assert "many" in failure("view:laugh9").message


_WORDS = st.sampled_from(
    [f"{key}:" for key in KEYS]
    + [
        "is:open",
        "OR",
        "AND",
        "(",
        ")",
        "-",
        '"',
        "“",
        "”",
        "返金",
        "a",
        ":",
        ">",
        "<=",
        "..",
        "9999999d",
        "0000-00-00",
    ]
    + ["０", "²", "9999-12-31", "0001-01-01", "24:61", "T", "now", "曜", "\0", "\ud800", "é"]
)


@given(st.one_of(st.text(), st.lists(st.one_of(_WORDS, st.just(" "), st.text(max_size=3))).map("".join)))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    for zone in (TOKYO, UTC):
        wrong: QueryError | None = None
        try:
            parse(text, now=NOW, me=ME, zone=zone)
        except QueryError as error:
            wrong = error
        if wrong is not None:
            assert wrong.message
            assert 0 <= wrong.position <= len(text)
            assert wrong.word.lower() in text.lower()


@pytest.mark.parametrize(
    ("text", "moment", "holds"),
    [
        ("in:hours", "2026-05-14 10:30", True),
        ("in:office", "2026-05-14 17:59", True),
        ("in:Office", "2026-05-14 18:00", False),
        ("out:hours", "2026-05-14 18:00", True),
        ("out:hours", "2026-05-16 10:30", True),
        ("out:OFFICE", "2026-05-14 10:30", False),
    ],
)
def test_business_hours_are_decided_by_the_calendar_at_the_time_of_asking(text: str, moment: str, holds: bool) -> None:
    found = parse(text, now=at(moment), me=ME, zone=BERLIN, calendars=lambda: {"Office": OFFICE}).node
    assert found == AtHours("Office", text.startswith("in"), holds)


@pytest.mark.parametrize(
    ("text", "calendars", "message"),
    [
        ("in:hours", {}, "There is no calendar “hours”."),
        ("out:night", {"Office": OFFICE}, "There is no calendar “night”."),
        ("in:hours", {"Office": OFFICE, "always": ALWAYS}, "“hours” may be any of several calendars."),
    ],
)
def test_business_hours_of_no_known_calendar_are_refused_at_their_word(
    text: str, calendars: dict[str, Calendar], message: str
) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, now=NOW, me=ME, zone=TOKYO, calendars=lambda: calendars)
    assert (caught.value.message, caught.value.position) == (message, text.index(":") + 1)
