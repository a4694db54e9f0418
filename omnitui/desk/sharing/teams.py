"""Teams: who works together, by the names that the settings give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from omnitui.desk.querying.matching import fold
from omnitui.model.people import Agent

MINE: Final = "mine"
"""What the teams that an agent is in are called together."""


def known_teams(teams: Mapping[str, Sequence[str]], me: Agent) -> dict[str, tuple[str, ...]]:
    """Members by the folded name of their team, and those of all teams that `me` is in as `mine`."""
    own = {"me", me.id, *map(fold, (me.name, *me.addresses))}
    found = {fold(name): tuple(members) for name, members in teams.items()}
    mine = [members for members in found.values() if own.intersection(map(fold, members))]
    return {MINE: tuple(dict.fromkeys(one for members in mine for one in members)), **found}
