"""What an action is, and where its keys are live."""

from __future__ import annotations

from enum import StrEnum

from omnitui.i18n import _
from omnitui.values import dataclass


class Scope(StrEnum):
    """Where an action's keys are live. A printable key is never live where text is typed."""

    APP = "app"
    """Everywhere; printable keys on the reading panes only."""
    DESK = "desk"
    """Every pane in which one reads: list, history, card, sidebar."""
    LIST = "list"
    HISTORY = "history"
    CARD = "card"
    SIDEBAR = "sidebar"
    COMPOSER = "composer"


READING = (Scope.LIST, Scope.HISTORY, Scope.CARD, Scope.SIDEBAR)
"""The panes without a text field."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something an agent can do. The id is the keymap's API and stays for ever."""

    id: str
    title: str
    """A few words; translated where it is shown."""
    help: str
    """One sentence."""
    keys: tuple[str, ...]
    """Default keys; the keys of a chord are separated by a space: "d d"."""
    scope: Scope
    danger: bool = False
    """Whether it asks before it acts."""
    short: str = ""
    """One word for the footer; the title where empty."""

    own: bool = False
    """Whether it is a command of the user's, whose key is stronger than a preset's."""

    @property
    def label(self) -> str:
        """The translated title."""
        return _(self.title)

    @property
    def word(self) -> str:
        """The translated footer word."""
        return _(self.short or self.title)


def printable(key: str) -> bool:
    """Whether a key (the first of a chord) types a character, so that a text field takes it."""
    first = key.split(" ")[0]
    return len(first) == 1 or first == "space"
