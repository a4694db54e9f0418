"""Bytes enciphered with the key of the cache (AES-256-GCM); what is enciphered says so by how it begins."""

from __future__ import annotations

import hashlib
import os
from typing import Final

_MARK: Final = b"omnitui-aesgcm1\0"
_NONCE: Final = 12


class Envelope:
    """Enciphers and deciphers under a key of its own that is made of the cache's; without one all stays in clear."""

    def __init__(self, key: bytes | None, use: str) -> None:
        """`use`: what it is for, 8 letters at most; another use has another key."""
        self._key = (
            None if key is None else hashlib.blake2b(key=key, person=f"omnitui {use}".encode(), digest_size=32).digest()
        )

    @property
    def sealing(self) -> bool:
        """Whether there is a key."""
        return self._key is not None

    def seal(self, name: str, data: bytes) -> bytes:
        """`data` as it is written; it can be read under the same name alone."""
        if self._key is None:
            return data
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        return _MARK + nonce + AESGCM(self._key).encrypt(nonce, data, name.encode())

    def opened(self, name: str, held: bytes) -> bytes | None:
        """What was sealed, or was written in clear; None where it is enciphered and cannot be had."""
        if not is_sealed(held):
            return held
        if self._key is None:
            return None
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        start = len(_MARK) + _NONCE
        try:
            return AESGCM(self._key).decrypt(held[len(_MARK) : start], held[start:], name.encode())
        except (InvalidTag, ValueError):
            return None


def is_sealed(held: bytes) -> bool:
    """Whether bytes begin as what is enciphered."""
    return held.startswith(_MARK)
