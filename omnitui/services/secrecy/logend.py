"""The record of where the op log ended: nothing within a log shows that its end was cut off.

It lies in the state folder, and, where secrets are kept by us, in the secret store; both are signed with the log's key.
Who can write the user's files can put back older copies of all of them; only an end that was noted elsewhere shows that
(`omnitui log verify --reached`).
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Final

from omnitui.errors import ConfigError, UsageError
from omnitui.i18n import _
from omnitui.paths import Profile
from omnitui.services.secrecy.secrets import STORES, Secrets
from omnitui.services.secrecy.vault import replace_file
from omnitui.store.chain import Head, mac

OWNER: Final = "log"
_NAME: Final = "end"
_WRITTEN: Final = re.compile(r"(\d{1,12}):([0-9a-f]{64})")


class LogEnd:
    """Reads and writes the record.

    Args:
        profile: Whose log.
        secrets: Where the second copy goes.
        key_ref: Where the log's key lies; the copy lies beside it in a secret store of ours, and nowhere else.
    """

    def __init__(self, profile: Profile, secrets: Secrets, key_ref: str) -> None:
        self._path = profile.log_end_file
        self._secrets = secrets
        self._ref = f"{key_ref.rpartition('/')[0]}/{_NAME}" if key_ref.partition(":")[0] in STORES else ""

    def noted(self, key: bytes, *, stored: bool = False) -> Head | None:
        """The later one of the records that `key` has signed; None where there is none.

        Args:
            key: The log's.
            stored: Look into the secret store too.
        """
        texts: list[str] = []
        with suppress(OSError):
            texts.append(self._path.read_text(encoding="ascii", errors="replace"))
        if stored and self._ref:
            with suppress(ConfigError):
                texts.append(self._secrets.get(self._ref))
        heads = [head for text in texts if (head := _signed(key, text))]
        return max(heads, key=lambda head: head.count, default=None)

    def note(self, key: bytes, head: Head, *, stored: bool = False) -> None:
        """Note an end; where it cannot be written, the older record stands."""
        text = json.dumps({"head": told(head), "mac": _mac(key, head)})
        with suppress(OSError):
            replace_file(self._path, text.encode())
        if stored and self._ref:
            with suppress(ConfigError):
                self._secrets.renew(self._ref, "password", text)

    @property
    def version(self) -> tuple[int, int] | None:
        """Another one whenever the record beside the cache was written anew, by whatever process."""
        with suppress(OSError):
            found = self._path.stat()
            return found.st_ino, found.st_mtime_ns
        return None

    def forget(self) -> None:
        """Drop the record: the log is taken as it is."""
        self._path.unlink(missing_ok=True)
        if self._ref:
            self._secrets.forget(self._ref)


def told(head: Head) -> str:
    """An end as people note it: "1234:" and the digest."""
    return f"{head.count}:{head.digest}"


def parsed(text: str) -> Head:
    """The inverse of `told`. Raises UsageError."""
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise UsageError(_("“{text}” is no end of a log").format(text=text), hint="COUNT:DIGEST")
    return Head(int(found[1]), found[2])


def _signed(key: bytes, text: str) -> Head | None:
    import hmac

    with suppress(ValueError, KeyError, TypeError, UsageError):
        held = json.loads(text)
        head = parsed(held["head"])
        if hmac.compare_digest(held["mac"], _mac(key, head)):
            return head
    return None


def _mac(key: bytes, head: Head) -> str:
    return mac(key, "log end", told(head))
