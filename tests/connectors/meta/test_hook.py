"""What proves that Meta called."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omnitui_meta import WhatsAppConnector
from omnitui_meta.hook import MetaHook

from omnitui.sdk import Forged, Genuine, OmniError, Receives, WebhookAnswer, WebhookRequest

VECTORS = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"
HOOK = MetaHook(("new", "old"), ("word-new", "word-old"))
BODY = b'{"object":"whatsapp_business_account","entry":[]}'


def signed(body: bytes, secret: str = "new") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def call(body: bytes, signature: str | None, *, method: str = "POST", **query: str) -> WebhookRequest:
    headers = {} if signature is None else {"x-hub-signature-256": signature}
    asked = tuple((name.replace("_", ".", 1), value) for name, value in query.items())
    return WebhookRequest(method, "https://hooks.example/hooks/wa", asked, headers, body)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["meta-hub-256", "github", "github-octokit"])
def test_published_signature_of_the_scheme_is_genuine(name: str) -> None:
    (vector,) = [one for one in json.loads(VECTORS.read_text("utf-8"))["vectors"] if one["name"] == name]
    hook = MetaHook((vector["secret"],), ("word",))
    assert hook.verify(call(vector["body"].encode(), vector["expected"]), 0) == Genuine()


def test_known_signature_is_genuine() -> None:
    # printf leaf | openssl dgst -sha256 -hmac tea
    signature = "sha256=c2f6c0b9edc0cfedd5ea42f3729aed139fbd64774192d1ec223bfa481f1f6ea3"
    assert MetaHook(("tea",), ("word",)).verify(call(b"leaf", signature), 0) == Genuine()


@pytest.mark.parametrize("secret", ["new", "old"])
def test_each_secret_counts_while_one_is_replaced(secret: str) -> None:
    assert HOOK.verify(call(BODY, signed(BODY, secret)), 0) == Genuine()


@pytest.mark.parametrize("signature", [None, "", "sha256=", "sha1=" + "0" * 40, signed(BODY, "another"), "ü" * 64])
def test_call_without_our_secret_is_forged(signature: str | None) -> None:
    assert isinstance(HOOK.verify(call(BODY, signature), 0), Forged)


def test_signature_in_capitals_is_forged() -> None:
    assert isinstance(HOOK.verify(call(BODY, signed(BODY).upper()), 0), Forged)


@settings(max_examples=40)
@given(some.binary(max_size=60), some.data())
def test_any_byte_changed_is_forged(body: bytes, data: some.DataObject) -> None:
    signature = signed(body)
    assert HOOK.verify(call(body, signature), 0) == Genuine()
    if body:
        at = data.draw(some.integers(0, len(body) - 1))
        changed = body[:at] + bytes([body[at] ^ data.draw(some.integers(1, 255))]) + body[at + 1 :]
        assert isinstance(HOOK.verify(call(changed, signature), 0), Forged)
    at = data.draw(some.integers(0, len(signature) - 1))
    other = data.draw(some.sampled_from([char for char in "0123456789abcdefx" if char != signature[at]]))
    assert isinstance(HOOK.verify(call(body, signature[:at] + other + signature[at + 1 :]), 0), Forged)


@pytest.mark.parametrize("word", ["word-new", "word-old"])
def test_challenge_goes_back_to_whoever_knows_the_word(word: str) -> None:
    asked = call(b"", None, method="GET", hub_mode="subscribe", hub_verify_token=word, hub_challenge="1158201444")
    assert HOOK.handshake(asked, 0) == WebhookAnswer(b"1158201444")


@pytest.mark.parametrize("word", ["", "word", "WORD-NEW"])
def test_challenge_of_a_stranger_has_no_answer(word: str) -> None:
    asked = call(b"", None, method="GET", hub_mode="subscribe", hub_verify_token=word, hub_challenge="1158201444")
    assert HOOK.handshake(asked, 0) is None
    assert HOOK.handshake(call(BODY, signed(BODY)), 0) is None


@pytest.mark.parametrize(
    "secrets", [{}, {"app_secret": ("s",)}, {"verify_token": ("w",)}, {"app_secret": ("",), "verify_token": ("w",)}]
)
def test_there_is_no_hook_without_its_secrets(secrets: dict[str, tuple[str, ...]]) -> None:
    assert issubclass(WhatsAppConnector, Receives)
    with pytest.raises(OmniError, match="app secret"):
        WhatsAppConnector.webhook({}, secrets)
