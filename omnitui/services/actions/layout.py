"""Actions that move borders, drawers and the zoom."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_A, _D = Scope.APP, Scope.DESK

ACTIONS: tuple[Action, ...] = (
    Action("pane.zoom", N_("Zoom the pane"),
           N_("The focused pane takes the whole screen; again gives it back."), ("z",), _D),
    Action("pane.narrower", N_("Border to the left"),
           N_("Move the border of the list, or of the card or the views in focus, to the left."), ("<",), _D),
    Action("pane.wider", N_("Border to the right"),
           N_("Move the border of the list, or of the card or the views in focus, to the right."), (">",), _D),
    Action("pane.other_down", N_("Scroll the other pane down"),
           N_("From the list the history, from the history the list; the focus stays."), ("ctrl+e",), _D),
    Action("pane.other_up", N_("Scroll the other pane up"),
           N_("From the list the history, from the history the list; the focus stays."), ("ctrl+y",), _D),
    Action("pane.other_page_down", N_("Page the other pane down"),
           N_("A screenful; while one writes it is the history."), ("shift+pagedown",), _A),
    Action("pane.other_page_up", N_("Page the other pane up"),
           N_("A screenful back; while one writes it is the history."), ("shift+pageup",), _A),
    Action("pane.card_down", N_("Scroll the card down"),
           N_("Half a screenful, from every pane; the focus stays."), (")", "ctrl+pagedown"), _A),
    Action("pane.card_up", N_("Scroll the card up"),
           N_("Half a screenful back, from every pane; the focus stays."), ("(", "ctrl+pageup"), _A),
    Action("pane.views_down", N_("Scroll the views down"),
           N_("Half a screenful, from every pane; the focus stays."), ("+",), _A),
    Action("pane.views_up", N_("Scroll the views up"),
           N_("Half a screenful back, from every pane; the focus stays."), ("-",), _A),
    Action("pane.card", N_("Customer card"), N_("Show or hide the card."), ("i",), _D, short=N_("card")),
    Action("pane.views", N_("Views"), N_("Show or hide the views."), ("b",), _D, short=N_("views")),
)  # fmt: skip
