"""What WeChat sends: a flat XML, enciphered in another one.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

MOST = 256 * 1024
"""Bytes of a message that are read; WeChat's have some thousands."""
_SECTIONS = r"(?:<!\[CDATA\[(?:[^\]]|\](?!\]>))*\]\]>)+"
"""Of a value: more than one where a customer wrote what ends one."""
_LEAF = re.compile(rf"<(\w{{1,64}})>(?:\s{{0,64}}({_SECTIONS})\s{{0,64}}|([^<]*))</\1>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def fields(xml: bytes) -> dict[str, str]:
    """The values of a message by their tags, without the tags that hold others; the first of each counts.

    WeChat's XML has neither attributes nor a document type, so that nothing else is read: an entity says no more here
    than its five letters.
    """
    found: dict[str, str] = {}
    for tag, raw, plain in _LEAF.findall(xml[:MOST].decode("utf-8", "replace")):
        whole = raw.removeprefix("<![CDATA[").removesuffix("]]>").replace("]]><![CDATA[", "")
        found.setdefault(tag, whole if raw else _unescaped(plain))
    return found


def signature(*parts: str) -> str:
    """SHA-1 over the sorted parts: the token, the time, the nonce, and what is enciphered."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def opened(enciphered: str, aes_key: str) -> tuple[bytes, str]:
    """What was enciphered, and the AppID that it is for.

    Raises:
        ValueError: It was not enciphered with this key.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    key = key_of(aes_key)
    try:
        data = base64.b64decode(enciphered, validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error
    if not data or len(data) % 16:
        raise ValueError("it has no whole blocks")
    decryptor = Cipher(AES(key), CBC(key[:16])).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    # Sixteen random bytes, the length, the message, the AppID; filled up to a multiple of 32 with the number of bytes.
    filled, length = plain[-1], int.from_bytes(plain[16:20], "big")
    if not 1 <= filled <= 32 or plain[-filled:] != bytes([filled]) * filled or 20 + length > len(plain) - filled:
        raise ValueError("it was enciphered with another key")
    return plain[20 : 20 + length], plain[20 + length : len(plain) - filled].decode("utf-8", "replace")


def key_of(aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey. Raises `ValueError` where it is none."""
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except binascii.Error as error:
        raise ValueError("the EncodingAESKey has 43 letters and digits") from error
    if len(key) != 32:
        raise ValueError("the EncodingAESKey has 43 letters and digits")
    return key


def _unescaped(text: str) -> str:
    for entity, char in _ENTITIES:
        text = text.replace(entity, char)
    return text
