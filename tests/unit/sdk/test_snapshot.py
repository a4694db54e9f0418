"""Capabilities survive being stored, and reply windows say what may be sent."""

from __future__ import annotations

import json
from pathlib import Path

from omnitui_demo import DemoConnector

from omnitui.clock import DAY, HOUR, MINUTE
from omnitui.sdk import Allow, Barred, Capabilities, Idempotency, NeedTag, NeedTemplate, PaidPush, Verb
from omnitui.sdk.capabilities import why_barred
from omnitui.sdk.snapshot import read, take
from tests.support.sdk import a_context


def test_capabilities_come_back_from_json_as_they_were(tmp_path: Path) -> None:
    connector = DemoConnector(a_context(tmp_path))
    stored = json.loads(json.dumps(take(connector.capabilities, connector.manifest.channels)))
    for channel in ("", *connector.manifest.channels):
        assert read(stored, channel) == connector.capabilities(channel)


def test_unknown_channel_reads_as_the_account_in_general(tmp_path: Path) -> None:
    connector = DemoConnector(a_context(tmp_path))
    stored = take(connector.capabilities, connector.manifest.channels)
    assert read(stored, "fax") == connector.capabilities("")


def test_nothing_stored_means_nothing_can_be_written() -> None:
    capabilities = read({}, "email")
    assert not capabilities.writes
    assert capabilities.reach.get(Verb.STATUS) is None


def test_fields_of_a_newer_version_are_passed_over() -> None:
    stored = {"": {"idempotency": "A", "text_limit": 7, "teleports": True}}
    assert read(stored).text_limit == 7


def test_window_opens_with_the_customers_message_and_closes_on_the_dot() -> None:
    window = Capabilities(idempotency=Idempotency.UNKNOWABLE, window=24 * HOUR)
    assert window.policy(24 * HOUR - 1, 0) == Allow(until=24 * HOUR)
    assert isinstance(window.policy(24 * HOUR, 0), Barred)
    assert isinstance(window.policy(0, None), Barred)


def test_channel_that_takes_no_writing_bars_even_within_a_window() -> None:
    voice = Capabilities(idempotency=Idempotency.UNKNOWABLE, writes=False)
    assert isinstance(voice.policy(0, 0), Barred)


def test_window_lasts_as_long_as_the_back_end_says_where_that_is_longer() -> None:
    window = Capabilities(idempotency=Idempotency.UNKNOWABLE, window=24 * HOUR)
    assert window.policy(30 * HOUR, 0, closes_at=72 * HOUR) == Allow(until=72 * HOUR)
    assert window.policy(20 * HOUR, 0, closes_at=HOUR) == Allow(until=24 * HOUR)


def test_window_closes_as_each_message_tells_though_it_came_late() -> None:
    told = Capabilities(
        idempotency=Idempotency.UNKNOWABLE, window=DAY, window_told=True, tag="HUMAN_AGENT", tag_window=7 * DAY
    )
    # Sent at 0, and here 20 hours later.
    assert told.policy(21 * HOUR, 20 * HOUR, closes_at=DAY) == Allow(until=DAY)
    late = told.policy(30 * HOUR, 20 * HOUR, closes_at=DAY)
    assert isinstance(late, NeedTag)
    assert late.until == 7 * DAY
    assert told.policy(21 * HOUR, 20 * HOUR) == Allow(until=44 * HOUR)


def test_tag_answers_after_the_window_until_its_own_time_is_over() -> None:
    messenger = Capabilities(
        idempotency=Idempotency.UNKNOWABLE, window=DAY, tag="HUMAN_AGENT", tag_window=7 * DAY, templates=True
    )
    policy = messenger.policy(DAY, 0)
    assert isinstance(policy, NeedTag)
    assert policy.until == 7 * DAY
    assert why_barred(policy)
    assert why_barred(policy, tag="OTHER")
    assert not why_barred(policy, tag="HUMAN_AGENT")
    late = messenger.policy(7 * DAY, 0)
    assert isinstance(late, NeedTemplate)
    assert why_barred(late, tag="HUMAN_AGENT")
    assert not why_barred(late, template=True)


def test_template_opens_where_the_customer_never_wrote() -> None:
    whatsapp = Capabilities(idempotency=Idempotency.UNKNOWABLE, window=DAY, templates=True, can_start=True)
    assert isinstance(whatsapp.policy(0, None), NeedTemplate)
    assert isinstance(whatsapp.policy(DAY, 0), NeedTemplate)


def test_answer_is_free_at_first_and_then_paid_for() -> None:
    line = Capabilities(idempotency=Idempotency.UNKNOWABLE, free_for=MINUTE, paid_after=True)
    assert line.policy(MINUTE - 1, 0) == Allow(free_until=MINUTE)
    assert line.policy(MINUTE, 0, left="40 of 200 left") == PaidPush("40 of 200 left")
    assert line.policy(0, None) == PaidPush()
    assert not why_barred(line.policy(MINUTE, 0))


def test_no_more_messages_follow_the_customers_than_the_channel_takes() -> None:
    wechat = Capabilities(idempotency=Idempotency.UNKNOWABLE, window=48 * HOUR, most_in_window=5)
    assert isinstance(wechat.policy(HOUR, 0, sent=4), Allow)
    assert isinstance(wechat.policy(HOUR, 0, sent=5), Barred)
