"""What proves a call of Twilio's, and what it is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_twilio import TwilioConnector
from omnitui_twilio.mapping import events
from omnitui_twilio.webhook import TwilioWebhook, form_of, signature

from omnitui.sdk import Forged, Genuine, OmniError, WebhookRequest

VECTORS = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"
URL = "https://hooks.example.com/hooks/sms"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BODY = urlencode({"AccountSid": "AC1", "MessageSid": "MM1", "From": "+81312345678", "Body": "返品"}).encode()
HOOK = TwilioWebhook(("s3cret", "older"), "AC1", "こちらは & お茶の店です", "ja-JP")


def call(body: bytes, given_: bytes, url: str = URL, kind: str = "application/x-www-form-urlencoded") -> WebhookRequest:
    query = tuple(tuple(part.split("=", 1)) for part in url.partition("?")[2].split("&") if part)
    headers = {"x-twilio-signature": given_.decode("latin-1"), "content-type": kind}
    return WebhookRequest("POST", url, query, headers, body)  # type: ignore[arg-type]


def signed(form: dict[str, str], secret: bytes = b"s3cret") -> WebhookRequest:
    body = urlencode({"AccountSid": "AC1", **form}).encode()
    return call(body, signature(secret, URL, form_of(body)))


def test_call_under_any_token_that_counts_is_genuine_and_named_by_what_it_tells() -> None:
    for secret in (b"s3cret", b"older"):
        found = HOOK.verify(signed({"MessageSid": "MM1", "MessageStatus": "sent"}, secret), 0)
        assert isinstance(found, Genuine)
        assert found.keys == ("MM1:sent::::",)
        assert found.answer.body == b"<Response/>"


def test_call_that_names_nothing_that_is_known_is_told_apart_by_its_digest() -> None:
    found = HOOK.verify(signed({"EventType": "onMessageAdded"}), 0)
    assert isinstance(found, Genuine)
    assert found.keys == ()


def test_caller_hears_the_greeting_and_speaks_on_the_machine() -> None:
    found = HOOK.verify(signed({"CallSid": "CA1", "CallStatus": "ringing", "Direction": "inbound"}), 0)
    assert isinstance(found, Genuine)
    said = found.answer.body.decode()
    assert '<Say language="ja-JP">こちらは &amp; お茶の店です</Say>' in said
    assert f'transcribeCallback="{URL}"' in said
    without = TwilioWebhook(("s3cret",), "AC1").verify(signed({"CallSid": "CA1", "CallStatus": "ringing"}), 0)
    assert isinstance(without, Genuine)
    assert without.answer.body == b"<Response/>"


def test_call_of_another_account_is_forged() -> None:
    assert isinstance(HOOK.verify(signed({"AccountSid": "AC2", "MessageSid": "MM1"}), 0), Forged)


@given(some.integers(0, len(BODY) - 1), some.integers(1, 255))
def test_any_byte_changed_in_the_body_forges_it(place: int, change: int) -> None:
    body = bytearray(BODY)
    body[place] ^= change
    if form_of(bytes(body)) != form_of(BODY):
        # "+" and "%20" are the same blank.
        assert isinstance(HOOK.verify(call(bytes(body), signature(b"s3cret", URL, form_of(BODY))), 0), Forged)


@given(some.integers(0, 27), some.integers(1, 255))
def test_any_byte_changed_in_the_signature_forges_it(place: int, change: int) -> None:
    made = bytearray(signature(b"s3cret", URL, form_of(BODY)))
    made[place] ^= change
    assert isinstance(HOOK.verify(call(BODY, bytes(made)), 0), Forged)


@pytest.mark.parametrize("body", [b"a=b&" * 2_000, bytes(300_000)], ids=["fields", "bytes"])
def test_call_larger_than_any_of_twilio_s_is_refused_unread(body: bytes) -> None:
    found = HOOK.verify(call(body, signature(b"s3cret", URL, form_of(body))), 0)
    assert isinstance(found, Forged)
    assert "larger" in found.why


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_token_there_is_no_hook(secrets: tuple[str, ...]) -> None:
    with pytest.raises(OmniError, match="auth token"):
        TwilioConnector.webhook({}, {"auth_token": secrets})


@pytest.mark.shared
def test_vectors_of_twilios_own_hold() -> None:
    told = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    vectors = [one for one in told if one["name"].startswith("twilio")]
    assert len(vectors) == 4
    for vector in vectors:
        body, kind = vector["body"], "application/x-www-form-urlencoded"
        if isinstance(body, dict):
            body = urlencode(body)
        elif body.startswith("{"):
            kind = "application/json"
        hook = TwilioWebhook((vector["secret"],), "")
        genuine = call(body.encode(), vector["expected"].encode(), vector["url"], kind)
        assert isinstance(hook.verify(genuine, 0), Genuine), vector["name"]
        changed = call(body.encode() + b"x", vector["expected"].encode(), vector["url"], kind)
        assert isinstance(hook.verify(changed, 0), Forged), vector["name"]


FIELDS = [
    "MessageSid",
    "MessageStatus",
    "CallSid",
    "CallStatus",
    "RecordingSid",
    "TranscriptionText",
    "NumMedia",
    "From",
]


@given(
    some.dictionaries(
        some.sampled_from([*FIELDS, "MediaUrl0", "Body", "CallDuration", "Direction"]), some.text(max_size=8)
    )
)
def test_no_call_raises(form: dict[str, Any]) -> None:
    assert isinstance(events(form, ours="+1", now=5), tuple)
