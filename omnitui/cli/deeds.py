"""undo, redo, log."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from omnitui.cli.reading import count_of, ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.clock import rfc3339
from omnitui.i18n import N_, _, ngettext
from omnitui.model.states import ENDS, ObjectKind
from omnitui.model.states import Verb as ActVerb
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.ids import Ulid
    from omnitui.model.operations import Op
    from omnitui.services.acting.undoing import Undone

_PAGE: Final = 500


def _op_argument(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("op", nargs="?", metavar="OP", help=_("an op's id; your last act where not given"))


def _undo_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _op_argument(parser, words)
    parser.add_argument("--rest", action="store_true", help=_("take back what can be, of it or else of the act before"))


def _undo(shell: Shell) -> int:
    named = shell.arguments.op
    undone = _taken_back(shell, shell.id(named, ObjectKind.OP) if named else None)
    for original in undone.originals:
        shell.out.say(_("taken back: {deed}").format(deed=deed(original)))
    if undone.gone:
        shell.out.say(
            ngettext("{n} message had left already", "{n} messages had left already", undone.gone).format(n=undone.gone)
        )
    for one in undone.overtaken:
        shell.out.say(
            _("{field} is {found} now, not {left} as before: it was changed meanwhile").format(
                field=one.field, found=value_words(one.found, one.field), left=value_words(one.left, one.field)
            )
        )
    return _told(shell, undone)


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
    for op in repeated.ops:
        shell.out.say(_("done again: {deed}").format(deed=deed(op)))
    return _told(shell, repeated)


def _told(shell: Shell, undone: Undone) -> int:
    for conflict in undone.conflicts:
        shell.fail(
            _("left alone: {field} is {found} now, not {left} any more").format(
                field=conflict.field, found=value_words(conflict.found), left=value_words(conflict.left)
            ),
            _("set the value that you want by hand"),
        )
    return shell.done(undone.ops)


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
    from omnitui.store.reads import accounts

    names = {agent.id: agent.name for agent in shell.session.cache.read(accounts.agents)}
    shell.out.table(
        [
            (
                op.id,
                shell.out.time(op.at),
                names.get(op.author_id, ""),
                ref_of(shell, op.conversation_id) if op.conversation_id else "",
                deed(op),
                "" if op.reach.value == "remote" else op.reach.value,
            )
            for op in ops
        ],
        widths=(26, 16, 14, 26, 60, 8),
        grow=4,
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


def deed(op: Op) -> str:
    """An op in a few words: "status: open → resolved"."""
    if op.kind is ObjectKind.MESSAGE and "message" in {**op.before, **op.after}:
        message = op.after.get("message") or op.before.get("message") or {}
        text = " ".join(str(message.get("text", "")).split())
        return (
            f"{op.verb.value}: {text[:60]}" if op.after.get("exists") else _("take back: {text}").format(text=text[:60])
        )
    changes = [
        f"{name}: {value_words(op.before.get(name), name)} → {value_words(value, name)}"
        for name, value in op.after.items()
        if op.before.get(name) != value
    ]
    words = ", ".join(changes) or op.reason
    return words if words.startswith(f"{op.verb.value}:") else f"{op.verb.value} {words}"


def value_words(value: Any, name: str = "") -> str:
    """A field's value in an op, for people."""
    if name == "snoozed_until" and isinstance(value, int):
        return _("the incident ends") if value == ENDS else rfc3339(value)
    if name == "away_until" and isinstance(value, int):
        from omnitui.services.triage.away import endless

        return _("they are back") if endless(value) else rfc3339(value)
    if name.endswith("_at") and isinstance(value, int) and not isinstance(value, bool):
        return rfc3339(value)
    if isinstance(value, list):
        return " ".join(map(str, value)) or "–"
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    return "–" if value is None else json.dumps(value, ensure_ascii=False)


VERBS: Final = {
    "undo": Verb(_undo, _undo_arguments),
    "redo": Verb(_redo, _op_argument),
    "log": Verb(_log, _log_arguments, notes=N_("With --jsonl the whole log is written unless -n says otherwise.")),
}
