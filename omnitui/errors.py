"""The one family of errors that a person may see: what happened, and what to do about it."""

from __future__ import annotations

from typing import ClassVar, Final

DOTS: Final = "•••"
_LEAST = 4
_CERTAIN = 8
"""From so many characters on a secret is hidden in sentences too, be it a common word."""
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """From now on, write dots wherever the log or an error would show `secret`: servers say passwords back."""
    if len(secret) >= _LEAST:
        _secrets.add(secret)


def masked(text: str, *, sentences: bool = True) -> str:
    """`text` with dots for secrets; in our own sentences a short one that is a word may stand."""
    for secret in _secrets:
        if secret in text and (not sentences or len(secret) >= _CERTAIN or not secret.isalpha()):
            text = text.replace(secret, DOTS)
    return text


class OmniError(Exception):
    """Something went wrong that a person can act on.

    Args:
        message: What happened, in one line.
        hint: What to do, in one line; empty when there is nothing to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        if _secrets:
            message, hint = masked(message), masked(hint)
        super().__init__(message)
        self.message = message
        self.hint = hint


class NotFound(OmniError):
    """A named thing does not exist, or its short ref fits several."""


class Refused(OmniError):
    """The thing exists, but what was asked of it cannot be done."""


class UsageError(OmniError):
    """The command line does not make sense."""

    exit_code = 2


class ConfigError(OmniError):
    """A setting or a secret is missing or wrong."""

    exit_code = 3
