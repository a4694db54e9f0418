"""Where a profile must not lie, in words: on a file system that several machines share."""

from __future__ import annotations

from pathlib import Path

from omnitui.i18n import _
from omnitui.paths import Profile
from omnitui.store.mounts import network_kind


def on_network(profile: Profile) -> tuple[Path, str] | None:
    """The first of the profile's folders that lies on a network file system, and which kind that is."""
    for folder in (profile.data, profile.state):
        if kind := network_kind(existing(folder)):
            return folder, kind
    return None


def caution(profile: Profile) -> str:
    """One line for whoever opens the profile; empty where it lies on this machine."""
    found = on_network(profile)
    if found is None:
        return ""
    words = _("{folder} lies on a network file system ({kind}), where the cache can break: see omnitui doctor")
    return words.format(folder=found[0], kind=found[1])


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that there is."""
    return folder if folder.exists() else existing(folder.parent)
