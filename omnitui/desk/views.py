"""The standing views: named queries that every profile has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final

from omnitui.clock import Millis
from omnitui.desk.querying.parsing import Query, parse
from omnitui.i18n import N_
from omnitui.ids import Ulid
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A named query."""

    id: str
    title: str
    """In English; shown through `_`. Of a user's own as the file says it."""
    text: str
    """The query as a person would type it."""
    icon: str = ""
    columns: tuple[Any, ...] = ()
    """What its rows show; empty for what the settings say."""
    hidden: bool = False
    """Whether the sidebar leaves it out."""
    own: bool = False
    """Whether it is the user's."""

    @property
    def kept(self) -> bool:
        """Whether its count is kept by the cache, however many it holds."""
        return self.id in KEPT and _SORT.sub("", self.text) == KEPT[self.id]

    def query(self, *, now: Millis, me: Ulid, zone: tzinfo) -> Query:
        """The parsed query, as seen by agent `me` at `now`."""
        return parse(self.text, now=now, me=me, zone=zone, teams={"mine": ("me",)})


VIEWS: Final = (
    View("inbox", N_("Inbox"), "is:open"),
    View("mine", N_("Mine"), "is:open is:mine"),
    View("unassigned", N_("Unassigned"), "is:open is:unassigned"),
    View("team", N_("Team"), "is:open team:mine"),
    View("unread", N_("Unread"), "is:unread"),
    View("mentions", N_("Mentions"), "is:open is:mentioned"),
    View("risk", N_("At risk"), "is:open sla:risk sort:urgency"),
    View("closing", N_("Window closing"), "is:open is:unanswered window:<1h sort:window"),
    View("waiting", N_("Waiting"), "is:waiting"),
    View("snoozed", N_("Snoozed"), "is:snoozed"),
    View("failed", N_("Failed sends"), "is:failed"),
    View("drafts", N_("Drafts"), "has:draft"),
    View("resolved", N_("Resolved"), "is:resolved"),
    View("spam", N_("Spam"), "is:spam"),
    View("all", N_("All"), ""),
)

_SORT: Final = re.compile(r" ?sort:[a-z]+$")
_COUNTED_AS_ASKED: Final = frozenset(("team", "mentions", "risk", "closing"))
KEPT: Final[Mapping[str, str]] = {view.id: view.text for view in VIEWS if view.id not in _COUNTED_AS_ASKED}
"""Ids and queries of the views whose counts the cache keeps."""
