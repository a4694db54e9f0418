"""The one family of errors that a person may see: what happened, and what to do about it."""

from __future__ import annotations

from typing import ClassVar


class OmniError(Exception):
    """Something went wrong that a person can act on.

    Args:
        message: What happened, in one line.
        hint: What to do, in one line; empty when there is nothing to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
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
