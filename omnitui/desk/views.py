"""The standing views: named queries that every profile has."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.query import Query, parse
from omnitui.i18n import N_
from omnitui.ids import Ulid
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A named query; its list is ordered by the newest activity."""

    id: str
    title: str
    """In English; shown through `_`."""
    text: str
    """The query as a person would type it."""

    def query(self, *, now: Millis, me: Ulid, zone: tzinfo) -> Query:
        """The parsed query, as seen by agent `me` at `now`."""
        return parse(self.text, now=now, me=me, zone=zone)


VIEWS: Final = (
    View("inbox", N_("Inbox"), "is:open"),
    View("mine", N_("Mine"), "is:open is:mine"),
    View("unassigned", N_("Unassigned"), "is:open is:unassigned"),
    View("unread", N_("Unread"), "is:unread"),
    View("waiting", N_("Waiting"), "is:waiting"),
    View("snoozed", N_("Snoozed"), "is:snoozed"),
    View("failed", N_("Failed sends"), "is:failed"),
    View("drafts", N_("Drafts"), "has:draft"),
    View("resolved", N_("Resolved"), "is:resolved"),
    View("spam", N_("Spam"), "is:spam"),
    View("all", N_("All"), ""),
)


def view(view_id: str) -> View | None:
    """The standing view of that id."""
    return next((one for one in VIEWS if one.id == view_id), None)
