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
    Action("list.newest", N_("Show what is new"),
           N_("Take in what has arrived above meanwhile."), ("N",), _L),
    Action("list.mark", N_("Mark"),
           N_("Mark the conversation and go on, or take the mark away; acts mean what is marked."), ("x", "space"), _L),
    Action("list.range", N_("Mark a range"),
           N_("From here on moving marks, until the same key ends it."), ("V",), _L),
    Action("list.mark_all", N_("Mark all"), N_("Mark the whole list, or take all marks away."), ("*",), _L),
    Action("list.filter", N_("Filter the list"),
           N_("Show only what fits as you type; Enter keeps it, Esc shows all again."), ("&",), _L),
    Action("list.density", N_("One line or two"), N_("Change how many lines a conversation takes."), ("=",), _L),
    Action("list.columns", N_("Columns …"), N_("Choose what the rows of the open view show."), ("I",), _L),
    Action("list.keep", N_("Keep as a view …"),
           N_("Give the query of the open list a name, and perhaps a key: views.toml has it then."), ("S",), _L),
    # Card and views
    Action("card.down", N_("Down"), N_("Next value of the card."), ("j", "down"), _K),
    Action("card.up", N_("Up"), N_("Value above."), ("k", "up"), _K),
    Action("card.first", N_("Top"), N_("The first value."), ("g g", "home"), _K),
    Action("card.last", N_("Bottom"), N_("The last value."), ("G", "end"), _K),
    Action("card.open", N_("Open or change"),
           N_("Change the value, open the conversation, link the person, prefer the address."),
           ("enter",), _K, short=N_("choose")),
    Action("card.copy", N_("Copy the value"), N_("The value under the cursor."), ("Y",), _K, short=N_("copy")),
    Action("sidebar.down", N_("Down"), N_("Next view."), ("j", "down"), _S),
    Action("sidebar.up", N_("Up"), N_("View above."), ("k", "up"), _S),
    Action("sidebar.open", N_("Open the view"),
           N_("Show its conversations."), ("enter", "space"), _S, short=N_("show")),
)  # fmt: skip
