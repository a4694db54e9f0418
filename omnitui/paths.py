"""Where a profile keeps its things: config, data and state, by the XDG rules or below OMNITUI_HOME."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from omnitui.errors import UsageError
from omnitui.i18n import _
from omnitui.values import dataclass

DEFAULT = "default"
_NAME = re.compile(r"[^\W_][\w.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Profile:
    """One agent's own folders. Nothing is created by naming them; `make` does that."""

    name: str
    config: Path
    data: Path
    state: Path

    @property
    def settings_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def keys_file(self) -> Path:
        return self.config / "keys.toml"

    @property
    def views_file(self) -> Path:
        return self.config / "views.toml"

    @property
    def rules_file(self) -> Path:
        return self.config / "rules.toml"

    @property
    def sla_file(self) -> Path:
        return self.config / "sla.toml"

    @property
    def commands_file(self) -> Path:
        return self.config / "commands.toml"

    @property
    def hooks(self) -> Path:
        """Programs of the user's that are run when something happens."""
        return self.config / "hooks"

    @property
    def themes(self) -> Path:
        """Themes of the user's own."""
        return self.config / "themes"

    @property
    def cache_file(self) -> Path:
        return self.data / "cache.sqlite3"

    @property
    def gateway_file(self) -> Path:
        """What the gateway receives for whom, beside the accounts of the profile."""
        return self.config / "gateway.toml"

    @property
    def spool_file(self) -> Path:
        """What the gateway has received."""
        return self.state / "spool.sqlite3"

    @property
    def blobs(self) -> Path:
        return self.data / "blobs"

    @property
    def vault_file(self) -> Path:
        return self.data / "vault.json"

    @property
    def protection_file(self) -> Path:
        """Names where the keys of the cache and the log lie."""
        return self.data / "protection.json"

    @property
    def log_end_file(self) -> Path:
        """Where the op log ended, signed with its key."""
        return self.state / "log-end.json"

    @property
    def log_file(self) -> Path:
        return self.state / "omnitui.log"

    @property
    def crashes(self) -> Path:
        return self.state / "crashes"

    def make(self) -> None:
        """Create the data and state folders, readable by nobody else."""
        for folder in (self.data, self.state):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def profile(name: str | None = None) -> Profile:
    """The profile called `name`, else OMNITUI_PROFILE, else "default".

    Raises:
        UsageError: The name could leave its folder.
    """
    chosen = name or os.environ.get("OMNITUI_PROFILE") or DEFAULT
    if not _NAME.fullmatch(chosen):
        raise UsageError(
            _("“{name}” cannot name a profile").format(name=chosen.encode("unicode_escape").decode()),
            hint=_("use letters, digits, dots and hyphens, beginning with a letter or digit"),
        )
    home = os.environ.get("OMNITUI_HOME")
    if home:
        root = Path(home).expanduser().absolute() / chosen
        return Profile(chosen, root / "config", root / "data", root / "state")
    config, data, state = _bases()
    return Profile(chosen, config / chosen, data / chosen, state / chosen)


def _bases() -> tuple[Path, Path, Path]:
    if not sys.platform.startswith("linux"):
        from platformdirs import PlatformDirs

        dirs = PlatformDirs("omnitui", appauthor=False)
        return dirs.user_config_path, dirs.user_data_path, dirs.user_state_path
    home = Path.home()
    return (
        _xdg("XDG_CONFIG_HOME", home / ".config"),
        _xdg("XDG_DATA_HOME", home / ".local" / "share"),
        _xdg("XDG_STATE_HOME", home / ".local" / "state"),
    )


def _xdg(variable: str, default: Path) -> Path:
    # The XDG specification: a relative path in these variables is to be ignored.
    value = os.environ.get(variable, "")
    return (Path(value) if value.startswith("/") else default) / "omnitui"
