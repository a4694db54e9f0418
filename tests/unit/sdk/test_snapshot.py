"""Capabilities survive being stored, and reply windows say what may be sent."""

from __future__ import annotations

import json
from pathlib import Path

from omnitui_demo import DemoConnector

from omnitui.clock import HOUR
from omnitui.sdk import Allow, Barred, Capabilities, Idempotency, Verb
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
