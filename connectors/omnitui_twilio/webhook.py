"""How Twilio's calls are proved, and what it is answered. https://www.twilio.com/docs/usage/webhooks/webhooks-security"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from omnitui.sdk import Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest

HEADER = "x-twilio-signature"
XML = "text/xml; charset=utf-8"
NOTHING = WebhookAnswer(b"<Response/>", content_type=XML)
_PORTS = {"http": 80, "https": 443}
_LARGEST, _FIELDS = 256 * 1024, 1_000
"""Bytes and fields of what is looked at; Twilio's calls have some thousands and some dozens."""


class TwilioWebhook:
    """The hook of one number: base64 of HMAC-SHA1 over its address and what was sent to it."""

    def __init__(self, tokens: tuple[str, ...], account: str, greeting: str = "", language: str = "en-US") -> None:
        """All tokens that count. Raises `OmniError` where there is none."""
        self._tokens = tuple(token.encode() for token in tokens if token)
        self._account, self._greeting, self._language = account, greeting, language
        if not self._tokens:
            raise OmniError("a number has no webhook without the account's auth token", hint="console.twilio.com")

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        given = request.headers.get(HEADER, "").encode("utf-8", "replace")
        if not given:
            return Forged(f"no {HEADER}")
        if len(request.body) > _LARGEST or request.body.count(b"&") > _FIELDS:
            return Forged("it is larger than any call of Twilio's")
        form = form_of(request.body) if _is_form(request) else {}
        if not _is_form(request) and request.body and dict(request.query).get("bodySHA256") != _digest(request.body):
            return Forged("bodySHA256 is of another body")
        fits = [
            hmac.compare_digest(given, signature(token, url, form))
            for token in self._tokens
            for url in _addresses(request.url)
        ]
        if not any(fits):
            return Forged("the signature is of another token, another address or another body")
        if self._account and form.get("AccountSid", [self._account]) != [self._account]:
            return Forged("it is of another account")
        key = _key(form)
        return Genuine((key,) if key.strip(":") else (), self._answer(form, request.url))

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        return None

    def _answer(self, form: dict[str, list[str]], url: str) -> WebhookAnswer:
        """What is done with a call: it is let speak on the answering machine, where there is one."""
        rings = form.get("CallStatus") == ["ringing"] and form.get("Direction", ["inbound"]) == ["inbound"]
        if not rings or not self._greeting:
            return NOTHING
        told, language, words = escape(url), escape(self._language), escape(self._greeting)
        said = (
            f'<Response><Say language="{language}">{words}</Say>'
            f'<Record maxLength="300" playBeep="true" transcribe="true" transcribeCallback="{told}" '
            f'recordingStatusCallback="{told}"/></Response>'
        )
        return WebhookAnswer(said.encode(), content_type=XML)


def form_of(body: bytes) -> dict[str, list[str]]:
    """The fields of a form, by name."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None):
        found.setdefault(name, []).append(value)
    return found


def signature(token: bytes, url: str, form: dict[str, list[str]]) -> bytes:
    """What Twilio sends: repeated fields count once each, in order."""
    said = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.digest(token, said.encode("utf-8", "replace"), hashlib.sha1))


def _addresses(url: str) -> Iterable[str]:
    """The address as it was called, with its port said, and without: Twilio's own clients differ."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return (url,)
    return dict.fromkeys(
        (
            url,
            urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment)),
            urlunsplit((parts.scheme, f"{host}:{port or _PORTS.get(parts.scheme, 443)}", *parts[2:])),
        )
    )


def _is_form(request: WebhookRequest) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _key(form: dict[str, list[str]]) -> str:
    """What it tells of, and how far that is: told again it has the same."""
    names = ("MessageSid", "MessageStatus", "CallSid", "CallStatus", "RecordingSid", "TranscriptionSid")
    return ":".join(form.get(name, [""])[0] for name in names)
