"""undo, redo, log."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from omnitui.cli.reading import count_of, ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.desk.naming import REACH
from omnitui.i18n import N_, _, ngettext
from omnitui.model.states import ObjectKind
from omnitui.model.states import Verb as ActVerb
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.desk.acting.telling import Words
    from omnitui.ids import Ulid
    from omnitui.model.accounts import Json
    from omnitui.model.operations import Op
    from omnitui.services.acting.undoing import Conflict, Undone

_PAGE: Final = 500


def _op_argument(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("op", nargs="?", metavar="OP", help=_("an op's id; your last act where not given"))


def _undo_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _op_argument(parser, words)
    parser.add_argument("--rest", action="store_true", help=_("take back what can be, of it or else of the act before"))


def _undo(shell: Shell) -> int:
    named = shell.arguments.op
    undone = _taken_back(shell, shell.id(named, ObjectKind.OP) if named else None)
    words = worded(shell, undone.originals, (*undone.overtaken, *undone.conflicts))
    for original in undone.originals:
        shell.out.say(_("taken back: {deed}").format(deed=words.line(original)))
    if undone.gone:
        shell.out.say(
            ngettext("{n} message had left already", "{n} messages had left already", undone.gone).format(n=undone.gone)
        )
    for one in undone.overtaken:
        shell.out.say(
            _("{field} is {found} now, not {left} as before: it was changed meanwhile").format(
                field=words.field(one.field),
                found=words.value(one.field, one.found),
                left=words.value(one.field, one.left),
            )
        )
    return _done(shell, undone, words)


def _taken_back(shell: Shell, op_id: Ulid | None) -> Undone:
    """What came of undoing an act; with --rest what of it can be taken back, or else of the one before it."""
    from omnitui.services.acting.undoing import Departed

    onward = shell.arguments.rest and op_id is None
    rest: Ulid | None = None
    left: list[Ulid] = []
    while True:
        try:
            undone = shell.session.operations.undo(op_id, rest=rest, left=left)
        except Departed as error:
            if error.rest and shell.arguments.rest:
                rest = error.group_id
            elif onward:
                left.append(error.group_id)
            else:
                raise
            continue
        if undone.ops or not onward or undone.left is None:
            return undone
        left.append(undone.left)


def _redo(shell: Shell) -> int:
    named = shell.arguments.op
    repeated = shell.session.operations.redo(shell.id(named, ObjectKind.OP) if named else None)
    words = worded(shell, repeated.ops, repeated.conflicts)
    for op in repeated.ops:
        shell.out.say(_("done again: {deed}").format(deed=words.line(op)))
    return _done(shell, repeated, words)


def _done(shell: Shell, undone: Undone, words: Words) -> int:
    for conflict in undone.conflicts:
        shell.fail(left_alone(words, conflict), _("set the value that you want by hand"))
    return shell.done(undone.ops)


def worded(
    shell: Shell, ops: Iterable[Op] = (), conflicts: Iterable[Conflict] = (), values: Iterable[Json] = ()
) -> Words:
    """What names and times are called in the words about ops, conflicts and values of fields."""
    from omnitui.desk.acting.telling import Words
    from omnitui.store.reads import tracing

    held = [*values, *(value for one in conflicts for value in (one.found, one.left))]
    return Words(shell.session.cache.read(tracing.called, tuple(ops), held), shell.out.time)


def left_alone(words: Words, conflict: Conflict) -> str:
    """That a field was not set back."""
    return _("left alone: {field} is {found} now, not {left} any more").format(
        field=words.field(conflict.field),
        found=words.value(conflict.field, conflict.found),
        left=words.value(conflict.field, conflict.left),
    )


def _log_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", nargs="?", metavar="ID", help=_("only what was done with this conversation"))
    parser.add_argument("-n", type=count_of, default=None, metavar="N", help=_("at most so many; 0 for all"))
    parser.add_argument("--by", metavar="me|NAME", help=_("only what this agent did"))
    parser.add_argument("--kind", choices=[one.value for one in ActVerb], metavar="K", help=_("only this: status, …"))
    parser.add_argument("--since", metavar="T", help=_("only what was done from then on"))
    parser.add_argument("--until", metavar="T", help=_("only what was done before that"))


def _log(shell: Shell) -> int:
    conversation_id = shell.id(shell.arguments.id) if shell.arguments.id else None
    count: int | None = shell.arguments.n
    if count is None:
        # People want the newest; an export has to be whole.
        count = 0 if shell.out.form == "jsonl" else 100
    ops = islice(_ops(shell, conversation_id, _chosen(shell)), count or None)
    if not shell.out.text:
        shell.out.many("op", (records.op(op) for op in ops))
        return 0
    listed = [*ops]
    words = worded(shell, listed)
    shell.out.table(
        [
            (
                op.id,
                shell.out.time(op.at),
                words.names.get(op.author_id, ""),
                ref_of(shell, op.conversation_id) if op.conversation_id else "",
                words.line(op),
                _(REACH[op.reach]) if REACH[op.reach] else "",
            )
            for op in listed
        ],
        widths=(26, 16, 14, 26, 60, 8),
        grow=4,
        narrow=120,
    )
    return 0


def _chosen(shell: Shell) -> dict[str, Any]:
    """What the options leave of the log."""
    from omnitui.cli.tracing import moment
    from omnitui.cli.triage import agent

    said = shell.arguments
    return {
        "author_id": agent(shell, said.by) if said.by else None,
        "verb": ActVerb(said.kind) if said.kind else None,
        "since": moment(shell, said.since) if said.since else None,
        "until": moment(shell, said.until) if said.until else None,
    }


def _ops(shell: Shell, conversation_id: str | None, chosen: dict[str, Any]) -> Iterator[Op]:
    from omnitui.store.reads import oplog

    before: str | None = None
    while True:
        page = shell.session.cache.read(oplog.log, conversation_id, before=before, limit=_PAGE, **chosen)
        yield from page
        if len(page) < _PAGE:
            return
        before = page[-1].id


VERBS: Final = {
    "undo": Verb(_undo, _undo_arguments),
    "redo": Verb(_redo, _op_argument),
    "log": Verb(_log, _log_arguments, notes=N_("With --jsonl the whole log is written unless -n says otherwise.")),
}
