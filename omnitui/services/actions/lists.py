"""Actions of the list, the card and the views."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_L, _S, _K = Scope.LIST, Scope.SIDEBAR, Scope.CARD

ACTIONS: tuple[Action, ...] = (
    # List
    Action("list.down", N_("Down"), N_("Next conversation."), ("j", "down"), _L),
    Action("list.up", N_("Up"), N_("Conversation above."), ("k", "up"), _L),
    Action("list.page_down", N_("Page down"), N_("A screenful further."), ("pagedown", "ctrl+f"), _L),
    Action("list.page_up", N_("Page up"), N_("A screenful back."), ("pageup",), _L),
    Action("list.half_down", N_("Half a page down"), N_("Half a screenful further."), ("ctrl+d",), _L),
    Action("list.half_up", N_("Half a page up"), N_("Half a screenful back."), ("ctrl+u",), _L),
    Action("list.top", N_("Top"), N_("The newest, with what has arrived meanwhile."), ("g g", "home"), _L),
    Action("list.bottom", N_("Bottom"), N_("The oldest."), ("G", "end"), _L),
    Action("list.open", N_("Open"), N_("Read the conversation."), ("enter",), _L),
    # Card and views
    Action("card.down", N_("Scroll down"), N_("A line further."), ("j", "down"), _K),
    Action("card.up", N_("Scroll up"), N_("A line back."), ("k", "up"), _K),
    Action("sidebar.down", N_("Down"), N_("Next view."), ("j", "down"), _S),
    Action("sidebar.up", N_("Up"), N_("View above."), ("k", "up"), _S),
    Action("sidebar.open", N_("Open the view"),
           N_("Show its conversations."), ("enter", "space"), _S, short=N_("show")),
)  # fmt: skip
