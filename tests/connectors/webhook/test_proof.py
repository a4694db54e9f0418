"""What proves that a call is genuine, and what does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omnitui_webhook import WebhookConnector

from omnitui.clock import HOUR, SECOND
from omnitui.sdk import Forged, Genuine, OmniError, Receives, Webhook, WebhookRequest
from tests.support.promises import Promise

NOW = 1_780_000_000_000
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTORS = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"


def hook(secrets: tuple[str, ...] = (SECRET,), **settings: str) -> Webhook:
    defaults = {one.name: one.default for one in WebhookConnector.manifest.settings if one.default is not None}
    return WebhookConnector.webhook({**defaults, **settings}, {"secret": secrets})


def call(body: bytes, **headers: str) -> WebhookRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest("POST", "https://hooks.example.com/hooks/shop", (), named, body)


def signed(body: bytes, *, secret: str = SECRET, at: int = NOW, name: str = "webhook") -> WebhookRequest:
    """By Standard Webhooks, read from its text and written anew here."""
    stamp = str(at // SECOND)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b"msg_1." + stamp.encode() + b"." + body, hashlib.sha256).digest()
    headers = {"id": "msg_1", "timestamp": stamp, "signature": "v1," + base64.b64encode(digest).decode()}
    return call(body, **{f"{name}_{part}": value for part, value in headers.items()})


def why(webhook: Webhook, request: WebhookRequest, now: int = NOW) -> str:
    verdict = webhook.verify(request, now)
    assert isinstance(verdict, Forged), verdict
    return verdict.why


def with_header(request: WebhookRequest, **headers: str) -> WebhookRequest:
    return replace(request, headers={**request.headers, **{key.replace("_", "-"): one for key, one in headers.items()}})


def test_the_connector_receives() -> None:
    assert isinstance(WebhookConnector, Receives)


def test_standard_webhooks_own_example_is_genuine() -> None:
    request = call(
        b'{"test": 2432232314}',
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        webhook_timestamp="1614265330",
        webhook_signature="v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    )
    verdict = hook().verify(request, 1_614_265_330_000)
    assert verdict == Genuine(("msg_p5jXN8AQM9LWM0D4loKWxJek",))


@pytest.mark.parametrize("name", ["webhook", "svix"])
def test_a_signed_call_is_genuine_once_by_its_id(name: str) -> None:
    assert hook().verify(signed(b"{}", name=name), NOW) == Genuine(("msg_1",))


def test_both_secrets_count_while_one_is_replaced() -> None:
    other = "whsec_" + base64.b64encode(b"another secret").decode()
    webhook = hook((other, SECRET))
    assert isinstance(webhook.verify(signed(b"{}"), NOW), Genuine)
    assert isinstance(webhook.verify(signed(b"{}", secret=other), NOW), Genuine)
    assert "another" in why(hook((other,)), signed(b"{}"))


def test_one_of_several_signatures_is_enough() -> None:
    request = signed(b"{}")
    several = with_header(request, webhook_signature="v1,AAAA v1a,xyz " + request.headers["webhook-signature"])
    assert isinstance(hook().verify(several, NOW), Genuine)


@pytest.mark.parametrize(("off", "genuine"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_replay_is_refused_after_five_minutes(off: int, genuine: bool) -> None:
    assert isinstance(hook().verify(signed(b"{}", at=NOW - off * SECOND), NOW), Genuine) is genuine


@pytest.mark.parametrize("header", ["webhook_id", "webhook_timestamp", "webhook_signature"])
def test_a_header_that_is_missing_is_named(header: str) -> None:
    assert "missing" in why(hook(), with_header(signed(b"{}"), **{header: ""}))


@pytest.mark.parametrize("stamp", ["", "x", "-1", "١٧٨٠٠٠٠٠٠٠", "1e9", "9" * 400, "178000000 0"])
def test_a_timestamp_that_is_none_is_refused(stamp: str) -> None:
    assert why(hook(), with_header(signed(b"{}"), webhook_timestamp=stamp))


def test_githubs_own_example_is_genuine() -> None:
    told = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    webhook = hook(("It's a Secret to Everybody",), proof="hmac")
    assert webhook.verify(call(b"Hello, World!", x_hub_signature_256=told), NOW) == Genuine()


@pytest.mark.parametrize(
    ("settings", "header", "expected"),
    [
        ({"header": "X-Sig"}, "x_sig", "hex256"),
        ({"header": "X-Sig", "encoding": "base64", "prefix": "s="}, "x_sig", "s=b64256"),
        ({"header": "X-Sig", "digest": "sha512"}, "x_sig", "hex512"),
        ({"header": "X-Sig", "digest": "sha1", "prefix": "sha1="}, "x_sig", "sha1=hex1"),
    ],
)
def test_an_hmac_is_read_as_the_settings_say(settings: Mapping[str, str], header: str, expected: str) -> None:
    made = {
        "hex256": hmac.new(b"key", b"body", "sha256").hexdigest(),
        "s=b64256": "s=" + base64.b64encode(hmac.new(b"key", b"body", "sha256").digest()).decode(),
        "hex512": hmac.new(b"key", b"body", "sha512").hexdigest(),
        "sha1=hex1": "sha1=" + hmac.new(b"key", b"body", "sha1").hexdigest(),
    }
    webhook = hook(("old", "key"), proof="hmac", **settings)
    assert webhook.verify(call(b"body", **{header: made[expected]}), NOW) == Genuine()
    assert "another" in why(webhook, call(b"body", **{header: made[expected].upper() + "x"}))
    assert "missing" in why(webhook, call(b"body"))


def test_a_token_is_compared_whole() -> None:
    webhook = hook(("t0ken", "0ld"), proof="token")
    assert webhook.verify(call(b"{}", authorization="Bearer t0ken"), NOW) == Genuine()
    assert webhook.verify(call(b"{}", authorization="Bearer 0ld"), NOW) == Genuine()
    for wrong in ("t0ken", "Bearer t0ke", "Bearer t0kenn", "bearer t0ken", "Bearer \udcff", ""):
        assert "another" in why(webhook, call(b"{}", authorization=wrong))
    assert "missing" in why(webhook, call(b"{}"))
    named = hook(("t0ken",), proof="token", header="X-Key")
    assert named.verify(call(b"{}", x_key="t0ken"), NOW) == Genuine()


@pytest.mark.parametrize("proof", ["standard", "hmac", "token"])
@pytest.mark.parametrize("secrets", [(), ("",)])
def test_there_is_no_hook_without_a_secret(proof: str, secrets: tuple[str, ...]) -> None:
    with pytest.raises(OmniError, match="secret"):
        hook(secrets, proof=proof)
    with pytest.raises(OmniError, match="secret"):
        WebhookConnector.webhook({"proof": proof}, {})


@pytest.mark.parametrize("secret", ["no base64!", "whsec_", "whsec_%%%"])
def test_a_secret_that_is_none_makes_no_hook(secret: str) -> None:
    with pytest.raises(OmniError, match="Standard Webhooks"):
        hook((secret,))


REQUESTS = {
    "standard": (hook(), signed(b'{"text": "hi"}'), "webhook-signature"),
    "hmac": (
        hook(("key",), proof="hmac"),
        call(b"some body", x_hub_signature_256="sha256=" + hmac.new(b"key", b"some body", "sha256").hexdigest()),
        "x-hub-signature-256",
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_each_byte_of_body_and_signature_counts(name: str, promise: Promise) -> None:
    webhook, request, header = REQUESTS[name]
    assert isinstance(webhook.verify(request, NOW), Genuine)
    changed: list[WebhookRequest] = []
    for at in range(len(request.body)):
        for bit in range(8):
            body = bytearray(request.body)
            body[at] ^= 1 << bit
            changed.append(replace(request, body=bytes(body)))
    told = request.headers[header]
    for at, there in enumerate(told):
        for char in "Aaf0=+, \udcff".replace(there, ""):
            changed.append(replace(request, headers={**request.headers, header: told[:at] + char + told[at + 1 :]}))
    assert [one for one in changed if isinstance(webhook.verify(one, NOW), Genuine)] == []
    promise(
        "A webhook that differs in one bit of its body, or in its signature, from what was signed is refused.",
        f"{name}: {len(changed):,} changes, 0 taken",
    )


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(
    ["webhook-id", "webhook-timestamp", "webhook-signature", "authorization", "x-hub-signature-256", "origin",
     "content-type"]), st.text(max_size=40)), st.sampled_from(["standard", "hmac", "token", "form"]))  # fmt: skip
def test_no_call_whatever_raises(body: bytes, headers: dict[str, str], proof: str) -> None:
    webhook = hook(proof=proof, origins="https://shop.example")
    request = WebhookRequest("POST", "https://x/", (), headers, body)
    assert isinstance(webhook.verify(request, NOW), Forged)
    assert webhook.handshake(request, NOW) is None


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.exists(), reason="../shared is not here")
@pytest.mark.parametrize("name", ["standard-webhooks", "github", "github-octokit"])
def test_published_examples_are_genuine_and_every_byte_of_them_counts(name: str) -> None:
    vector = next(one for one in json.loads(VECTORS.read_text())["vectors"] if one["name"] == name)
    body, now = vector["body"].encode(), int(vector.get("timestamp", "0")) * SECOND
    if name == "standard-webhooks":
        webhook, header = hook((vector["secret"],)), "webhook-signature"
        rest = {"webhook_id": vector["id"], "webhook_timestamp": vector["timestamp"]}
    else:
        webhook, header, rest = hook((vector["secret"],), proof="hmac"), "x-hub-signature-256", {}
    request = with_header(call(body, **rest), **{header: vector["expected"]})
    assert isinstance(webhook.verify(request, now), Genuine)
    for at in range(len(body)):
        changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert isinstance(webhook.verify(replace(request, body=changed), now), Forged)


FORM = {"content_type": "application/x-www-form-urlencoded", "origin": "https://shop.example"}
FILLED = b"name=Mei&email=mei%40example.com&subject=Tea&message=Where+is+it%3F&website="


def form(**settings: str) -> Webhook:
    return hook((), proof="form", origins="https://shop.example, https://www.shop.example:8443/", **settings)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://SHOP.example"},
        {"origin": "https://www.shop.example:8443"},
        {"origin": "", "referer": "https://shop.example/contact?x=1"},
        {"origin": "https://shop.example:443"},
    ],
)
def test_a_form_on_a_named_site_is_taken(headers: Mapping[str, str]) -> None:
    verdict = form().verify(call(FILLED, **{**FORM, **headers}), NOW)
    assert isinstance(verdict, Genuine)
    assert verdict.keep
    assert b"Thank you." in verdict.answer.body


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ""},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://shop.example"},
        {"origin": "https://shop.example.evil.example"},
        {"origin": "https://shop.example:444"},
        {"origin": "https://["},
        {"content_type": "multipart/form-data"},
        {"content_type": "text/plain"},
    ],
)
def test_a_form_elsewhere_or_of_another_type_is_refused(headers: Mapping[str, str]) -> None:
    assert why(form(), call(FILLED, **{**FORM, **headers}))


def test_a_form_that_is_too_large_or_no_post_is_refused() -> None:
    assert "64 kB" in why(form(), call(FILLED + b"x" * 65_536, **FORM))
    assert "POST" in why(form(), replace(call(FILLED, **FORM), method="GET"))


def test_a_filled_honeypot_is_thanked_and_not_kept() -> None:
    spam = call(FILLED + b"https://casino.example", **FORM)
    verdict = form().verify(spam, NOW)
    assert isinstance(verdict, Genuine)
    assert not verdict.keep
    assert verdict.answer == form().verify(call(FILLED, **FORM), NOW).answer  # type: ignore[union-attr]
    other = form(honeypot="fax").verify(spam, NOW)
    assert isinstance(other, Genuine)
    assert other.keep


@pytest.mark.parametrize(
    "body",
    [
        b"email=mei%40example.com",
        b"message=hi",
        b"message=hi&email=mei",
        b"message=+&email=a%40b.c",
        b"message=hi&email=a%40b.c%0d%0aBcc%3a+x%40y.z",
    ],
)
def test_a_form_that_lacks_something_says_so_and_is_not_kept(body: bytes) -> None:
    verdict = form().verify(call(body, **FORM), NOW)
    assert isinstance(verdict, Genuine)
    assert (verdict.keep, verdict.answer.status) == (False, 422)


def test_the_same_form_counts_once_an_hour() -> None:
    def keys(at: int) -> tuple[str, ...]:
        verdict = form().verify(call(FILLED, **FORM), at)
        assert isinstance(verdict, Genuine)
        return verdict.keys

    start = NOW - NOW % HOUR
    assert keys(start) == keys(start + HOUR - 1) != keys(start + HOUR)


def test_thanks_may_be_a_page_and_are_no_way_in() -> None:
    page = form(thanks='https://shop.example/thanks?a=1&b="2').verify(call(FILLED, **FORM), NOW)
    assert isinstance(page, Genuine)
    assert b'content="0;url=https://shop.example/thanks?a=1&amp;b=&quot;2"' in page.answer.body
    words = form(thanks="<script>alert(1)</script>").verify(call(FILLED, **FORM), NOW)
    assert isinstance(words, Genuine)
    assert b"<script" not in words.answer.body
    assert words.answer.content_type.startswith("text/html")


@pytest.mark.parametrize("origins", ["", " , ", "shop.example", "https://shop.example,*"])
def test_a_form_has_to_say_where_it_stands(origins: str) -> None:
    with pytest.raises(OmniError, match="sites"):
        hook((), proof="form", origins=origins)


def test_a_form_in_json_is_taken() -> None:
    body = json.dumps({"email": "mei@example.com", "message": "はい"}).encode()
    verdict = form().verify(call(body, **{**FORM, "content_type": "application/json; charset=utf-8"}), NOW)
    assert isinstance(verdict, Genuine)
    assert verdict.keep
