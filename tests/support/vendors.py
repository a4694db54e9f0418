"""Vendors as a gateway meets them: how each signs what a customer wrote, made anew from the vendors' own pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from tests.support.wechat_rig import an_xml
from tests.support.wechat_server import AES_KEY, APP_ID, sealed

PUBLIC = "https://hooks.example.com/in"
"""What vendors call, without the hook's name."""
OLD, NEW = "the-one-before-it-of-thirty-two-letters", "the-newest-secret-of-thirty-two-letters"
BOT, PAGE, NUMBER = "Ub" + "0" * 31, "117172741761305", "106540352242922"
ACCOUNT = "AC" + "0" * 32


@dataclass(frozen=True)
class Made:
    """One call as a vendor makes it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"

    def path(self, hook: str) -> str:
        """Where it goes."""
        return f"/hooks/{hook}" + (f"?{urlencode(self.query)}" if self.query else "")

    def with_(self, name: str, value: str) -> Made:
        """The same with another header or parameter."""
        if name in self.query:
            return replace(self, query={**self.query, name: value})
        return replace(self, headers={**self.headers, name: value})


@dataclass(frozen=True)
class Vendor:
    """How one calls."""

    kind: str
    says: Callable[[str, str, str, int], bytes]
    """The body in which somebody writes: the message's id, who, the words, seconds since 1970."""
    signs: Callable[[bytes, str, str, int], Made]
    """The call with a body: the hook's name, the secret, seconds since 1970."""
    secret: str
    """The name of what it signs with."""
    signature: str
    """The header or parameter that proves it."""
    settings: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    """Secrets that are needed beside it."""
    dated: bool = False
    """Whether what is older than five minutes is refused."""
    whole: bool = True
    """Whether the body is signed."""
    form: Callable[[str], str] = str
    """How a secret is written down."""

    def secrets(self, *values: str) -> dict[str, tuple[str, ...]]:
        """What the gateway knows."""
        known = {self.secret: tuple(map(self.form, values)), **{name: (value,) for name, value in self.others.items()}}
        return {name: known_ for name, known_ in known.items() if known_}


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


def _mac(secret: str, said: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), said, getattr(hashlib, algorithm)).digest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _typed(body: bytes, **headers: str) -> Made:
    return Made(body, {"Content-Type": "application/json", **{n.replace("_", "-"): v for n, v in headers.items()}})


def _line(number: str, who: str, text: str, at: int) -> bytes:
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": at * 1000,
        "source": {"type": "user", "userId": who},
        "webhookEventId": f"01{number}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"reply-{number}",
        "message": {"id": number, "type": "text", "quoteToken": f"quote-{number}", "text": text},
    }
    return _json({"destination": BOT, "events": [event]})


def _whatsapp(number: str, who: str, text: str, at: int) -> bytes:
    message = {"from": who, "id": f"wamid.{number}", "timestamp": str(at), "type": "text", "text": {"body": text}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": f"Customer {who}"}, "wa_id": who}],
        "messages": [message],
    }
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
    return _json({"object": "whatsapp_business_account", "entry": [entry]})


def _page(kind: str, account: str) -> Callable[[str, str, str, int], bytes]:
    def says(number: str, who: str, text: str, at: int) -> bytes:
        message = {"mid": f"m_{number}", "text": text}
        item = {"sender": {"id": who}, "recipient": {"id": account}, "timestamp": at * 1000, "message": message}
        return _json({"object": kind, "entry": [{"id": account, "time": at * 1000, "messaging": [item]}]})

    return says


def _telegram(number: str, who: str, text: str, at: int) -> bytes:
    person = {"id": int(who), "is_bot": False, "first_name": f"Customer {who}"}
    chat = {"id": int(who), "type": "private", "first_name": f"Customer {who}"}
    message = {"message_id": int(number), "date": at, "from": person, "chat": chat, "text": text}
    return _json({"update_id": int(number), "message": message})


def _slack(number: str, who: str, text: str, at: int) -> bytes:
    event = {"type": "message", "channel": "C1", "user": who, "text": text, "ts": f"{at}.{number:0>6}"}
    return _json({"type": "event_callback", "event_id": f"Ev{number}", "event": event})


def _twilio(number: str, who: str, text: str, _at: int) -> bytes:
    told = {"AccountSid": ACCOUNT, "MessageSid": f"SM{number}", "From": who, "To": "+15005550006", "Body": text}
    return urlencode({**told, "NumMedia": "0"}).encode()


def _wechat(number: str, who: str, text: str, at: int) -> bytes:
    return sealed(an_xml(FromUserName=who, CreateTime=str(at), MsgId=number, Content=text))


def _x(number: str, who: str, text: str, at: int) -> bytes:
    said = {"target": {"recipient_id": "700"}, "sender_id": who, "message_data": {"text": text}}
    event = {"type": "message_create", "id": number, "created_timestamp": str(at * 1000), "message_create": said}
    users = {who: {"id": who, "name": f"Customer {who}", "screen_name": f"c{who}"}}
    return _json({"for_user_id": "700", "direct_message_events": [event], "users": users})


def _plain(number: str, who: str, text: str, _at: int) -> bytes:
    return _json({"type": "message", "data": {"id": number, "text": text, "from": {"address": who, "name": who}}})


def _signs_line(body: bytes, _hook: str, secret: str, _at: int) -> Made:
    return _typed(body, X_Line_Signature=_base64(_mac(secret, body)))


def _signs_meta(body: bytes, _hook: str, secret: str, _at: int) -> Made:
    return _typed(body, X_Hub_Signature_256="sha256=" + _mac(secret, body).hex())


def _signs_telegram(body: bytes, _hook: str, secret: str, _at: int) -> Made:
    return _typed(body, X_Telegram_Bot_Api_Secret_Token=secret)


def _signs_slack(body: bytes, _hook: str, secret: str, at: int) -> Made:
    signed = "v0=" + _mac(secret, f"v0:{at}:".encode() + body).hex()
    return _typed(body, X_Slack_Request_Timestamp=str(at), X_Slack_Signature=signed)


def _signs_twilio(body: bytes, hook: str, secret: str, _at: int) -> Made:
    from urllib.parse import parse_qsl

    fields = sorted(parse_qsl(body.decode(), keep_blank_values=True))
    said = f"{PUBLIC}/hooks/{hook}" + "".join(name + value for name, value in fields)
    signed = _base64(_mac(secret, said.encode(), "sha1"))
    return Made(body, {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed})


def _signs_wechat(body: bytes, _hook: str, secret: str, at: int) -> Made:
    enciphered = body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    told = {"timestamp": str(at), "nonce": "1372623149", "encrypt_type": "aes"}
    parts = sorted([secret, told["timestamp"], told["nonce"], enciphered])
    told["msg_signature"] = hashlib.sha1("".join(parts).encode(), usedforsecurity=False).hexdigest()
    return Made(body, {"Content-Type": "text/xml"}, told)


def _signs_x(body: bytes, _hook: str, secret: str, _at: int) -> Made:
    return _typed(body, x_twitter_webhooks_signature="sha256=" + _base64(_mac(secret, body)))


def _whsec(secret: str) -> str:
    return "whsec_" + _base64(secret.encode())


def _signs_standard(body: bytes, _hook: str, secret: str, at: int) -> Made:
    name = "msg_" + hashlib.sha256(body).hexdigest()[:20]
    signed = "v1," + _base64(_mac(secret, f"{name}.{at}.".encode() + body))
    return _typed(body, webhook_id=name, webhook_timestamp=str(at), webhook_signature=signed)


_META = {"verify_token": "a-word-of-ours"}
HUB, LINE, TWILIO = "X-Hub-Signature-256", "X-Line-Signature", "X-Twilio-Signature"
VENDORS: Mapping[str, Vendor] = {
    "line": Vendor("line", _line, _signs_line, "channel_secret", LINE),
    "whatsapp": Vendor("whatsapp", _whatsapp, _signs_meta, "app_secret", HUB, others=_META),
    "messenger": Vendor("messenger", _page("page", PAGE), _signs_meta, "app_secret", HUB, others=_META),
    "instagram": Vendor("instagram", _page("instagram", PAGE), _signs_meta, "app_secret", HUB, others=_META),
    "telegram": Vendor(
        "telegram",
        _telegram,
        _signs_telegram,
        "webhook_secret",
        "X-Telegram-Bot-Api-Secret-Token",
        {"receive": "webhook"},
        whole=False,
    ),
    "slack": Vendor("slack", _slack, _signs_slack, "signing_secret", "X-Slack-Signature", dated=True),
    "twilio": Vendor("twilio", _twilio, _signs_twilio, "auth_token", TWILIO, {"account_sid": ACCOUNT}),
    "wechat": Vendor(
        "wechat",
        _wechat,
        _signs_wechat,
        "token",
        "msg_signature",
        {"app_id": APP_ID},
        {"aes_key": AES_KEY},
        dated=True,
    ),
    "x": Vendor("x", _x, _signs_x, "consumer_secret", "x-twitter-webhooks-signature"),
    "standard": Vendor("webhook", _plain, _signs_standard, "secret", "webhook-signature", dated=True, form=_whsec),
    "hmac": Vendor("webhook", _plain, _signs_meta, "secret", HUB, {"proof": "hmac"}),
}
"""Every one whose calls are proved by something that only it knows."""
