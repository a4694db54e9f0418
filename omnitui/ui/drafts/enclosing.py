"""Files to send along: whether they are there, and whether the channel takes them. Said when they are chosen."""

from __future__ import annotations

from pathlib import Path

from omnitui.errors import OmniError, Refused
from omnitui.i18n import _
from omnitui.sdk.capabilities import Capabilities
from omnitui.ui.look import phrases


def size_of(path: str) -> int | None:
    """Bytes of a file; None where it cannot be read."""
    try:
        return Path(path).stat().st_size
    except (OSError, ValueError):
        return None


def fault_of(path: str, capabilities: Capabilities, *, note: bool) -> OmniError | None:
    """Why a file cannot be sent along; a note takes files on every channel."""
    size = size_of(path)
    if not note and not capabilities.attachments:
        return Refused(_("this channel takes no files"))
    if size is None:
        return Refused(_("{path} cannot be read").format(path=path))
    limit = capabilities.attachment_limit
    if not note and limit is not None and size > limit:
        return Refused(
            _("{name} has {size}, this channel takes at most {limit}").format(
                name=Path(path).name, size=phrases.size(size), limit=phrases.size(limit)
            )
        )
    return None
