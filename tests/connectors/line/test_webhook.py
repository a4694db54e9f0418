"""Which calls LINE made, and which somebody else did."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_line import LineConnector

from omnitui.sdk import Forged, Genuine, OmniError, Receives, WebhookRequest
from tests.support.line_rig import a_delivery, a_message, an_event
from tests.support.line_server import SECRET

SIGNATURES = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"
BODY = a_delivery(an_event(message=a_message(), webhookEventId="01A"), an_event("follow", webhookEventId="01B"))
SIGNED = "SA597H4aeMayOdtwnLFnU8T6XpIjo1yn7lDoOlD6tGc="


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def call(body: bytes, signature: str | None = None) -> WebhookRequest:
    headers = {"x-line-signature": signed(body) if signature is None else signature}
    return WebhookRequest("POST", "https://hooks.example.com/hooks/line", (), headers, body)


def verdict(request: WebhookRequest, *secrets: str) -> Genuine | Forged:
    return LineConnector.webhook({}, {"channel_secret": secrets or (SECRET,)}).verify(request, 1_780_000_000_000)


@pytest.mark.shared
def test_line_s_own_vector_is_genuine() -> None:
    vectors = json.loads(SIGNATURES.read_text("utf-8"))["vectors"]
    (vector,) = [vector for vector in vectors if vector["name"] == "line"]
    request = call(vector["body"].encode(), vector["expected"])
    assert isinstance(verdict(request, vector["secret"]), Genuine)
    assert isinstance(verdict(replace(request, body=request.body + b" "), vector["secret"]), Forged)


def test_vector_that_was_worked_out_by_hand_is_genuine() -> None:
    # printf 'お茶' | openssl dgst -sha256 -hmac line-channel-secret -binary | base64
    assert isinstance(verdict(call("お茶".encode(), SIGNED)), Genuine)


def test_events_are_named_so_that_one_told_again_is_kept_once() -> None:
    assert verdict(call(BODY)) == Genuine(("01A", "01B"))


def test_question_whether_we_are_here_is_answered_and_not_kept() -> None:
    assert verdict(call(a_delivery())) == Genuine(keep=False)


@pytest.mark.parametrize("body", [b"", b"tea", b"{}", b'{"events": 3}', b'{"events": [1]}', b"[" * 100_000])
def test_what_is_no_delivery_but_signed_is_kept(body: bytes) -> None:
    assert verdict(call(body)) == Genuine()


def test_two_secrets_count_while_one_is_replaced() -> None:
    request = call(BODY)
    assert isinstance(verdict(request, "new", SECRET), Genuine)
    assert isinstance(verdict(request, SECRET, "old"), Genuine)
    assert isinstance(verdict(request, "new", "newer"), Forged)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_no_secret_is_no_hook(secrets: tuple[str, ...]) -> None:
    with pytest.raises(OmniError, match="channel secret"):
        LineConnector.webhook({}, {"channel_secret": secrets})
    with pytest.raises(OmniError, match="channel secret"):
        LineConnector.webhook({}, {})


@pytest.mark.parametrize("signature", ["", "=", "☕", "a" * 10_000, signed(BODY).lower(), signed(BODY, "another")])
def test_wrong_signature_is_forged(signature: str) -> None:
    assert isinstance(verdict(call(BODY, signature)), Forged)


def test_call_without_a_signature_is_forged() -> None:
    assert isinstance(verdict(WebhookRequest("POST", "https://x.example", (), {}, BODY)), Forged)


@given(some.integers(0, len(BODY) - 1), some.integers(1, 255))
def test_each_byte_of_the_body_counts(at: int, change: int) -> None:
    body = bytearray(BODY)
    body[at] ^= change
    assert isinstance(verdict(call(bytes(body), signed(BODY))), Forged)


@given(some.integers(0, 43), some.characters())
def test_each_character_of_the_signature_counts(at: int, change: str) -> None:
    good = signed(BODY)
    wrong = good[:at] + change + good[at + 1 :]
    assert isinstance(verdict(call(BODY, wrong)), Forged) is (wrong != good)


def test_connector_has_a_webhook() -> None:
    assert isinstance(LineConnector, Receives)
