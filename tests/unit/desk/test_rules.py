"""Rules: what sets one off, when it must not fire, when a time comes again, and what a table of the file says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from omnitui.clock import HOUR, MINUTE
from omnitui.desk.acting.macros import Do
from omnitui.desk.rules import rule as rules
from omnitui.desk.rules.rule import EVER, MOST, Barred, Every, Happened, Link, On, Past, Rule, What
from omnitui.desk.rules.tables import on_called, parsed
from omnitui.errors import OmniError

HERE = "01J00000000000000000000001"
THERE = "01J00000000000000000000002"
STEPS = (Do("label", ["+seen"]),)
TOKYO = ZoneInfo("Asia/Tokyo")


def a_rule(*on: On | Every, **fields: Any) -> Rule:
    return Rule("vip", "VIP", on or (On(What.MESSAGE),), STEPS, **fields)


def happened(what: What, subject: str = "", before: str = "") -> Happened:
    return Happened(what, HERE, 1_000, subject, before)


def at(text: str, zone: Any = TOKYO) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("words", "what", "fits"),
    [
        ("message", happened(What.MESSAGE), True),
        ("message", happened(What.BEGUN), False),
        ("status", happened(What.STATUS, "waiting", "open"), True),
        ("status:waiting", happened(What.STATUS, "waiting", "open"), True),
        ("status:waiting", happened(What.STATUS, "open", "waiting"), False),
        ("resolved", happened(What.STATUS, "resolved", "open"), True),
        ("resolved", happened(What.STATUS, "closed", "open"), False),
        ("reopened", happened(What.STATUS, "open", "resolved"), True),
        ("reopened", happened(What.STATUS, "open", "closed"), True),
        ("reopened", happened(What.STATUS, "open", "snoozed"), False),
        ("labelled:vip", happened(What.LABELLED, "vip"), True),
        ("labelled:VIP", happened(What.LABELLED, "vip"), True),
        ("labelled:vip", happened(What.LABELLED, "new"), False),
        ("labelled:vip", happened(What.UNLABELLED, "vip"), False),
        ("rated:1", happened(What.RATED, "1"), True),
        ("30m after message", happened(What.MESSAGE), True),
    ],
)
def test_a_rule_is_set_off_by_what_its_words_mean(words: str, what: Happened, fits: bool) -> None:
    on = on_called(words)
    assert isinstance(on, On)
    assert (rules.set_off(a_rule(on), what) is not None) is fits
    assert on_called(on.words) == on
    assert what.what in rules.heard([a_rule(on)]) or not fits


def test_at_once_comes_before_what_waits() -> None:
    rule = a_rule(On(What.MESSAGE, after=HOUR), On(What.MESSAGE))
    assert rules.set_off(rule, happened(What.MESSAGE)) == On(What.MESSAGE)


@pytest.mark.parametrize(
    ("after", "coming"),
    [
        ("2026-11-20 08:59", "2026-11-20 09:00"),
        ("2026-11-20 09:00", "2026-11-23 09:00"),
        ("2026-11-21 12:00", "2026-11-23 09:00"),
    ],
)
def test_a_time_comes_again_on_its_days_alone(after: str, coming: str) -> None:
    every = on_called("every weekday 9:00")
    assert isinstance(every, Every)
    assert rules.next_time([every], at(after), TOKYO) == at(coming)
    assert on_called(every.words) == every


@pytest.mark.parametrize(
    ("words", "after", "coming"),
    [
        ("every hour", "2026-11-20 08:59", "2026-11-20 09:00"),
        ("every 1h", "2026-11-20 09:00", "2026-11-20 10:00"),
        ("every 15m", "2026-11-20 23:50", "2026-11-21 00:00"),
        ("every 7h", "2026-11-20 21:30", "2026-11-21 00:00"),
        ("every 7h", "2026-11-20 20:59", "2026-11-20 21:00"),
        ("every 24h", "2026-11-20 00:00", "2026-11-21 00:00"),
    ],
)
def test_a_span_comes_again_and_again_from_midnight_on(words: str, after: str, coming: str) -> None:
    every = on_called(words)
    assert isinstance(every, Every)
    assert rules.next_time([every], at(after), TOKYO) == at(coming)
    assert on_called(every.words) == every


def test_hours_are_an_hour_long_on_the_days_on_which_the_clock_changes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        now = at(f"{day} 00:00", berlin)
        for number in range(1, hours + 1):
            found = rules.next_time([Every(span=HOUR)], now, berlin)
            assert found is not None
            assert found == at(f"{day} 00:00", berlin) + number * HOUR
            now = found
        assert datetime.fromtimestamp(now / 1000, berlin).hour == 0


def test_a_time_is_the_users_clock_over_a_change_of_the_hour() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    every = Every(frozenset(range(7)), 9 * 60)
    first = rules.next_time([every], at("2026-10-24 08:00", berlin), berlin)
    assert first == at("2026-10-24 09:00", berlin)
    assert first is not None
    second = rules.next_time([every], first, berlin)
    assert second == at("2026-10-25 09:00", berlin) == first + 25 * HOUR
    assert rules.next_time([], 0, UTC) is None


def test_a_rule_bars_itself_in_a_chain_but_only_where_it_has_fired() -> None:
    rule, now = a_rule(), 10 * HOUR
    assert rules.barred(rule, HERE, Past(), now) is None
    assert rules.barred(rule, HERE, Past(chain=(Link("vip", HERE),)), now) is Barred.ITSELF
    assert rules.barred(rule, HERE, Past(chain=(Link("b", HERE), Link("vip", HERE))), now) is Barred.ITSELF
    assert rules.barred(rule, HERE, Past(chain=(Link("vip", THERE),)), now) is None
    chain = tuple(Link(f"r{number}", HERE) for number in range(rules.DEEPEST))
    assert rules.barred(rule, HERE, Past(chain=chain), now) is Barred.DEEP
    assert rules.barred(rule, HERE, Past(chain=chain[1:]), now) is None


def test_a_rule_that_fires_too_often_is_cut_and_not_before() -> None:
    now = 100 * HOUR
    often = [now - number * MINUTE for number in range(MOST)]
    assert rules.barred(a_rule(), HERE, Past(often), now) is Barred.CUT
    assert rules.barred(a_rule(), HERE, Past(often[1:]), now) is None
    assert rules.barred(a_rule(), HERE, Past([one - HOUR for one in often]), now) is None


def test_once_holds_for_its_span_or_for_ever() -> None:
    now = 100 * HOUR
    assert rules.barred(a_rule(once=12 * HOUR), HERE, Past([now - 11 * HOUR]), now) is Barred.ONCE
    assert rules.barred(a_rule(once=12 * HOUR), HERE, Past([now - 12 * HOUR]), now) is None
    assert rules.barred(a_rule(once=EVER), HERE, Past([0]), now) is Barred.ONCE
    assert rules.barred(a_rule(once=EVER), HERE, Past(), now) is None


def test_a_firing_says_which_rule_and_why() -> None:
    rule = a_rule(when="channel:line label:vip")
    why = rules.why(rule, On(What.MESSAGE), happened(What.MESSAGE))
    assert rules.line(rule, why) == "rule “VIP”: a message came and channel:line label:vip"
    assert rules.rule_in(rules.reason_of(rule, why)) == "vip"
    assert rules.rule_in("macro refund") == ""
    late = On(What.STATUS, "waiting", 90 * MINUTE)
    said = rules.why(a_rule(late), late, happened(What.STATUS, "waiting"))
    assert said == "1h30m after it became waiting"
    assert rules.why(a_rule(), Every(frozenset({0}), 510), None) == "every monday 8:30"


def test_the_digest_is_of_what_a_rule_does_and_not_of_its_name() -> None:
    rule = a_rule()
    assert rule.digest == replace(rule, title="other", enabled=True).digest
    assert rule.digest != replace(rule, when="is:open").digest
    assert rule.digest != replace(rule, steps=(Do("label", ["+other"]),)).digest


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"on": "messages"}, "on"),
        ({"on": []}, "on"),
        ({"on": "0s after message"}, "on"),
        ({"on": "message:vip"}, "on"),
        ({"on": "status:pending"}, "on"),
        ({"on": "every monday 25:00"}, "on"),
        ({"on": "every frog 9:00"}, "on"),
        ({"on": "every 30s"}, "on"),
        ({"on": "every 25h"}, "on"),
        ({"on": "message", "once": "soon"}, "once"),
        ({"on": "message", "stop": "yes"}, "stop"),
        ({"on": "message", "when": 3}, "when"),
        ({"on": "message", "then": 3}, "then"),
        ({"on": "message", "do": []}, "do"),
        ({"on": "message", "do": [{"label": "a"}, {"dance": "b"}]}, ""),
    ],
)
def test_a_fault_in_a_table_is_named_at_its_key(table: dict[str, Any], key: str) -> None:
    rule, faults = parsed("vip", {"do": [{"label": "a"}], **table})
    assert [one.key for one in faults] == [key]
    assert rule.name == "vip"


def test_a_whole_table_is_read_as_it_says() -> None:
    table = {"title": "V", "on": ["message", "every mon, thu 8:00"], "once": True, "do": [{"priority": "High"}]}
    rule, faults = parsed("vip", {**table, "when": " is:open ", "stop": True, "enabled": True})
    assert not faults
    assert (rule.title, rule.when, rule.once, rule.stop, rule.enabled) == ("V", "is:open", EVER, True, True)
    assert rule.events == (On(What.MESSAGE),)
    assert rule.times == (Every(frozenset({0, 3}), 480),)
    assert rule.steps == (Do("priority", "high"),)
    assert not parsed("vip", {"on": "message", "do": [{"label": "a"}]})[0].enabled


def test_what_never_happens_is_no_word() -> None:
    with pytest.raises(OmniError):
        on_called("whenever")
