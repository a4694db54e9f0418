"""Which calls WeChat made, and which somebody else did."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from omnitui_wechat import WeChatConnector
from omnitui_wechat.envelope import fields, opened, signature

from omnitui.sdk import Forged, Genuine, OmniError, Receives, Verdict, WebhookAnswer, WebhookRequest
from tests.support.wechat_rig import an_xml
from tests.support.wechat_server import AES_KEY, APP_ID, TOKEN, a_call, sealed

SIGNATURES = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"
NOW = 1_780_000_000_000
OTHER_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
XML = an_xml(Content="返金はまだですか", MsgId="23001")
BODY = sealed(XML)


def call(body: bytes = BODY, *, token: str = TOKEN, at: int = 1_780_000_000) -> WebhookRequest:
    return a_call(body, at=at, token=token, enciphered=fields(body).get("Encrypt", ""))


def verdict(
    request: WebhookRequest, *, tokens: tuple[str, ...] = (TOKEN,), keys: tuple[str, ...] = (AES_KEY,), now: int = NOW
) -> Verdict:
    return WeChatConnector.webhook({"app_id": APP_ID}, {"token": tokens, "aes_key": keys}).verify(request, now)


@pytest.mark.shared
def test_vector_of_others_is_signed_and_opened() -> None:
    vectors = json.loads(SIGNATURES.read_text("utf-8"))["vectors"]
    (vector,) = [vector for vector in vectors if vector["name"] == "wechat-work-echostr"]
    parts = (vector["secret"], vector["timestamp"], vector["nonce"], vector["body"])
    assert signature(*parts) == vector["expected"]
    plain, app_id = opened(vector["body"], vector["encoding_aes_key"])
    assert (plain.isdigit(), app_id) == (True, vector["app_id"])


def test_signature_is_of_the_sorted_parts() -> None:
    # printf '13726231491780000000wechat-token' | sha1sum, of the parts in their order
    assert signature("wechat-token", "1780000000", "1372623149") == "5e99763feb847643e1ab2259f682acda895dabe3"


def test_call_is_genuine_named_and_answered() -> None:
    assert verdict(call()) == Genuine(("23001",), WebhookAnswer(b"success"))


def test_event_is_named_by_who_did_what_when() -> None:
    found = verdict(call(sealed(an_xml(MsgType="event", Event="CLICK", EventKey="refund"))))
    assert isinstance(found, Genuine)
    assert found.keys == ("oDF3iY9WMaswOPWjCIp_f3Bnpljk-1780000000-CLICK",)


def test_message_in_clear_is_forged_for_nothing_proves_it() -> None:
    found = verdict(a_call(XML))
    assert isinstance(found, Forged)
    assert "safe mode" in found.why


@pytest.mark.parametrize("at", [1_780_000_000 - 301, 1_780_000_000 + 301])
def test_call_of_another_time_is_forged(at: int) -> None:
    assert isinstance(verdict(call(at=at)), Forged)


def test_secrets_count_together_while_they_are_replaced() -> None:
    assert isinstance(verdict(call(), tokens=("new", TOKEN), keys=(OTHER_KEY, AES_KEY)), Genuine)
    assert isinstance(verdict(call(), tokens=("new",)), Forged)
    assert isinstance(verdict(call(), keys=(OTHER_KEY,)), Forged)


def test_call_for_another_account_is_forged() -> None:
    found = verdict(call(sealed(XML, app_id="wx0000000000000000")))
    assert isinstance(found, Forged)
    assert "AppID" in found.why


@pytest.mark.parametrize("enciphered", ["", "=", "x" * 43, "AAAA", "A" * 64, "返金"])
def test_nonsense_under_a_good_signature_is_forged(enciphered: str) -> None:
    body = f"<xml><Encrypt><![CDATA[{enciphered}]]></Encrypt></xml>".encode()
    assert isinstance(verdict(a_call(body, enciphered=enciphered)), Forged)


@pytest.mark.parametrize(
    "secrets", [{}, {"token": (TOKEN,)}, {"aes_key": (AES_KEY,)}, {"token": ("",), "aes_key": ("",)}]
)
def test_no_secret_is_no_hook(secrets: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(OmniError, match="Token"):
        WeChatConnector.webhook({}, secrets)


def test_key_that_is_none_is_told() -> None:
    with pytest.raises(OmniError, match="43 letters"):
        WeChatConnector.webhook({}, {"token": (TOKEN,), "aes_key": ("short",)})


@settings(max_examples=60)
@given(some.integers(0, len(BODY) - 1), some.integers(1, 255))
def test_each_byte_of_what_is_enciphered_counts(at: int, change: int) -> None:
    body = bytearray(BODY)
    body[at] ^= change
    if fields(bytes(body)).get("Encrypt") == fields(BODY)["Encrypt"]:
        # Around it nothing is read.
        return
    assert isinstance(verdict(replace(call(), body=bytes(body))), Forged)


@settings(max_examples=60)
@given(some.sampled_from(["timestamp", "nonce", "msg_signature"]), some.integers(0, 9), some.characters())
def test_each_character_that_is_signed_counts(name: str, at: int, change: str) -> None:
    told = dict(call().query)
    wrong = told[name][:at] + change + told[name][at + 1 :]
    request = replace(call(), query=tuple({**told, name: wrong}.items()))
    assert isinstance(verdict(request), Forged) is (wrong != told[name])


def asked(token: str = TOKEN, *, at: str = "1780000000", method: str = "GET") -> WebhookRequest:
    told = {"timestamp": at, "nonce": "n", "echostr": "5927782489442352469"}
    told["signature"] = signature(token, at, "n")
    return WebhookRequest(method, "https://hooks.example.com/hooks/wechat", tuple(told.items()), {}, b"")


def test_question_whether_we_are_here_is_answered_to_wechat_alone() -> None:
    hook = WeChatConnector.webhook({"app_id": APP_ID}, {"token": (TOKEN,), "aes_key": (AES_KEY,)})
    assert hook.handshake(asked(), NOW) == WebhookAnswer(b"5927782489442352469")
    for wrong in (asked("another"), asked(at="1700000000"), asked(at="x"), asked(method="POST"), call()):
        assert hook.handshake(wrong, NOW) is None


@pytest.mark.parametrize(
    ("xml", "told"),
    [
        (b"<xml><A><![CDATA[a]b]]c]]></A></xml>", {"A": "a]b]]c"}),
        (b"<xml><A>1 &lt; 2 &amp;lt; 3</A></xml>", {"A": "1 < 2 &lt; 3"}),
        (b"<xml><B><A>x</A><C>y</C></B></xml>", {"A": "x", "C": "y"}),
        (b"<xml><A><![CDATA[<Content>]]></A><A>2</A></xml>", {"A": "<Content>"}),
        (b'<!DOCTYPE x [<!ENTITY e "tea">]><xml><A>&e;</A></xml>', {"A": "&e;"}),
        (b"\x80<A>", {}),
    ],
)
def test_fields_are_read_without_a_parser_s_powers(xml: bytes, told: dict[str, str]) -> None:
    assert fields(xml) == told


def test_connector_has_a_webhook() -> None:
    assert isinstance(WeChatConnector, Receives)
