"""Approved templates: those that an account's back end offers, filled from what is known of the customer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from omnitui.errors import NotFound, Refused, UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.sdk import snapshot
from omnitui.sdk.contract import Template
from omnitui.store.reads import accounts
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

_BLANK: Final = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_NAMES: Final[Mapping[str, str]] = {
    "name": "contact.first_name",
    "first_name": "contact.first_name",
    "firstname": "contact.first_name",
    "customer": "contact.name",
    "customer_name": "contact.name",
    "full_name": "contact.name",
    "agent": "agent.name",
    "agent_name": "agent.name",
    "subject": "conversation.subject",
    "ref": "conversation.ref",
    "ticket": "conversation.ref",
    "today": "today",
    "date": "today",
}
"""Blanks that mean what a canned response calls otherwise."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with the values of its blanks."""

    template: Template
    values: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the customer will read; a blank without a value stands as it is."""
        known = dict(zip(self.template.blanks, self.values, strict=False))
        return _BLANK.sub(lambda found: known.get(found[1]) or found[0], self.template.text)

    @property
    def missing(self) -> tuple[str, ...]:
        """The blanks that have no value."""
        given = (*self.values, *("",) * len(self.template.blanks))
        return tuple(name for name, value in zip(self.template.blanks, given, strict=False) if not value.strip())

    @property
    def fields(self) -> Mapping[str, Json]:
        """As connectors are told: see `omnitui.sdk.Outbound.fields`.

        Raises:
            Refused: A blank is empty.
        """
        if self.missing:
            raise Refused(_("still to be filled in: {names}").format(names=", ".join(self.missing)))
        # Back ends refuse a value that has more than one line.
        values = [" ".join(value.split()) for value in self.values]
        return {"name": self.template.name, "language": self.template.language, "values": values}


def offered(db: sqlite3.Connection, account_id: Ulid, channel: str) -> list[Template]:
    """The templates of an account that may be sent on a channel."""
    return [one for one in snapshot.templates(accounts.templates(db, account_id)) if one.channel in ("", channel)]


def chosen(found: Sequence[Template], name: str, language: str, values: Mapping[str, str]) -> Filled:
    """The template of a name, with values by the names of its blanks; one of several languages has to be named.

    Raises:
        NotFound: There is none.
        UsageError: There are several, or a value is for no blank of it.
    """
    named = [one for one in found if one.name == name and language in ("", one.language)]
    if not named:
        known = ", ".join(dict.fromkeys(f"{one.name} ({one.language})" for one in found))
        raise NotFound(
            _("there is no template called “{name}” here").format(name=f"{name} {language}".strip()),
            hint=_("there are: {names}").format(names=known) if known else _("omnitui account check takes them in"),
        )
    if len(named) > 1:
        languages = ", ".join(one.language for one in named)
        raise UsageError(_("there are several called “{name}”").format(name=name), hint=f"--language {languages}")
    [template] = named
    if strangers := [one for one in values if one not in template.blanks]:
        raise UsageError(
            _("the template has no blank “{name}”").format(name=strangers[0]),
            hint=_("there are: {names}").format(names=", ".join(template.blanks) or _("none")),
        )
    return Filled(template, tuple(values.get(one, "") for one in template.blanks))


def guessed(template: Template, facts: Mapping[str, str], fields: Mapping[str, str]) -> tuple[str, ...]:
    """Values for the blanks, as far as their names say what they are: a fact, or a field of the card."""
    return tuple(_guess(name, facts, fields) for name in template.blanks)


def _guess(name: str, facts: Mapping[str, str], fields: Mapping[str, str]) -> str:
    wanted = re.sub(r"[\W_]+", "_", name.casefold()).strip("_")
    if wanted in _NAMES:
        return facts.get(_NAMES[wanted], "")
    if wanted.isdecimal():
        return ""
    known = {re.sub(r"[\W_]+", "_", label.casefold()): value for label, value in fields.items()}
    if wanted in known:
        return known[wanted]
    near = [value for label, value in known.items() if wanted in label.split("_")]
    # An order "E-5521 Matcha set" is asked for by its number.
    return near[0].split()[0] if len(near) == 1 and near[0].split() else ""
