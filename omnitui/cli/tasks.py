"""task add, list, done, set."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from omnitui.cli.reading import count_of, ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.triage import agent
from omnitui.cli.verbs import Verb
from omnitui.desk.naming import TASK
from omnitui.errors import UsageError
from omnitui.i18n import N_, _
from omnitui.model.states import ObjectKind
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.model.tasks import Task

_PAGE: Final = 200
_NOTES: Final = N_("Words: a kind, a time and what to do: follow up tomorrow 9, call back 14:30 about the invoice.")


def _add_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", metavar="ID", help=_("the conversation; “-” reads its id from standard input"))
    parser.add_argument("words", nargs="+", metavar="WORDS", help=_("what is to be done, and when"))
    parser.add_argument("--to", default="me", metavar="me|NAME|none", help=_("who does it; none: whoever comes first"))


def _add(shell: Shell) -> int:
    from omnitui.desk.promises.errands import errand

    session = shell.session
    found = errand(" ".join(shell.arguments.words), now=session.cache.clock.now(), zone=session.zone)
    conversation_id = shell.id(next(iter(shell.expanded([shell.arguments.id])), ""))
    assignee_id = agent(shell, shell.arguments.to)
    op = session.operations.add_task(conversation_id, found.kind, found.due_at, found.text, assignee_id=assignee_id)
    shell.out.say(_("due {time}").format(time=shell.out.time(found.due_at)))
    return _told(shell, [op.object_id])


def _list_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help=_("only those of this conversation, also what is done"))
    parser.add_argument("--mine", action="store_true", help=_("only yours, and nobody's"))
    parser.add_argument("--due", action="store_true", help=_("only what is due"))
    parser.add_argument("-n", type=count_of, default=50, metavar="N", help=_("at most so many; 0 for all"))


def _list(shell: Shell) -> int:
    found = islice(_tasks(shell), shell.arguments.n or None)
    if not shell.out.text:
        shell.out.many("task", (records.task(one) for one in found))
        return 0
    now = shell.session.cache.clock.now()
    listed = [*found]
    shell.out.table(
        [
            (
                one.id,
                "✓" if one.done_at is not None else "!" if one.due_at <= now else "",
                shell.out.time(one.due_at),
                _(TASK[one.kind]),
                one.contact,
                one.number,
                ref_of(shell, one.conversation_id),
                one.assignee,
                one.text,
            )
            for one in listed
        ],
        widths=(26, 1, 16, 16, 20, 16, 8, 14, 0),
    )
    if not listed:
        shell.out.say(_("nothing found"))
    return 0


def _tasks(shell: Shell) -> Iterator[Task]:
    from omnitui.store.reads import tasks

    cache, said = shell.session.cache, shell.arguments
    if said.id:
        yield from cache.read(tasks.of_conversation, shell.id(said.id), done=True)
        return
    agent_id = cache.me().id if said.mine else None
    until = cache.clock.now() if said.due else None
    after: tasks.Key | None = None
    while True:
        page = cache.read(tasks.page, agent_id=agent_id, until=until, after=after, limit=_PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].due_at, page[-1].id


def _named(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tasks", nargs="+", metavar="TASK", help=_("tasks; “-” reads ids from standard input"))


def _done_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _named(parser)
    parser.add_argument("--not", dest="open", action="store_true", help=_("they are not done after all"))


def _done(shell: Shell) -> int:
    ids = shell.ids(shell.arguments.tasks, ObjectKind.TASK)
    if not ids:
        return shell.code
    return shell.done(shell.session.operations.complete_tasks(ids, done=not shell.arguments.open))


def _set_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _named(parser)
    parser.add_argument("--due", metavar="T", help=_("when it has to be done"))
    parser.add_argument("--to", metavar="me|NAME|none", help=_("who does it"))
    parser.add_argument("--text", metavar="WORDS", help=_("what to do"))


def _set(shell: Shell) -> int:
    from omnitui.desk.times.wake import wake_time

    session, said = shell.session, shell.arguments
    fields: dict[str, Any] = {}
    if said.due is not None:
        fields["due_at"] = wake_time(said.due, now=session.cache.clock.now(), zone=session.zone)
    if said.to is not None:
        fields["assignee_id"] = agent(shell, said.to)
    if said.text is not None:
        fields["text"] = said.text
    if not fields:
        raise UsageError(_("nothing was said to change"), hint="--due T, --to NAME, --text WORDS")
    ids = shell.ids(said.tasks, ObjectKind.TASK)
    return shell.done([op for one in ids for op in session.operations.change_task(one, fields)]) if ids else shell.code


def _told(shell: Shell, ids: Sequence[str]) -> int:
    from omnitui.store.reads import tasks

    for task_id in ids:
        found = shell.session.cache.read(tasks.task, task_id)
        if found is not None:
            if shell.out.text:
                shell.out.line(found.id)
            else:
                shell.out.one("task", records.task(found), "")
    return shell.code


VERBS: Final = {
    "task add": Verb(_add, _add_arguments, notes=_NOTES),
    "task list": Verb(_list, _list_arguments),
    "task done": Verb(_done, _done_arguments),
    "task set": Verb(_set, _set_arguments),
}
