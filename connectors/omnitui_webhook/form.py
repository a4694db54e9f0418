"""Forms on web pages. Nothing in a page is secret: what protects is said in docs/webhook.md, and checked here."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from urllib.parse import urlsplit

from omnitui.sdk import HOUR, Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest
from omnitui_webhook.body import FORM_TYPE, JSON_TYPE, media_type, read

LARGEST = 64 * 1024
"""Bytes that people write into a form."""
_PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">{more}
<title>{text}</title><p style="font:1.2em sans-serif;margin:3em auto;max-width:30em">{text}</p>"""


class Form:
    """The hook of a form. Programs that fill in what people do not see are thanked, and nothing is kept."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._origins = {_origin(one) for one in settings.get("origins", "").split(",") if one.strip()}
        if not self._origins or "" in self._origins:
            raise OmniError(
                "the sites on which the form stands have to be named",
                hint="--origins https://www.example.com,https://example.com",
            )
        self._honeypot = settings.get("honeypot", "")
        self._thanks = settings.get("thanks", "")

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        return None

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        if request.method != "POST":
            return Forged("no POST")
        if len(request.body) > LARGEST:
            return Forged(f"more than {LARGEST // 1024} kB")
        origin = _origin(request.headers.get("origin") or request.headers.get("referer", ""))
        if origin not in self._origins:
            return Forged("neither Origin nor Referer names one of the sites that may have the form")
        if media_type(request.headers.get("content-type", "")) not in (FORM_TYPE, JSON_TYPE):
            return Forged(f"neither {FORM_TYPE} nor {JSON_TYPE}")
        fields = read(request.body, request.headers.get("content-type", ""))
        if not isinstance(fields, dict):
            return Forged("no fields can be read")
        if self._honeypot and str(fields.get(self._honeypot) or "").strip():
            return Genuine(answer=self._answer(), keep=False)
        if not str(fields.get("message") or "").strip() or not is_address(fields.get("email")):
            page = _page("Please go back and fill in your e-mail address and your message.")
            return Genuine(answer=WebhookAnswer(page, 422, "text/html; charset=utf-8"), keep=False)
        # Sent twice within an hour by an impatient finger is once; the same words a month later are not.
        digest = hashlib.sha256(request.body).hexdigest()
        return Genuine((f"{now // HOUR}:{digest}",), self._answer())

    def _answer(self) -> WebhookAnswer:
        if _origin(self._thanks):
            place = html.escape(self._thanks)
            page = _page("", f'<meta http-equiv="refresh" content="0;url={place}">')
        else:
            page = _page(self._thanks)
        return WebhookAnswer(page, content_type="text/html; charset=utf-8")


def is_address(value: object) -> bool:
    """Whether somebody could be answered there."""
    if not isinstance(value, str):
        return False
    local, at, domain = value.strip().rpartition("@")
    return bool(local and at and "." in domain.strip(".")) and len(value) < 255 and not any(map(_odd, value.strip()))


def _odd(char: str) -> bool:
    return char.isspace() or char in "<>,;\"'" or not char.isprintable()


def _origin(address: str) -> str:
    """Scheme, host and port of an address; "" where it has none."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port not in (None, usual) else "")


def _page(text: str, more: str = "") -> bytes:
    return _PAGE.format(text=html.escape(text), more=more).encode()
