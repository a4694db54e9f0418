"""Which calls X made, which requests we sign, and how."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from omnitui_x import XConnector
from omnitui_x.oauth import Keys, authorization, signature

from omnitui.sdk import Forged, Genuine, OmniError, Receives, Webhook, WebhookRequest

SIGNATURES = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"
SECRET = "x-app-secret"
BODY = '{"for_user_id":"700","direct_message_events":[{"id":"1","text":"お茶"}]}'.encode()
# openssl dgst -sha256 -hmac x-app-secret -binary | base64, of BODY and of "challenge"
SIGNED = "sha256=+J7QNai0NYXbxt3hgBZcyyFBvxhsWDwTHIyWp0Dvf98="
ANSWERED = "sha256=Dfb/sRpMrUK7DmloczpRIBQwA+oRPloy8efZnz4/hH0="


def hook(*secrets: str) -> Webhook:
    return XConnector.webhook({}, {"consumer_secret": secrets or (SECRET,)})


def call(body: bytes, signed: str | None = SIGNED) -> WebhookRequest:
    headers = {} if signed is None else {"x-twitter-webhooks-signature": signed}
    return WebhookRequest("POST", "https://hooks.example.com/hooks/x", (), headers, body)


def asked(token: str, method: str = "GET") -> WebhookRequest:
    return WebhookRequest(method, "https://hooks.example.com/hooks/x", (("crc_token", token),), {}, b"")


@pytest.mark.shared
def test_vector_of_others_is_genuine_and_its_question_answered() -> None:
    vectors = json.loads(SIGNATURES.read_text("utf-8"))["vectors"]
    (vector,) = [vector for vector in vectors if vector["name"] == "x-account-activity"]
    theirs = hook(vector["secret"])
    assert isinstance(theirs.verify(call(vector["body"].encode(), vector["expected"]), 5), Genuine)
    answer = theirs.handshake(asked(vector["crc_token"]), 5)
    assert answer is not None
    assert json.loads(answer.body) == {"response_token": vector["crc_response"]}


def test_call_is_genuine_and_the_question_whether_we_are_here_is_answered() -> None:
    assert hook().verify(call(BODY), 5) == Genuine()
    answer = hook("new", SECRET).handshake(asked("challenge"), 5)
    assert answer is not None
    assert answer.content_type == "application/json"
    ours = hook().handshake(asked("challenge"), 5)
    assert ours is not None
    assert json.loads(ours.body) == {"response_token": ANSWERED}


def test_what_asks_nothing_is_answered_nothing() -> None:
    assert hook().handshake(asked("challenge", "POST"), 5) is None
    assert hook().handshake(call(BODY), 5) is None


def test_two_secrets_count_while_one_is_replaced() -> None:
    assert isinstance(hook("new", SECRET).verify(call(BODY), 5), Genuine)
    assert isinstance(hook("new", "newer").verify(call(BODY), 5), Forged)


@pytest.mark.parametrize("signed", [None, "", "sha256=", "☕", SIGNED.removeprefix("sha256="), SIGNED.upper()])
def test_wrong_signature_is_forged(signed: str | None) -> None:
    assert isinstance(hook().verify(call(BODY, signed), 5), Forged)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_no_secret_is_no_hook(secrets: tuple[str, ...]) -> None:
    with pytest.raises(OmniError, match="API Key Secret"):
        XConnector.webhook({}, {"consumer_secret": secrets})


@given(some.integers(0, len(BODY) - 1), some.integers(1, 255))
def test_each_byte_of_the_body_counts(at: int, change: int) -> None:
    body = bytearray(BODY)
    body[at] ^= change
    assert isinstance(hook().verify(call(bytes(body)), 5), Forged)


@given(some.integers(0, len(SIGNED) - 1), some.characters())
def test_each_character_of_the_signature_counts(at: int, change: str) -> None:
    wrong = SIGNED[:at] + change + SIGNED[at + 1 :]
    assert isinstance(hook().verify(call(BODY, wrong), 5), Forged) is (wrong != SIGNED)


def test_connector_has_a_webhook() -> None:
    assert isinstance(XConnector, Receives)


def test_request_is_signed_as_rfc_5849_shows_it() -> None:
    keys = Keys("dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")
    told = {
        "file": "vacation.jpg",
        "size": "original",
        "oauth_consumer_key": keys.consumer_key,
        "oauth_token": keys.token,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    assert signature(keys, "GET", "http://photos.example.net/photos", told) == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


def test_secrets_stand_in_no_header() -> None:
    keys = Keys("app", "app-secret", "token", "token-secret")
    header = authorization(keys, "GET", "https://api.x.com/2/users/me", {"a b": "ü&="}, nonce="n", seconds=5)
    assert header.startswith('OAuth oauth_consumer_key="app", oauth_nonce="n", oauth_signature="')
    assert "secret" not in header + repr(keys)
