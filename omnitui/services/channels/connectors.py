"""Which connectors are installed, found by their entry points and loaded when an account needs one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from omnitui.errors import ConfigError, NotFound
from omnitui.i18n import _
from omnitui.sdk.capabilities import SDK_VERSION, Manifest
from omnitui.sdk.contract import Maker

GROUP: Final = "omnitui.connectors"


@dataclass(frozen=True, slots=True)
class Installed:
    """One connector on this machine: its manifest, or why it cannot be used."""

    kind: str
    package: str
    version: str
    manifest: Manifest | None = None
    fault: str = ""


def kinds() -> list[str]:
    """The kinds of all installed connectors; none of them is imported."""
    return sorted({point.name for point in _points()})


def load(kind: str) -> Maker:
    """The connector of a kind.

    Raises:
        NotFound: No installed package offers it.
        ConfigError: It cannot be imported, or was made for another version of the SDK.
    """
    point = next((point for point in _points() if point.name == kind), None)
    if point is None:
        raise NotFound(
            _("there is no connector called “{kind}”").format(kind=kind),
            hint=_("installed: {kinds}").format(kinds=", ".join(kinds()) or _("none")),
        )
    try:
        found: Maker = point.load()
        version = found.manifest.sdk_version
    except Exception as error:
        # Whatever a foreign package does when it is imported must not take the desk down.
        raise ConfigError(
            _("the connector “{kind}” cannot be loaded: {why}").format(kind=kind, why=_why(error)),
            hint=_("reinstall the package that brings it"),
        ) from error
    if version != SDK_VERSION:
        raise ConfigError(
            _("the connector “{kind}” was made for version {theirs} of the SDK, this omnitui has {ours}").format(
                kind=kind, theirs=version, ours=SDK_VERSION
            ),
            hint=_("install versions of both that fit together"),
        )
    return found


def installed() -> list[Installed]:
    """Every connector with its manifest; this imports them all."""
    found: list[Installed] = []
    for point in sorted(_points(), key=lambda point: str(point.name)):
        package, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
        try:
            found.append(Installed(point.name, package, version, load(point.name).manifest))
        except (ConfigError, NotFound) as error:
            found.append(Installed(point.name, package, version, fault=error.message))
    return found


def _points() -> list[Any]:
    from importlib.metadata import entry_points

    return list(entry_points(group=GROUP))


def _why(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, ImportError) else type(error).__name__
