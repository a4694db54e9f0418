"""The standing views: named queries that every profile has."""

from __future__ import annotations

from datetime import tzinfo
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.query import Query, parse
from omnitui.i18n import N_
from omnitui.ids import Ulid
from omnitui.text.row_signs import COLUMNS
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A named query; its list is ordered by the newest activity."""

    id: str
    title: str
    """In English; shown through `_`."""
    text: str
    """The query as a person would type it."""
    columns: tuple[str, ...] = COLUMNS
    """What its rows show; `omnitui.text.row_signs.COLUMNS` says what there is."""

    def query(self, *, now: Millis, me: Ulid, zone: tzinfo) -> Query:
        """The parsed query, as seen by agent `me` at `now`."""
        return parse(self.text, now=now, me=me, zone=zone)


VIEWS: Final = (
    View("inbox", N_("Inbox"), "is:open"),
    View("mine", N_("Mine"), "is:open is:mine", ("unanswered", "snippet", "labels")),
    View("unassigned", N_("Unassigned"), "is:open is:unassigned", ("unanswered", "snippet", "labels")),
    View("unread", N_("Unread"), "is:unread"),
    View("waiting", N_("Waiting"), "is:waiting", ("since", "snippet", "labels", "assignee")),
    View("snoozed", N_("Snoozed"), "is:snoozed", ("until", "snippet", "labels", "assignee")),
    View("failed", N_("Failed sends"), "is:failed", ("reason", "assignee")),
    View("drafts", N_("Drafts"), "has:draft"),
    View("resolved", N_("Resolved"), "is:resolved", ("snippet", "labels", "assignee")),
    View("spam", N_("Spam"), "is:spam", ("snippet",)),
    View("all", N_("All"), ""),
)


def view(view_id: str) -> View | None:
    """The standing view of that id."""
    return next((one for one in VIEWS if one.id == view_id), None)
