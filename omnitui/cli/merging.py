"""merge, split."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _


def _merge_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument(
        "ids", nargs="+", metavar="ID", help=_("the conversation that is listed, and those shown with it")
    )
    parser.add_argument("--reason", default="", metavar="R", help=_("why; kept in the log"))
    parser.add_argument("--like", action="store_true", help=_("only say which ones may belong to it, and why"))


def _merge(shell: Shell) -> int:
    ids = shell.ids(shell.arguments.ids)
    if shell.arguments.like:
        return _like(shell, ids)
    if len(ids) < 2:
        raise UsageError(_("name two conversations or more"), hint=_("--like says which may belong to one"))
    return shell.done(shell.session.operations.merge(ids[0], ids[1:], shell.arguments.reason))


def _like(shell: Shell, ids: list[str]) -> int:
    from omnitui.services.acting.merging import offers
    from omnitui.store.reads import inbox

    cache = shell.session.cache
    found = [
        (offer.like, here, offer.conversation)
        for here in cache.read(inbox.conversations, ids)
        for offer in cache.read(offers, here)
    ]
    found.sort(key=lambda each: -each[0].score)
    if not shell.out.text:
        shell.out.many(
            "likeness",
            (
                {"id": here.id, "other_id": one.id, "score": like.score, "reasons": [*like.reasons]}
                for like, here, one in found
            ),
        )
        return shell.code
    rows = [
        (str(like.score), ref_of(shell, one.id), one.contact, one.subject or one.snippet, ", ".join(like.reasons))
        for like, _here, one in found
    ]
    shell.out.table(rows, widths=(-3, 26, 20, 40, 0), grow=3)
    return shell.code


def _split_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help=_("a part, or a conversation, which means all its parts"))


def _split(shell: Shell) -> int:
    ids = shell.ids(shell.arguments.ids)
    return shell.done(shell.session.operations.split(ids)) if ids else shell.code


VERBS: Final = {
    "merge": Verb(_merge, _merge_arguments, notes=N_("Nothing is moved: split or undo cuts them apart again.")),
    "split": Verb(_split, _split_arguments),
}
