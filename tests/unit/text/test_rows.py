"""Rows as a person sees them. Each golden block is drawn with its right edge, so that widths can be checked by eye."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies

from omnitui.model.states import Priority, SendState, Status
from omnitui.text.listing.rows import ASCII, COLUMNS, DAY, HOUR, MINUTE, ROLES, Density, age, cells, inbox_row, plain
from omnitui.text.listing.signs import CHANNEL_MARKS, CHANNEL_STYLES
from omnitui.text.widths import cell_width
from tests.support.rows import NOW, a_conversation

REFUND = a_conversation(
    0,
    contact="山田 太郎",
    subject="返金のお願い",
    snippet="先日購入した商品の返金をお願いしたいのですが、可能でしょうか。",
    unread=3,
    labels=("vip", "返金"),
    assignee="Keiko Sato",
    send_state=SendState.FAILED,
    last_message_at=NOW - 3 * MINUTE,
)
WAITING = a_conversation(
    1,
    contact="Alice Smith",
    subject="",
    snippet="Thanks, I will look into it",
    unread=0,
    status=Status.WAITING,
    priority=Priority.URGENT,
    last_message_at=NOW - 5 * HOUR,
)
SNOOZED = a_conversation(
    2,
    contact="株式会社ネコ カスタマーサポート部 御中",
    subject="Re: 請求書 2024-17 について",
    unread=1,
    status=Status.SNOOZED,
    snoozed_until=NOW + 2 * DAY,
    has_draft=True,
    last_message_at=NOW - 400 * DAY,
)


def drawn(width: int, density: Density) -> str:
    lines = []
    for conversation in (REFUND, WAITING, SNOOZED):
        for line in inbox_row(conversation, width, now=NOW, density=density, selected=conversation is REFUND):
            lines.append("".join(text for text, _ in line) + "|")
    return "\n".join(lines)


GOLDEN = {
    (80, Density.TWO): """\
>•@ 山田 太郎 (3)                                                   Keiko !   3m|
    返金のお願い – 先日購入した商品の返金をお願いしたいのですが、可…  #vip #返金|
  L Alice Smith                                                               5h|
    !! [waiting] Thanks, I will look into it                                    |
 •W 株式会社ネコ カスタマーサポート部 御中                                ✎   1y|
    [snoozed 2d] Re: 請求書 2024-17 について – Hello, I have a question.        |""",
    (60, Density.TWO): """\
>•@ 山田 太郎 (3)                               Keiko !   3m|
    返金のお願い – 先日購入した商品の返金をお願…  #vip #返金|
  L Alice Smith                                           5h|
    !! [waiting] Thanks, I will look into it                |
 •W 株式会社ネコ カスタマーサポート部 御中            ✎   1y|
    [snoozed 2d] Re: 請求書 2024-17 について – Hello, I hav…|""",
    (40, Density.TWO): """\
>•@ 山田 太郎 (3)           Keiko !   3m|
    返金のお願い – 先日購入…  #vip #返金|
  L Alice Smith                       5h|
    !! [waiting] Thanks, I will look in…|
 •W 株式会社ネコ カスタマーサポ…  ✎   1y|
    [snoozed 2d] Re: 請求書 2024-17 に… |""",
    (80, Density.ONE): """\
>•@ 山田 太郎 (3)   返金のお願い – 先日購入した商品の返… #vip #返金 Keiko !   3m|
  L Alice Smith          !! [waiting] Thanks, I will look into it             5h|
 •W 株式会社ネコ カスタ… [snoozed 2d] Re: 請求書 2024-17 について – Hell… ✎   1y|""",
    (60, Density.ONE): """\
>•@ 山田 太郎 (3)  返金のお願い – 先日購入した商品の… !   3m|
  L Alice Smith    !! [waiting] Thanks, I will look …     5h|
 •W 株式会社ネコ … [snoozed 2d] Re: 請求書 2024-17 …  ✎   1y|""",
    (40, Density.ONE): """\
>•@ 山田 太… 返金のお願い – 先日… !   3m|
  L Alice S… !! [waiting] Thanks…     5h|
 •W 株式会…  [snoozed 2d] Re: 請… ✎   1y|""",
}


@pytest.mark.parametrize(("width", "density"), GOLDEN)
def test_rows_look_as_drawn_here(width: int, density: Density) -> None:
    assert drawn(width, density) == GOLDEN[width, density]


@pytest.mark.parametrize("width", range(1, 130))
@pytest.mark.parametrize("density", [Density.TWO, Density.ONE])
def test_every_line_fills_its_width_exactly(width: int, density: Density) -> None:
    for conversation in (REFUND, WAITING, SNOOZED):
        for line in inbox_row(conversation, width, now=NOW, density=density, marked=True):
            assert cells(line) == width


@pytest.mark.parametrize("density", [Density.TWO, Density.ONE])
def test_strangers_text_is_disarmed(density: Density) -> None:
    hostile = "x\x1b]0;t\x07\x9b2J\u202egnp\n\r\t\ud800" + "\U000e0041"
    row = inbox_row(
        a_conversation(contact=hostile, subject=hostile, snippet=hostile, labels=(hostile,), assignee=hostile),
        100,
        now=NOW,
        density=density,
    )
    text = "".join(text for line in row for text, _ in line)
    assert text.isprintable()
    assert "␛]0;t" in text


@pytest.mark.parametrize("density", [Density.TWO, Density.ONE])
def test_any_row_fills_any_width_and_no_wide_character_is_halved(density: Density) -> None:
    pieces = ["a", "B", " ", "返", "ｶﾞ", "ガ", "e\u0301", "👨\u200d👩\u200d👧", "🇯🇵", "☎\ufe0f", "\u200d", "م", "―"]
    texts = strategies.lists(strategies.sampled_from(pieces), max_size=30).map("".join)

    @settings(max_examples=150, deadline=None)
    @given(
        width=strategies.integers(1, 120),
        texts=strategies.tuples(texts, texts, texts, texts, texts),
        columns=strategies.sets(strategies.sampled_from([*COLUMNS, "until", "since", "reason"])),
        match=strategies.lists(strategies.sampled_from(["a", "返", "ガ", "b a", "é"]), max_size=2),
        unread=strategies.integers(0, 20),
        priority=strategies.sampled_from(Priority),
        since=strategies.none() | strategies.integers(0, 90 * DAY),
    )
    def holds(
        width: int,
        texts: tuple[str, ...],
        columns: set[str],
        match: list[str],
        unread: int,
        priority: Priority,
        since: int | None,
    ) -> None:
        contact, subject, snippet, label, reason = texts
        row = a_conversation(
            contact=contact,
            subject=subject,
            snippet=snippet,
            labels=(label,) if label else (),
            assignee=label,
            send_reason=reason,
            send_state=SendState.FAILED if reason else None,
            unread=unread,
            priority=priority,
            unanswered_since=None if since is None else NOW - since,
            status=Status.SNOOZED if unread % 2 else Status.OPEN,
            snoozed_until=NOW + DAY if unread % 2 else None,
        )
        for line in inbox_row(row, width, now=NOW, density=density, columns=columns, match=tuple(match)):
            assert cells(line) == width
            assert cell_width("".join(text for text, _role in line)) == width

    holds()


def test_letters_that_match_are_shown_in_a_role_of_their_own() -> None:
    row = a_conversation(
        contact="Ｋｅｉｋｏ Sato", subject="Fax about FAX", snippet=f"{'x ' * 60}the fax machine", unread=0
    )
    lines = inbox_row(row, 60, now=NOW, match=("fax", "keiko"))
    found = [text for line in lines for text, role in line if role == "row.match"]
    assert found == ["Ｋｅｉｋｏ", "Fax", "FAX", "fax"]
    assert ROLES["row.match"].startswith("bold underline")


@pytest.mark.parametrize("width", range(30, 70, 3))
def test_find_deep_in_a_snippet_comes_into_sight(width: int) -> None:
    row = a_conversation(subject="", snippet=f"{'日本語の長い文です。' * 9}返金を{'お願いします。' * 9}")
    lines = inbox_row(row, width, now=NOW, match=("返金",))
    assert [text for line in lines for text, role in line if role == "row.match"] == ["返金"]


def test_columns_say_what_a_row_shows() -> None:
    row = a_conversation(
        labels=("vip",),
        assignee="Keiko",
        send_reason="mailbox full",
        status=Status.SNOOZED,
        snoozed_until=NOW + 2 * DAY,
        unanswered_since=NOW - 5 * HOUR,
        last_activity_at=NOW - 3 * DAY,
    )

    def text(*columns: str) -> str:
        return plain(inbox_row(row, 90, now=NOW, columns=columns))

    assert "[for 2d]" in text("until")
    assert "[since 3d]" in text("since")
    assert "[mailbox full]" in text("reason")
    assert "[mailbox full] [snoozed 2d] [since 3d] " in text("since", "until", "status", "reason")
    assert "[snoozed 2d]" in text("status")
    assert "←5h" in text("unanswered")
    assert "#vip" in text("labels")
    assert "Keiko" in text("assignee")
    assert "question" in text("snippet")
    bare = text()
    assert not [word for word in ("[", "←", "#vip", "Keiko", "question") if word in bare]


def test_an_age_says_whether_the_customer_has_waited_all_the_time() -> None:
    for density in (Density.TWO, Density.ONE):
        new = a_conversation(unanswered_since=NOW - 3 * HOUR, last_message_at=NOW - 3 * HOUR)
        again = a_conversation(unanswered_since=NOW - 3 * HOUR, last_message_at=NOW - HOUR)
        first, second = (plain(inbox_row(row, 80, now=NOW, density=density)) for row in (new, again))
        assert first.count("3h") == 1
        assert "←3h" in first
        assert "←3h" in second
        assert " 1h" in second


def test_how_long_a_customer_waits_is_said_louder_after_hours() -> None:
    roles = [
        {role for line in inbox_row(a_conversation(unanswered_since=NOW - ago), 80, now=NOW) for _text, role in line}
        for ago in (HOUR, 5 * HOUR)
    ]
    assert "row.unanswered" in roles[0]
    assert "row.unanswered.long" in roles[1]


def test_window_counts_down_beside_the_subject_while_somebody_waits() -> None:
    def row(left: int, width: int = 80, **fields: Any) -> tuple[str, set[str]]:
        waiting: dict[str, Any] = {"unanswered_since": NOW - 2 * HOUR, "last_message_at": NOW - HOUR, **fields}
        lines = inbox_row(a_conversation(window_closes_at=NOW + left, **waiting), width, now=NOW)
        return plain(lines), {role for line in lines for _text, role in line}

    assert "⧗23h ←2h " in row(23 * HOUR + MINUTE)[0]
    assert "row.window" in row(23 * HOUR)[1]
    assert "row.window.short" in row(3 * HOUR)[1]
    text, roles = row(10 * MINUTE)
    assert "⧗10m" in text
    assert "row.window.closing" in roles
    assert "⧗0" in row(-1)[0]
    assert "⧗" not in row(HOUR, unanswered_since=None)[0]
    narrow = row(10 * MINUTE, 30)[0]
    assert "⧗10m" in narrow
    assert "←2h" not in narrow


def test_agreement_counts_down_where_it_is_due_before_the_window_closes() -> None:
    def row(**fields: Any) -> tuple[str, set[str]]:
        lines = inbox_row(a_conversation(unanswered_since=NOW - 2 * HOUR, **fields), 80, now=NOW)
        return plain(lines), {role for line in lines for _text, role in line}

    assert "⚑42m " in row(sla_due_at=NOW + 42 * MINUTE)[0]
    text, roles = row(sla_due_at=NOW + 42 * MINUTE, sla_warn_at=NOW, window_closes_at=NOW + HOUR)
    assert "⚑42m" in text
    assert "⧗" not in text
    assert "row.sla.risk" in roles
    text, roles = row(sla_due_at=NOW - 2 * HOUR)
    assert "⚑!2h" in text
    assert "row.sla.late" in roles
    assert "⚑=40m" in row(sla_left=40 * MINUTE)[0]
    for fields in ({"sla_due_at": NOW + 2 * HOUR}, {"sla_left": 40 * MINUTE}):
        text = row(window_closes_at=NOW + HOUR, **fields)[0]
        assert "⧗1h" in text
        assert "⚑" not in text


def test_all_styles_are_roles_of_the_theme() -> None:
    used = {
        role
        for state in (*SendState, None)
        for line in inbox_row(
            a_conversation(
                send_state=state, labels=("a",), assignee="B", has_draft=True, priority=Priority.HIGH, unread=2
            ),
            90,
            now=NOW,
            selected=True,
        )
        for _, role in line
    }
    assert used <= set(ROLES)


def test_without_unicode_every_sign_is_ascii() -> None:
    conversation = a_conversation(
        contact="A very long name that will be cut somewhere here",
        subject="B",
        snippet="c" * 100,
        unread=1,
        send_state=SendState.HELD,
        unanswered_since=NOW - HOUR,
        last_message_at=NOW,
        window_closes_at=NOW + HOUR,
    )
    for density in (Density.TWO, Density.ONE):
        assert plain(inbox_row(conversation, 40, now=NOW, density=density, glyphs=ASCII)).isascii()


def test_selected_marked_and_unread_can_be_told_apart_without_colour() -> None:
    texts = {
        plain(inbox_row(a_conversation(unread=unread), 60, now=NOW, selected=selected, marked=marked))
        for unread in (0, 1)
        for selected in (False, True)
        for marked in (False, True)
    }
    assert len(texts) >= 6


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (-DAY, "now"),
        (0, "now"),
        (59_999, "now"),
        (MINUTE, "1m"),
        (3 * HOUR + 1, "3h"),
        (9 * DAY, "9d"),
        (800 * DAY, "2y"),
    ],
)
def test_ages_are_short(passed: int, shown: str) -> None:
    assert age(NOW, NOW - passed) == shown
    assert cell_width(age(NOW, NOW - passed)) <= 4


def test_each_channel_has_a_sign_of_its_own_that_every_terminal_can_show() -> None:
    assert len(set(CHANNEL_MARKS.values())) == len(CHANNEL_MARKS)
    assert all(len(sign) == 1 and "!" <= sign <= "~" for sign in CHANNEL_MARKS.values())
    assert set(CHANNEL_STYLES) <= set(CHANNEL_MARKS)
