"""A damaged cache made whole at a start, and what is said of it: on the console, in the shell, by `doctor`."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from omnitui.clock import Clock, Millis, SystemClock
from omnitui.errors import Refused
from omnitui.i18n import _
from omnitui.logs import logger
from omnitui.store import sharing
from omnitui.store.faults import CacheDamaged
from omnitui.store.recovery import integrity
from omnitui.store.recovery.mending import Mended, mend
from omnitui.store.recovery.salvage import Tally
from omnitui.store.secrecy import cipher

if TYPE_CHECKING:
    from pathlib import Path

    from omnitui.paths import Profile

LOG = logger(__name__)

WAIT_SECONDS: Final = 5.0
"""How long the other processes of the profile may take to let go of the cache."""


def recover(profile: Profile, clock: Clock | None = None, *, reason: str = "") -> Mended | None:
    """Make the cache whole; None where nothing is wrong with it any more.

    Args:
        profile: Whose cache.
        clock: The machine's unless given.
        reason: What was found as it was opened; what was noted before where this is empty.

    Raises:
        CacheDamaged: Another omnitui has it open, or it could not be mended.
        CacheError: There is no room, or the disk fails.
    """
    try:
        with sharing.alone(profile.data, wait=WAIT_SECONDS):
            noted = integrity.noted(profile.data)
            if not profile.cache_file.exists() or not (noted or reason):
                integrity.forget(profile.data)
                return None
            if cipher.key_of(profile.cache_file) is None and cipher.looks_enciphered(profile.cache_file):
                raise CacheDamaged(
                    _("The cache is encrypted, and nothing says where its key lies."),
                    hint=_("Put back {file}; nothing was touched.").format(file=profile.protection_file),
                )
            if cipher.key_of(profile.cache_file) is not None and cipher.is_plain(profile.cache_file):
                raise CacheDamaged(
                    _("The cache is not encrypted, though it was when its key was fetched."),
                    hint=_("Start omnitui again; nothing was touched."),
                )
            with suppress(OSError, ValueError, AttributeError):
                print(_("omnitui: the cache is damaged; it is being mended …"), file=sys.stderr, flush=True)
            done = mend(profile.cache_file, clock or SystemClock(), reason or (noted.reason if noted else ""))
    except Refused as error:
        raise CacheDamaged(
            _("The cache is damaged, and another omnitui of this profile has it open."),
            hint=_("Leave all of them (ctrl+q) and start again: the cache is mended then."),
        ) from error
    if done is not None:
        LOG.warning("the cache was damaged and is mended; what was found: %s", done.reason)
        _keep(profile, done)
    return done


def last(profile: Profile) -> Mended | None:
    """What was done the last time."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        held: dict[str, Any] = json.loads(_file(profile).read_text("utf-8"))
        tally = held["tally"]
        return Mended(
            int(held["at"]),
            str(held["reason"]),
            str(held["kept_as"]),
            held["snapshot_at"],
            tally and Tally(dict(tally["kept"]), tuple(tally["gaps"]), int(tally["doubtful"])),
        )
    return None


def told(done: Mended, zone: tzinfo | None = None) -> list[str]:
    """What happened, for a person: a line a fact, the most important first."""
    lines = [_("The cache was damaged and is whole again.")]
    tally = done.tally
    if tally is None:
        lines.append(_("Its indexes were built anew; nothing is lost."))
    else:
        lines.append(
            _("It is the snapshot of {time}, with what could still be read of the damaged one.").format(
                time=_moment(done.snapshot_at, zone)
            )
            if done.snapshot_at is not None
            else _("There was no snapshot yet: it holds what could still be read of the damaged one.")
        )
        kept = ", ".join(f"{name} {tally.kept[table]}" for table, name in _named().items() if tally.kept.get(table))
        if kept:
            lines.append(_("Kept beyond the snapshot: {kept}.").format(kept=kept))
        if tally.gaps:
            lines.append(_("Some rows could not be read: {tables}.").format(tables=", ".join(tally.gaps)))
        lines.append(_("What the back ends hold comes again with the sync."))
        if tally.doubtful:
            lines.append(
                _("{count} messages may have left already; they wait for your decision in the outbox.").format(
                    count=tally.doubtful
                )
            )
    lines.append(_("The damaged file is kept as {name}; it is removed after two weeks.").format(name=done.kept_as))
    return lines


def _named() -> dict[str, str]:
    return {
        "op": _("operations"),
        "outbox": _("entries of the outbox"),
        "draft": _("drafts"),
        "conversation": _("conversations"),
        "message": _("messages"),
    }


def _moment(at: Millis, zone: tzinfo | None) -> str:
    return f"{datetime.fromtimestamp(at / 1000, zone or UTC):%Y-%m-%d %H:%M %Z}".rstrip()


def _keep(profile: Profile, done: Mended) -> None:
    tally = done.tally
    held = {
        "at": done.at,
        "reason": done.reason,
        "kept_as": done.kept_as,
        "snapshot_at": done.snapshot_at,
        "tally": tally and {"kept": tally.kept, "gaps": tally.gaps, "doubtful": tally.doubtful},
    }
    with suppress(OSError):
        profile.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        _file(profile).write_text(json.dumps(held), "utf-8")


def _file(profile: Profile) -> Path:
    return profile.state / "recovery.json"
