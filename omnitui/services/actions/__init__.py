"""THE table of actions: bindings, palette, `?` help, footer, keymap check and docs/keys.md are all made from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from omnitui.services.actions import composer, conversation, everywhere, history, layout, lists, triage
from omnitui.services.actions.action import READING, Action, Scope, printable

__all__ = ["ACTIONS", "FOOTERS", "READING", "Action", "Scope", "actions_of", "printable", "take_in"]

_TABLE = (
    *everywhere.ACTIONS,
    *layout.ACTIONS,
    *conversation.ACTIONS,
    *triage.ACTIONS,
    *lists.ACTIONS,
    *history.ACTIONS,
    *composer.ACTIONS,
)

_BY_ID = {action.id: action for action in _TABLE}
ACTIONS: Mapping[str, Action] = MappingProxyType(_BY_ID)
"""By id; users' own commands follow those of the table."""

FOOTERS: Mapping[Scope, tuple[str, ...]] = MappingProxyType(
    {
        Scope.LIST: (
            "conversation.reply",
            "conversation.note",
            "conversation.resolve",
            "conversation.snooze",
            "app.search",
            "app.help",
        ),
        Scope.HISTORY: (
            "conversation.reply",
            "conversation.note",
            "conversation.resolve",
            "history.quotes",
            "history.why",
            "app.help",
        ),
        Scope.CARD: ("card.open", "card.copy", "contact.edit", "conversation.reply", "pane.back", "app.help"),
        Scope.SIDEBAR: ("sidebar.open", "app.search", "pane.back", "app.help"),
        Scope.COMPOSER: (
            "composer.send",
            "composer.mode",
            "composer.canned",
            "composer.attach",
            "composer.later",
            "pane.back",
        ),
    }
)
"""What the footer names for each focused pane: at most six."""


def actions_of(scope: Scope) -> list[Action]:
    """The actions whose keys are live in a pane, its own first."""
    outer = (Scope.DESK, Scope.APP) if scope in READING else (Scope.APP,)
    return [action for wanted in (scope, *outer) for action in _BY_ID.values() if action.scope is wanted]


_FIXED = len(_BY_ID)
_own: dict[str, tuple[Action, ...]] = {}


def take_in(own: Iterable[Action], kind: str) -> None:
    """Put users' own actions of a kind behind those of the table, in place of those that were."""
    _own[kind] = tuple(own)
    for action_id in [*_BY_ID][_FIXED:]:
        del _BY_ID[action_id]
    _BY_ID.update({action.id: action for actions in _own.values() for action in actions})
