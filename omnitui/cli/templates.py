"""template list, and templates as replies and new conversations take them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _
from omnitui.ids import Ulid

if TYPE_CHECKING:
    from omnitui.sdk.contract import Template
    from omnitui.services.texts.templates import Filled


def template_arguments(parser: argparse.ArgumentParser) -> None:
    """What names a template and fills it in."""
    group = parser.add_argument_group(_("an approved template, instead of a text"))
    group.add_argument("--template", metavar="NAME", help=_("its name; omnitui template list"))
    group.add_argument("--language", default="", metavar="L", help=_("where there are several of the name"))
    group.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="BLANK=TEXT",
        type=_pair,
        help=_("what stands in one of its blanks; repeatable"),
    )


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError
    return name, value


def template_of(shell: Shell, account_id: Ulid, channel: str | None) -> Filled | None:
    """The template that the arguments name, of one channel or any; None where they name none.

    Raises:
        UsageError, NotFound: They make no sense, or it is not there.
    """
    from omnitui.services.texts import templates

    arguments = shell.arguments
    if not arguments.template:
        if arguments.value or arguments.language:
            raise UsageError(_("no template is named"), hint="--template")
        return None
    if arguments.text is not None or arguments.source is not None or arguments.attach:
        raise UsageError(_("a template has words of its own, and no files"))
    found = _known(shell, account_id)
    if channel is not None:
        found = [one for one in found if one.channel in ("", channel)]
    return templates.chosen(found, arguments.template, arguments.language, dict(arguments.value))


def _known(shell: Shell, account_id: Ulid) -> list[Template]:
    from omnitui.sdk import snapshot
    from omnitui.store.reads import accounts

    return list(snapshot.templates(shell.session.cache.read(accounts.templates, account_id)))


def _list_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--account", metavar="A", help=_("name or id; all accounts unless given"))


def _list(shell: Shell) -> int:
    accounts = shell.session.accounts
    asked = [accounts.get(shell.arguments.account)] if shell.arguments.account else accounts.all()
    found: list[tuple[str, Template]] = [
        (account.name, template) for account in asked for template in _known(shell, account.id)
    ]
    if not shell.out.text:
        fields = ("name", "language", "category", "channel", "text")
        shell.out.many(
            "template",
            (
                {"account": name, **{part: getattr(one, part) for part in fields}, "blanks": list(one.blanks)}
                for name, one in found
            ),
        )
        return 0
    shell.out.table(
        [(name, one.name, one.language, ", ".join(one.blanks), " ".join(one.text.split())) for name, one in found],
        widths=(16, 24, 8, 24, 0),
    )
    if not found:
        shell.out.say(_("no account has templates that are known; omnitui account check takes them in"))
    return 0


VERBS: Final = {
    "template list": Verb(
        _list,
        _list_arguments,
        notes=N_("They are those that the back ends have approved: account, name, language, blanks, text."),
    )
}
