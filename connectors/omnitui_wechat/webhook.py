"""How WeChat's calls are proved.

https://developers.weixin.qq.com/doc/offiaccount/Basic_Information/Access_Overview.html
"""

from __future__ import annotations

import hmac

from omnitui.sdk import MINUTE, SECOND, Forged, Genuine, Millis, OmniError, Verdict, WebhookAnswer, WebhookRequest
from omnitui_wechat.envelope import fields, key_of, opened, signature
from omnitui_wechat.mapping import id_of

LATE: Millis = 5 * MINUTE
HEARD = WebhookAnswer(b"success")
"""What WeChat wants to hear within five seconds; else it tells customers that the account is out of order."""


class WeChatWebhook:
    """The hook of one official account, in the encrypted mode: in the plain one nothing proves the message itself."""

    def __init__(self, app_id: str, tokens: tuple[str, ...], aes_keys: tuple[str, ...]) -> None:
        """All secrets that count. Raises `OmniError` where one is missing."""
        self._app_id = app_id
        self._tokens = tuple(token for token in tokens if token)
        self._aes_keys = tuple(key for key in aes_keys if key)
        if not self._tokens or not self._aes_keys:
            raise OmniError(
                "a WeChat account has no webhook without its Token and its EncodingAESKey",
                hint="the platform's console, Basic configuration, Server configuration",
            )
        try:
            for key in self._aes_keys:
                key_of(key)
        except ValueError as error:
            raise OmniError(str(error)) from error

    def verify(self, request: WebhookRequest, now: Millis) -> Verdict:
        told = dict(request.query)
        enciphered = fields(request.body).get("Encrypt", "")
        if not enciphered:
            return Forged("it is not enciphered: choose the safe mode in the platform's console")
        if not _fresh(told, now):
            return Forged("its time is more than five minutes off")
        if not self._signed(told, "msg_signature", enciphered):
            return Forged("the signature is of another Token or another message")
        for key in self._aes_keys:
            try:
                xml, app_id = opened(enciphered, key)
            except ValueError:
                continue
            if self._app_id and app_id != self._app_id:
                return Forged("it is for another AppID")
            named = id_of(fields(xml))
            return Genuine((named,) if named else (), HEARD)
        return Forged("it was enciphered with another EncodingAESKey")

    def handshake(self, request: WebhookRequest, now: Millis) -> WebhookAnswer | None:
        """What WeChat asks when the server configuration is entered."""
        told = dict(request.query)
        if request.method != "GET" or "echostr" not in told or not _fresh(told, now):
            return None
        return WebhookAnswer(told["echostr"].encode("utf-8", "replace")) if self._signed(told, "signature") else None

    def _signed(self, told: dict[str, str], name: str, *parts: str) -> bool:
        given = told.get(name, "").encode("utf-8", "replace")
        asked = (told.get("timestamp", ""), told.get("nonce", ""), *parts)
        # All are compared, whichever fits: the time tells nothing.
        fits = [hmac.compare_digest(given, signature(token, *asked).encode()) for token in self._tokens]
        return any(fits)


def _fresh(told: dict[str, str], now: Millis) -> bool:
    at = told.get("timestamp", "")
    return at.isascii() and at.isdecimal() and len(at) < 14 and abs(int(at) * SECOND - now) <= LATE


def read(body: bytes, aes_keys: tuple[str, ...]) -> bytes | None:
    """The message of a kept call; None where no key opens it."""
    enciphered = fields(body).get("Encrypt", "")
    for key in aes_keys:
        try:
            return opened(enciphered, key)[0]
        except ValueError:
            continue
    return None
