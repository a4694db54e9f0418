"""outbox, outbox retry, cancel, settle."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.desk.naming import SEND, VERB
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.states import ObjectKind
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.ids import Ulid


def _list(shell: Shell) -> int:
    from omnitui.store.reads import outbox

    entries = shell.session.cache.read(outbox.entries)
    if not shell.out.text:
        shell.out.many("outbox", (records.outbox_entry(entry) for entry in entries))
        return 0
    shell.out.table(
        [
            (
                entry.op_id,
                _(SEND[entry.state]),
                _(VERB[entry.verb]),
                ref_of(shell, entry.conversation_id) if entry.conversation_id else "",
                shell.out.time(entry.due_at),
                entry.reason,
            )
            for entry in entries
        ],
        widths=(26, 24, 20, 26, 16, 0),
    )
    if not entries:
        shell.out.say(_("the outbox is empty"))
    elif not shell.syncing():
        shell.out.say(_("nothing is syncing now (omnitui sync --once sends what is due)"))
    return 0


def _ops(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("ops", nargs="+", metavar="OP", help=_("ops; “-” reads ids from standard input"))


def _retry_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _ops(parser, words)
    parser.add_argument("--anyway", action="store_true", help=_("without asking the hooks that may keep it back"))


def _retry(shell: Shell, op_id: Ulid) -> None:
    shell.session.operations.retry(op_id, anyway=shell.arguments.anyway)


def _settle_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _ops(parser, words)
    answer = parser.add_mutually_exclusive_group(required=True)
    answer.add_argument("--sent", action="store_true", help=_("it arrived"))
    answer.add_argument("--ask", action="store_true", help=_("ask the back end whether it did"))
    answer.add_argument("--again", action="store_true", help=_("it did not: send it again"))


def _each(act: Callable[[Shell, Ulid], object]) -> Callable[[Shell], int]:
    """A verb that does `act` to every op named, and tells of each that could not be done."""

    def run(shell: Shell) -> int:
        from omnitui.store.reads import outbox

        done: list[Ulid] = []
        for op_id in shell.ids(shell.arguments.ops, ObjectKind.OP):
            try:
                act(shell, op_id)
                done.append(op_id)
            except OmniError as error:
                shell.fail(f"{op_id}: {error.message}", error.hint)
        if shell.out.text:
            for op_id in done:
                shell.out.line(op_id)
            return shell.code
        entries = [shell.session.cache.read(outbox.entry, op_id) for op_id in done]
        shell.out.many("outbox", (records.outbox_entry(entry) for entry in entries if entry is not None))
        return shell.code

    return run


def _settle(shell: Shell, op_id: Ulid) -> None:
    operations = shell.session.operations
    if shell.arguments.ask:
        operations.ask(op_id)
    else:
        operations.settle(op_id, sent=shell.arguments.sent)


VERBS: Final = {
    "outbox": Verb(_list),
    "outbox retry": Verb(_each(_retry), _retry_arguments),
    "outbox cancel": Verb(_each(lambda shell, op_id: shell.session.operations.cancel(op_id)), _ops),
    "outbox settle": Verb(_each(_settle), _settle_arguments),
}
