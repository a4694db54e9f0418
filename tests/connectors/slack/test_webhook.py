"""What proves a call of Slack's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_slack import SlackConnector
from omnitui_slack.webhook import SlackWebhook, signature

from omnitui.sdk import Forged, Genuine, OmniError, WebhookRequest

VECTORS = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"
NOW = 1_780_000_000_000
BODY = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {}}).encode()


def call(body: bytes, given_: bytes, stamp: str = "1780000000") -> WebhookRequest:
    headers = {"x-slack-signature": given_.decode("latin-1"), "x-slack-request-timestamp": stamp}
    return WebhookRequest("POST", "https://hooks.example.com/hooks/slack", (), headers, body)


def signed(body: bytes, secret: bytes = b"s3cret", stamp: str = "1780000000") -> WebhookRequest:
    return call(body, signature(secret, stamp, body), stamp)


HOOK = SlackWebhook(("s3cret", "older"))


def test_call_under_any_secret_that_counts_is_genuine_and_named_by_its_event() -> None:
    assert HOOK.verify(signed(BODY), NOW) == Genuine(("Ev1",))
    assert HOOK.verify(signed(BODY, b"older"), NOW) == Genuine(("Ev1",))


def test_challenge_is_answered_and_not_kept() -> None:
    found = HOOK.verify(signed(json.dumps({"type": "url_verification", "challenge": "abc"}).encode()), NOW)
    assert isinstance(found, Genuine)
    assert (found.answer.body, found.keep) == (b"abc", False)


@pytest.mark.parametrize("away", [-301_000, 301_000])
def test_call_of_another_time_is_forged(away: int) -> None:
    assert isinstance(HOOK.verify(signed(BODY), NOW + away), Forged)


@given(some.integers(0, len(BODY) - 1), some.integers(1, 255))
def test_any_byte_changed_in_the_body_forges_it(place: int, change: int) -> None:
    body = bytearray(BODY)
    body[place] ^= change
    assert isinstance(HOOK.verify(call(bytes(body), signature(b"s3cret", "1780000000", BODY)), NOW), Forged)


@given(some.integers(0, 66), some.integers(1, 255))
def test_any_byte_changed_in_the_signature_forges_it(place: int, change: int) -> None:
    made = bytearray(signature(b"s3cret", "1780000000", BODY))
    made[place] ^= change
    assert isinstance(HOOK.verify(call(BODY, bytes(made)), NOW), Forged)


@pytest.mark.parametrize("stamp", ["", "-1", "١٧٨", "9" * 40, "1780000000.5"])
def test_odd_times_are_forged_and_raise_nothing(stamp: str) -> None:
    assert isinstance(HOOK.verify(call(BODY, b"v0=x", stamp), NOW), Forged)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_there_is_no_hook(secrets: tuple[str, ...]) -> None:
    with pytest.raises(OmniError, match="signing secret"):
        SlackConnector.webhook({}, {"signing_secret": secrets})


@pytest.mark.shared
def test_vector_of_slacks_own_holds() -> None:
    told = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    (vector,) = (one for one in told if one["name"] == "slack-v0")
    made = signature(vector["secret"].encode(), vector["timestamp"], vector["body"].encode())
    assert made.decode() == vector["expected"]
