"""reply, note, new."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final

from omnitui.cli.shell import Shell
from omnitui.cli.templates import template_arguments, template_of
from omnitui.cli.verbs import Verb
from omnitui.clock import SECOND, Millis
from omnitui.errors import UsageError
from omnitui.i18n import N_, _
from omnitui.model.states import Reach
from omnitui.store.reads import inbox

if TYPE_CHECKING:
    from omnitui.ids import Ulid

_TEXT_NOTES: Final = N_("The text: --text T, or “-” to read standard input.")


def _text_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--text", metavar="T", help=_("what to say; “-” reads standard input"))
    parser.add_argument("source", nargs="?", choices=["-"], metavar="-", help=_("read the text from standard input"))
    parser.add_argument(
        "--attach", action="append", default=[], metavar="FILE", help=_("send a file along; repeatable")
    )


def _hold_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hold", type=seconds_of, metavar="SECONDS", help=_("the time in which it can be undone; 0 sends at once")
    )


def seconds_of(text: str) -> Millis:
    """Seconds on the command line, at most a day, in milliseconds. Raises ArgumentTypeError: they are none."""
    with suppress(ValueError):
        if 0 <= (seconds := float(text)) <= 86_400:
            return round(seconds * SECOND)
    raise argparse.ArgumentTypeError(_("seconds from 0 to 86400 are needed, not “{text}”").format(text=text))


def _copies(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cc", action="append", default=[], metavar="ADDRESS", help=_("a copy to; repeatable"))
    parser.add_argument("--bcc", action="append", default=[], metavar="ADDRESS", help=_("a hidden copy to; repeatable"))


def _said(shell: Shell) -> str:
    arguments = shell.arguments
    if arguments.text is not None and arguments.source is not None:
        raise UsageError(_("the text is given twice"), hint=_(_TEXT_NOTES))
    return shell.text(arguments.text if arguments.text is not None else arguments.source)


def _reply_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", metavar="ID", help=_("the conversation"))
    _text_arguments(parser)
    _hold_argument(parser)
    parser.add_argument("--at", metavar="T", help=_("when it is to leave: tomorrow 9, or tomorrow 9 their time"))
    parser.add_argument("--all", action="store_true", help=_("to all others who got the customer's mail as well"))
    _copies(parser)
    template_arguments(parser)
    parser.add_argument("--tag", default="", metavar="TAG", help=_("under which tag, after the window has closed"))
    parser.add_argument("--reason", default="", metavar="WHY", help=_("why it goes under that tag; the log keeps it"))


def _reply(shell: Shell) -> int:
    arguments = shell.arguments
    conversation_id = shell.id(arguments.id)
    conversation = shell.session.cache.read(inbox.conversation, conversation_id)
    template = None
    if conversation is not None:
        template = template_of(shell, conversation.account_id, conversation.channel)
    op = shell.session.operations.reply(
        conversation_id,
        "" if template is not None else _said(shell),
        template=template,
        tag=arguments.tag,
        reason=arguments.reason,
        files=arguments.attach,
        hold=arguments.hold,
        at=_leaves(shell, conversation_id) if arguments.at else None,
        to_all=arguments.all,
        cc=arguments.cc,
        bcc=arguments.bcc,
    )
    return shell.done([op], single=True)


def _leaves(shell: Shell, conversation_id: Ulid) -> Millis:
    """When the reply is to leave; it says by whose clock."""
    from omnitui.desk.times.until import leaving, whose, zone_called
    from omnitui.store.reads import inbox, people

    session, text = shell.session, shell.arguments.at
    found = session.cache.read(inbox.conversation, conversation_id)
    contact = session.cache.read(people.contact, found.contact_id) if found is not None else None
    theirs = zone_called(contact.time_zone) if contact is not None else None
    at, zone = leaving(text, now=session.cache.clock.now(), mine=session.zone, theirs=theirs)
    shell.out.say(_("leaves {time}").format(time=shell.out.time(at)))
    if zone != session.zone:
        there = datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M")
        shell.out.say(_("{time} in {zone}").format(time=there, zone=zone))
    elif whose(text)[1] and theirs is None:
        shell.out.say(_("their time zone is not known: by your clock"))
    return at


def _note_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", metavar="ID", help=_("the conversation"))
    _text_arguments(parser)


def _note(shell: Shell) -> int:
    conversation_id = shell.id(shell.arguments.id)
    op = shell.session.operations.note(conversation_id, _said(shell), files=shell.arguments.attach)
    return shell.done([op], single=True)


def _new_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--account", required=True, metavar="A", help=_("name or id of the account to write from"))
    parser.add_argument("--to", required=True, metavar="ADDRESS", help=_("to whom"))
    parser.add_argument("--subject", default="", metavar="S", help=_("the subject, where the channel has one"))
    _text_arguments(parser)
    _hold_argument(parser)
    _copies(parser)
    template_arguments(parser)


def _new(shell: Shell) -> int:
    arguments = shell.arguments
    account = shell.session.accounts.get(arguments.account)
    template = template_of(shell, account.id, None)
    op = shell.session.operations.new(
        account.id,
        arguments.to,
        arguments.subject,
        "" if template is not None else _said(shell),
        template=template,
        channel=template.template.channel if template is not None else "",
        files=arguments.attach,
        hold=arguments.hold,
        cc=arguments.cc,
        bcc=arguments.bcc,
    )
    if op.reach is Reach.LOCAL:
        shell.out.say(_("the account keeps this on this machine only"))
    return shell.done([op], single=True)


VERBS: Final = {
    "reply": Verb(_reply, _reply_arguments, notes=_TEXT_NOTES),
    "note": Verb(_note, _note_arguments, notes=_TEXT_NOTES),
    "new": Verb(_new, _new_arguments, notes=_TEXT_NOTES),
}
