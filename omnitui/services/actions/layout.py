"""Actions that move borders, drawers and the zoom."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_D = Scope.DESK

ACTIONS: tuple[Action, ...] = (
    Action("pane.zoom", N_("Zoom the pane"),
           N_("The focused pane takes the whole screen; again gives it back."), ("z",), _D),
    Action("pane.narrower", N_("List narrower"), N_("Move the border between list and history."), ("<",), _D),
    Action("pane.wider", N_("List wider"), N_("Move the border between list and history."), (">",), _D),
    Action("pane.card", N_("Customer card"), N_("Show or hide the card."), ("i",), _D, short=N_("card")),
    Action("pane.views", N_("Views"), N_("Show or hide the views."), ("b",), _D, short=N_("views")),
)  # fmt: skip
