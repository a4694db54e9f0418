"""contact link, unlink, set, show."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import NotFound, UsageError
from omnitui.i18n import N_, _
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind
from omnitui.services.exchange import records

_WHO: Final = N_(
    "A contact: its id or the id's end, or a conversation's, which means the contact of that conversation."
)


def contact(shell: Shell, ref: str) -> Ulid:
    """The contact that a ref names, or whose conversation it names. Raises NotFound."""
    from omnitui.store.reads import inbox

    try:
        return shell.id(ref, ObjectKind.CONTACT)
    except NotFound as error:
        try:
            conversation = shell.session.cache.read(inbox.conversation, shell.id(ref))
        except NotFound:
            raise error from None
        if conversation is None:
            raise
        return conversation.contact_id


def _pair(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("contact", metavar="A", help=_("a contact"))
    parser.add_argument("other", metavar="B", help=_("the other one"))


def _link_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _pair(parser, words)
    parser.add_argument("--reason", default="", metavar="R", help=_("why; kept with the link"))


def _link(shell: Shell) -> int:
    arguments = shell.arguments
    first, second = contact(shell, arguments.contact), contact(shell, arguments.other)
    return shell.done(shell.session.operations.link(first, second, arguments.reason))


def _unlink(shell: Shell) -> int:
    first, second = contact(shell, shell.arguments.contact), contact(shell, shell.arguments.other)
    return shell.done(shell.session.operations.unlink(first, second))


def _set_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("contact", metavar="ID", help=_("a contact"))
    parser.add_argument("changes", nargs="+", metavar="FIELD=VALUE", help=_("name, segment, language, …; or fields.X"))


def _set(shell: Shell) -> int:
    contact_id = contact(shell, shell.arguments.contact)
    changes: dict[str, Any] = {}
    own: dict[str, str] = {}
    for change in shell.arguments.changes:
        name, equals, value = change.partition("=")
        if not equals or not name:
            raise UsageError(_("“{change}” is no change").format(change=change), hint="segment=vip")
        if name.startswith("fields."):
            own[name.removeprefix("fields.")] = value
        else:
            changes[name] = value
    if own:
        from omnitui.store.reads import card

        before = shell.session.cache.read(card.card, contact_id)
        merged = {**(before.contact.fields if before else {}), **own}
        changes["fields"] = {name: value for name, value in merged.items() if value}
    return shell.done(shell.session.operations.set_contact(contact_id, changes))


def _show_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("contact", metavar="ID", help=_("a contact"))


def _show(shell: Shell) -> int:
    from omnitui.store.reads import card

    found = shell.session.cache.read(card.card, contact(shell, shell.arguments.contact))
    if found is None:
        raise NotFound(_("there is no contact “{ref}”").format(ref=shell.arguments.contact))
    fields = records.card(found)
    lines = [f"{found.contact.name}  {found.contact.id}"]
    lines += [f"  {item.channel}: {item.address}" for item in found.identities]
    times = {"created_at": found.contact.created_at, "first_at": found.first_at, "last_at": found.last_at}
    lines += [
        f"  {name}: {shell.out.time(times[name]) if name in times else value}"
        for name, value in fields.items()
        if isinstance(value, str | int) and value and name not in ("id", "name", "revision")
    ]
    lines += [f"  {name}: {value}" for name, value in found.contact.fields.items()]
    lines += [_("  same person: {name}").format(name=f"{item.contact.name}  {item.contact.id}") for item in found.links]
    shell.out.one("contact", fields, "\n".join(lines))
    return 0


VERBS: Final = {
    "contact link": Verb(_link, _link_arguments, notes=_WHO),
    "contact unlink": Verb(_unlink, _pair, notes=_WHO),
    "contact set": Verb(_set, _set_arguments, notes=_WHO),
    "contact show": Verb(_show, _show_arguments, notes=_WHO),
}
