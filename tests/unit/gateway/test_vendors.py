"""Every vendor's call through the gateway itself: over HTTP, on its raw bytes, into the spool or not at all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from omnitui.clock import SECOND, FrozenClock
from omnitui.config.gateway import GatewayFile, GatewaySettings, HookEntry
from omnitui.errors import OmniError
from omnitui.gateway.service import application
from omnitui.gateway.state import State
from omnitui.sdk import Receives
from omnitui.services.channels import connectors
from omnitui.services.channels.webhooks import Hook, Hooks, collect
from omnitui.store.reads import spool as reads
from omnitui.store.spooling.spool import Spool
from tests.support.promises import Promise
from tests.support.vendors import NEW, OLD, PUBLIC, VENDORS, Made, Vendor

SIGNATURES = Path(__file__).parents[4] / "shared" / "fixtures" / "signatures.json"
NOW = 1_780_000_000
SAMPLE = 5
FORGED = "A webhook of which one byte was changed is refused, and nothing of it is kept."
GENERIC: Mapping[str, Mapping[str, str]] = {
    "github": {},
    "github-octokit": {},
    "shopify": {"header": "X-Shopify-Hmac-Sha256", "encoding": "base64"},
    "zammad": {"header": "X-Hub-Signature", "digest": "sha1", "prefix": "sha1="},
    "intercom": {"header": "X-Hub-Signature", "digest": "sha1", "prefix": "sha1="},
    "pagerduty-v3": {"header": "X-PagerDuty-Signature", "prefix": "v1="},
    "helpscout": {"header": "X-HelpScout-Signature", "digest": "sha1", "encoding": "base64"},
}
"""Schemes that the generic webhook has by its settings."""
OWN = ("line", "meta-hub-256", "slack-v0", "standard-webhooks", "x-account-activity")
"""Of Twilio's there is none: it signs the address that it calls, which is this gateway's."""


class Desk:
    """A gateway without a network; each test has a hook of its own there."""

    def __init__(self, folder: Path) -> None:
        self.clock = FrozenClock(NOW * SECOND)
        self.name = "shop-0"
        settings = GatewaySettings(public_url=PUBLIC, calls_per_hook=1_000_000)
        path = folder / "spool.sqlite3"
        self.state = State(GatewayFile(settings), Hooks({}), Spool(path, self.clock), path, self.clock)
        transport = httpx.ASGITransport(application(self.state), client=("127.0.0.1", 1), raise_app_exceptions=False)
        self._caller = httpx.AsyncClient(transport=transport, base_url="http://gateway")

    def begin(self) -> None:
        """For another test."""
        self.clock.advance(NOW * SECOND - self.clock.now())
        self.name = f"shop-{int(self.name.removeprefix('shop-')) + 1}"

    def hook(
        self, kind: str, settings: Mapping[str, str], secrets: Mapping[str, tuple[str, ...]], name: str = ""
    ) -> None:
        """Let there be a hook."""
        maker = connectors.load(kind)
        assert isinstance(maker, Receives)
        given = {one.name: one.default for one in maker.manifest.settings if one.default is not None}
        name = name or self.name
        hook = Hook(name, kind, maker.webhook({**given, **settings}, secrets))
        self.state.change(self.state.file, Hooks({**self.state.hooks.by_name, name: hook}))

    async def call(self, made: Made, hook: str = "") -> httpx.Response:
        headers = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in made.headers.items()]
        return await self._caller.request(made.method, made.path(hook or self.name), content=made.body, headers=headers)

    async def status(self, made: Made, hook: str = "") -> int:
        return (await self.call(made, hook)).status_code

    async def kept(self, hook: str = "") -> list[bytes]:
        page = await self.state.ask(lambda db: reads.page(db, hook or self.name, 0, 100))
        return [one.body for one in page.items]


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("gateway"))
    yield desk
    desk.state.close()


@pytest.fixture
def desk(lasting: Desk) -> Desk:
    lasting.begin()
    return lasting


@pytest.fixture(params=list(VENDORS))
def vendor(request: pytest.FixtureRequest, desk: Desk) -> Vendor:
    """Each vendor, with a hook that knows two secrets."""
    vendor = VENDORS[request.param]
    desk.hook(vendor.kind, vendor.settings, vendor.secrets(NEW, OLD))
    return vendor


def said(desk: Desk, vendor: Vendor, text: str = "返金はまだですか", secret: str = NEW, at: int = NOW) -> Made:
    """What a customer wrote, as the vendor calls with it."""
    return vendor.signs(vendor.says("7001", "81901234567", text, NOW), desk.name, secret, at)


def changed(made: Made, at: int, change: int) -> Made:
    body = bytearray(made.body)
    body[at] ^= change
    return replace(made, body=bytes(body))


def places(vendor: Vendor, made: Made, most: int) -> list[int]:
    """Bytes of the body that are signed, all or some of them."""
    signed = range(len(made.body))
    if vendor.kind == "wechat":
        # Around what is enciphered nothing is read.
        signed = range(made.body.index(b"<Encrypt><![CDATA[") + 18, made.body.index(b"]]></Encrypt>"))
    if not vendor.whole:
        return []
    return list(signed) if most >= len(signed) else sorted(random.Random(7).sample(signed, most))


async def test_call_is_kept_as_it_was_under_either_secret_and_once(desk: Desk, vendor: Vendor) -> None:
    first, second = said(desk, vendor), vendor.signs(vendor.says("7002", "81901234567", "b", NOW), desk.name, OLD, NOW)
    assert [await desk.status(made) for made in (first, second, first)] == [200, 200, 200]
    assert await desk.kept() == [first.body, second.body]
    for strange in (
        said(desk, vendor, secret="of-somebody-else-and-as-long-as-ours"),
        replace(first, headers={}, query={}),
    ):
        answer = await desk.call(strange)
        assert (answer.status_code, answer.text) == (401, "no\n")
    assert len(await desk.kept()) == 2


async def _no_change_passes(desk: Desk, vendor: Vendor, most: int) -> int:
    made, tried = said(desk, vendor), 0
    chance = random.Random(11)
    for at in places(vendor, made, most):
        other = changed(made, at, chance.randint(1, 255))
        if vendor.kind == "twilio" and sorted(set(parse_qsl(other.body.decode("utf-8", "replace")))) == sorted(
            set(parse_qsl(made.body.decode()))
        ):
            continue
        assert await desk.status(other) == 401, at
        tried += 1
    given, odd = {**made.headers, **made.query}[vendor.signature], "0aZ=+/_"
    for at in range(len(given)) if most > len(given) else chance.sample(range(len(given)), most):
        wrong = given[:at] + chance.choice([one for one in odd if one != given[at]]) + given[at + 1 :]
        assert await desk.status(made.with_(vendor.signature, wrong)) == 401, at
        tried += 1
    for wrong in ("", given[:-1], given + given[-1], given.swapcase(), f" {given[1:]}", given.encode().hex()):
        assert await desk.status(made.with_(vendor.signature, wrong)) == 401, wrong
    assert await desk.kept() == []
    assert await desk.status(made) == 200
    return tried + 6


async def test_any_byte_changed_is_refused_and_not_kept(desk: Desk, vendor: Vendor, promise: Promise) -> None:
    promise(FORGED, f"{await _no_change_passes(desk, vendor, SAMPLE)} changed calls of each vendor: 0 kept")


@pytest.mark.torture
async def test_each_byte_changed_is_refused_and_not_kept(desk: Desk, promise: Promise) -> None:
    tried = 0
    for vendor in VENDORS.values():
        desk.begin()
        desk.hook(vendor.kind, vendor.settings, vendor.secrets(NEW, OLD))
        tried += await _no_change_passes(desk, vendor, 10_000)
    promise(FORGED, f"each byte of the calls of {len(VENDORS)} vendors, {tried:,} changed calls: 0 kept")


@pytest.mark.parametrize("away", [-301, 301])
async def test_call_of_another_time_is_refused_where_the_vendor_says_the_time(
    desk: Desk, vendor: Vendor, away: int
) -> None:
    assert await desk.status(said(desk, vendor, at=NOW + away)) == (401 if vendor.dated else 200)
    assert await desk.status(said(desk, vendor, "b", at=NOW + away + (1 if away < 0 else -1))) == 200
    assert not vendor.dated or len(await desk.kept()) == 1


async def test_other_time_under_a_signature_of_before_is_refused(desk: Desk, vendor: Vendor) -> None:
    made = said(desk, vendor, at=NOW - 200)
    desk.clock.advance(200 * SECOND)
    fresh = {**said(desk, vendor, at=NOW + 200).headers, **said(desk, vendor, at=NOW + 200).query}
    for name, value in {**made.headers, **made.query}.items():
        if vendor.dated and name != vendor.signature and fresh[name] != value:
            assert await desk.status(made.with_(name, fresh[name])) == 401, name
    assert await desk.kept() == []


async def test_no_secret_is_no_address(desk: Desk, vendor: Vendor) -> None:
    desk.begin()
    for secrets in (vendor.secrets(), vendor.secrets("")):
        with pytest.raises(OmniError):
            desk.hook(vendor.kind, vendor.settings, secrets)
    entry = HookEntry("bare", vendor.kind, dict(vendor.settings), {})
    hooks = collect(GatewayFile(hooks=(entry,)), (), FakeSecrets())  # type: ignore[arg-type]
    assert not hooks.by_name
    assert hooks.faults[0].startswith("bare: ")
    assert await desk.status(said(desk, vendor)) == 404


class FakeSecrets:
    """Knows none."""


async def test_form_is_kept_for_its_own_site_alone(desk: Desk) -> None:
    desk.hook("webhook", {"proof": "form", "origins": "https://www.example.com"}, {})
    form = Made(
        b"name=Bo&email=bo%40example.com&message=Open%3F",
        {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://www.example.com"},
    )
    assert await desk.status(form) == 200
    for origin in (
        "https://evil.example",
        "http://www.example.com",
        "https://www.example.com.evil.example",
        "null",
        "",
    ):
        assert await desk.status(form.with_("Origin", origin)) == 401
    assert await desk.kept() == [form.body]


async def test_vendors_that_ask_whether_we_are_here_are_answered_and_nothing_is_kept(desk: Desk) -> None:
    for name in ("whatsapp", "slack", "x", "wechat"):
        desk.hook(VENDORS[name].kind, VENDORS[name].settings, VENDORS[name].secrets(NEW, OLD), name)

    async def asked(hook: str, **query: str) -> str:
        answer = await desk.call(
            Made(b"", query={n.replace("__", "."): v for n, v in query.items()}, method="GET"), hook
        )
        return answer.text if answer.status_code == 200 else str(answer.status_code)

    meta = {"hub__mode": "subscribe", "hub__challenge": "1158201444"}
    assert await asked("whatsapp", **meta, hub__verify_token="a-word-of-ours") == "1158201444"
    assert await asked("whatsapp", **meta, hub__verify_token="a-word") == "401"

    question = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"}).encode()
    answer = await desk.call(VENDORS["slack"].signs(question, "slack", NEW, NOW), "slack")
    assert (answer.status_code, answer.text) == (200, "3eZbrw1a")
    assert await desk.status(VENDORS["slack"].signs(question, "slack", "a stranger's", NOW), "slack") == 401

    digest = base64.b64encode(hmac.digest(NEW.encode(), b"challenge_string", "sha256")).decode()
    assert json.loads(await asked("x", crc_token="challenge_string")) == {"response_token": f"sha256={digest}"}

    parts = "".join(sorted([NEW, str(NOW), "n"])).encode()
    proof = hashlib.sha1(parts, usedforsecurity=False).hexdigest()
    wechat = {"timestamp": str(NOW), "nonce": "n", "echostr": "5927782489442352469"}
    assert await asked("wechat", **wechat, signature=proof) == "5927782489442352469"
    assert await asked("wechat", **wechat, signature=proof[::-1]) == "401"
    for name in ("whatsapp", "slack", "x", "wechat"):
        assert await desk.kept(name) == []


async def test_answer_to_x_s_question_signs_no_call(desk: Desk) -> None:
    vendor = VENDORS["x"]
    desk.hook(vendor.kind, vendor.settings, vendor.secrets(NEW))
    for body in (said(desk, vendor).body, b" " + said(desk, vendor).body, b"[]", b"challenge_string"):
        answer = await desk.call(Made(b"", query={"crc_token": body.decode()}, method="GET"))
        told = answer.json()["response_token"] if answer.status_code == 200 else "sha256="
        assert await desk.status(Made(body, {vendor.signature: told})) == 401
    assert await desk.kept() == []


def vectors() -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in json.loads(SIGNATURES.read_text("utf-8"))["vectors"]}


async def _holds(desk: Desk, made: Made, signature: str, name: str) -> None:
    """The vector is kept once, and not where it is changed."""
    assert await desk.status(replace(made, body=made.body + b" ")) == 401, name
    wrong = {**made.headers, **made.query}[signature]
    assert await desk.status(made.with_(signature, wrong[:-2] + ("A" if wrong[-2] != "A" else "B") + wrong[-1])) == 401
    assert await desk.status(made) == 200, name
    assert await desk.kept() == [made.body], name


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["line", "meta-hub-256", "slack-v0", "standard-webhooks", "x-account-activity", *GENERIC]
)
async def test_published_vector_is_kept_and_no_other(desk: Desk, name: str) -> None:
    vector = vectors()[name]
    body = vector["body"].encode()
    at = int(vector.get("timestamp", NOW))
    desk.clock.advance((at - NOW) * SECOND)
    if name in GENERIC:
        settings = {"proof": "hmac", **GENERIC[name]}
        desk.hook("webhook", settings, {"secret": (vector["secret"],)})
        header = settings.get("header", "X-Hub-Signature-256")
        made = Made(body, {header: vector["expected"]})
    else:
        vendor = VENDORS[name.partition("-")[0].replace("meta", "whatsapp")]
        known = {**vendor.secrets(), vendor.secret: (vector["secret"],)}
        desk.hook(vendor.kind, vendor.settings, known)
        header = vendor.signature
        more = {"X-Slack-Request-Timestamp": str(at), "webhook-timestamp": str(at), "webhook-id": vector.get("id", "")}
        made = Made(body, {**more, header: vector["expected"]})
    await _holds(desk, made, header, name)


@pytest.mark.shared
async def test_published_vector_of_wechat_is_kept_and_no_other(desk: Desk) -> None:
    vector = vectors()["wechat-work-echostr"]
    desk.clock.advance((int(vector["timestamp"]) - NOW) * SECOND)
    keys = {"token": (vector["secret"],), "aes_key": (vector["encoding_aes_key"],)}
    desk.hook("wechat", {"app_id": vector["app_id"]}, keys)
    body = f"<xml><Encrypt><![CDATA[{vector['body']}]]></Encrypt></xml>".encode()
    query = {"timestamp": vector["timestamp"], "nonce": vector["nonce"], "msg_signature": vector["expected"]}
    assert await desk.status(changed(Made(body, query=query), 40, 1)) == 401
    assert await desk.status(Made(body, query={**query, "nonce": "437374426"})) == 401
    assert await desk.status(Made(body, query=query)) == 200
    assert await desk.kept() == [body]


@pytest.mark.shared
async def test_published_tokens_are_compared_whole(desk: Desk) -> None:
    vector = vectors()["sunshine-conversations"]
    desk.hook("webhook", {"proof": "token", "header": "X-API-Key"}, {"secret": (vector["secret"],)})
    body = vector["body"].encode()
    for wrong in (vector["expected"][:-1], vector["expected"] + "t", ""):
        assert await desk.status(Made(body, {"X-API-Key": wrong})) == 401
    assert await desk.status(Made(body, {"X-API-Key": vector["expected"]})) == 200
    # Telegram's own header carries a secret of ours, and a short one makes no hook.
    with pytest.raises(OmniError):
        desk.hook("telegram", {}, {"webhook_secret": (vectors()["telegram-secret-token"]["secret"],)})
