"""resolve, reopen, close, assign, label, priority, handoff, snooze, read, unread, move."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _
from omnitui.model.states import ObjectKind, Priority, Status

if TYPE_CHECKING:
    from omnitui.ids import Ulid
    from omnitui.model.operations import Op
    from omnitui.services.acting.operations import Operations

_SNOOZE_NOTES: Final = N_(
    "Times: 2h, 30m, tomorrow 9, monday 14:30, 明日の朝, 3日後, 2026-05-01T09:30; reply; 2h before the window closes."
)


def _ids(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help=_("conversations; “-” reads ids from standard input"))


def _plain(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _ids(parser)


def _each(shell: Shell, act: Callable[[Operations, list[Ulid]], list[Op]]) -> int:
    ids = shell.ids(shell.arguments.ids)
    return shell.done(act(shell.session.operations, ids)) if ids else shell.code


def _reasoned(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _ids(parser)
    parser.add_argument("--reason", default="", metavar="R", help=_("why; kept in the log"))


def _resolve_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _reasoned(parser, words)
    parser.add_argument("--contact-reason", metavar="R", help=_("why the customer wrote: a path of reasons.toml"))


def _resolve(shell: Shell) -> int:
    wanted = shell.arguments.contact_reason
    if wanted is None:
        return _status(Status.RESOLVED)(shell)
    from omnitui.desk.acting import steps
    from omnitui.desk.reasons import find
    from omnitui.services.acting.performing import jobs
    from omnitui.services.triage import reasons

    roots, _faults = reasons.read(shell.profile)
    step = steps.status(Status.RESOLVED, find(roots, wanted).path if wanted else "")
    ids = shell.ids(shell.arguments.ids)
    if not ids:
        return shell.code
    return shell.done(shell.session.operations.perform(jobs(ids, [step]), shell.arguments.reason).ops)


def _status(status: Status) -> Callable[[Shell], int]:
    def run(shell: Shell) -> int:
        reason = shell.arguments.reason
        return _each(shell, lambda operations, ids: operations.set_status(ids, status, reason=reason))

    return run


def _assign_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _ids(parser)
    parser.add_argument("--to", required=True, metavar="me|NAME|none", help=_("an agent's name or address"))


def _assign(shell: Shell) -> int:
    agent_id = agent(shell, shell.arguments.to)
    return _each(shell, lambda operations, ids: operations.assign(ids, agent_id))


def agent(shell: Shell, name: str) -> Ulid | None:
    """The agent called so: "me", a name, the beginning of one, an address or an id; None for "none".

    Raises:
        NotFound: Nobody is, or several are.
    """
    from omnitui.desk.acting.handing import agent_called
    from omnitui.store.reads import accounts

    return agent_called(shell.session.cache.read(accounts.agents), name)


def _label_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _ids(parser)
    parser.add_argument("--add", action="append", default=[], metavar="X", help=_("put this label on; repeatable"))
    parser.add_argument("--remove", action="append", default=[], metavar="Y", help=_("take it off; repeatable"))


def _label(shell: Shell) -> int:
    add, remove = shell.arguments.add, shell.arguments.remove
    if not add and not remove:
        raise UsageError(_("no label was named"), hint="--add X, --remove Y")
    return _each(shell, lambda operations, ids: operations.label(ids, add=add, remove=remove))


def _priority_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _ids(parser)
    parser.add_argument("--set", required=True, choices=[one.value for one in Priority], help=_("how much it matters"))


def _priority(shell: Shell) -> int:
    wanted = Priority(shell.arguments.set)
    return _each(shell, lambda operations, ids: operations.set_priority(ids, wanted))


def _snooze_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _ids(parser)
    parser.add_argument("--until", required=True, metavar="T", help=_("when it shall come back"))


def _snooze(shell: Shell) -> int:
    from omnitui.desk.times.until import until

    session = shell.session
    wanted = until(shell.arguments.until, now=session.cache.clock.now(), zone=session.zone)
    code = _each(shell, lambda operations, ids: operations.snooze(ids, wanted))
    if wanted.at is not None and shell.ops:
        shell.out.say(_("until {time}").format(time=shell.out.time(wanted.at)))
    return code


def _handoff_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _ids(parser)
    parser.add_argument("--to", default="", metavar="me|NAME|none", help=_("an agent's name or address"))
    parser.add_argument("--note", default="", metavar="T", help=_("what the next one should know"))
    parser.add_argument("--priority", default="", metavar="P", help=_("how much it matters"))
    parser.add_argument("--until", default="", metavar="T", help=_("when it shall come back"))


def _handoff(shell: Shell) -> int:
    from omnitui.cli.macros import refused
    from omnitui.desk.acting.handing import handed
    from omnitui.services.acting.performing import jobs
    from omnitui.store.reads import accounts

    session, given = shell.session, shell.arguments
    agents = session.cache.read(accounts.agents)
    now = session.cache.clock.now()
    steps = handed(given.to, given.note, given.priority, given.until, agents=agents, now=now, zone=session.zone)
    ids = shell.ids(given.ids)
    if not ids:
        return shell.code
    done = session.operations.perform(jobs(ids, steps))
    refused(shell, done.left)
    return shell.done(done.ops)


def _mark(read: bool) -> Callable[[Shell], int]:
    return lambda shell: _each(shell, lambda operations, ids: operations.mark_read(ids, read))


def _move_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("message", metavar="MESSAGE", help=_("id of the message"))
    parser.add_argument("--to", required=True, metavar="ID", help=_("the conversation that it belongs to"))


def _move(shell: Shell) -> int:
    message_id = shell.id(shell.arguments.message, ObjectKind.MESSAGE)
    return shell.done(shell.session.operations.move(message_id, shell.id(shell.arguments.to)))


VERBS: Final = {
    "resolve": Verb(_resolve, _resolve_arguments),
    "reopen": Verb(_status(Status.OPEN), _reasoned),
    "close": Verb(_status(Status.CLOSED), _reasoned),
    "assign": Verb(_assign, _assign_arguments),
    "label": Verb(_label, _label_arguments),
    "priority": Verb(_priority, _priority_arguments),
    "handoff": Verb(_handoff, _handoff_arguments, notes=_SNOOZE_NOTES),
    "snooze": Verb(_snooze, _snooze_arguments, notes=_SNOOZE_NOTES),
    "read": Verb(_mark(True), _plain),
    "unread": Verb(_mark(False), _plain),
    "move": Verb(_move, _move_arguments),
}
