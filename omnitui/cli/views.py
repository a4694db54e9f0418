"""views: the views of the profile with what they hold, and queries kept as views."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _

_MOST: Final = 1_000
_SECONDS: Final = 5.0
_NOTES: Final = N_(
    "omnitui ls NAME lists what a view holds; view:NAME is a part of a query, as in “view:mine label:vip”."
)


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY", help=_("with --save: what the view shall hold"))
    parser.add_argument(
        "--save", default="", metavar="NAME", help=_("keep the query as a view called so, in views.toml")
    )
    parser.add_argument("--all", action="store_true", help=_("those that the sidebar leaves out as well"))


def _views(shell: Shell) -> int:
    from omnitui.services.triage.views import Views, action_id, read_views, save_view
    from omnitui.store.reads import inbox
    from omnitui.store.reads.counting import counted

    session = shell.session
    if shell.arguments.save or shell.arguments.query:
        text = " ".join(shell.arguments.query)
        session.query(text)
        made = save_view(session.profile, session.views, shell.arguments.save, text)
        session.renew_views(read_views(session.profile, session.settings))
        shell.out.say(_("{file} has it as {name}").format(file=session.profile.views_file.name, name=made.id))
        chosen: Views = Views((made,))
    else:
        chosen = session.views
    for problem in session.views.problems:
        shell.fail(f"{session.profile.views_file.name}: {problem.message}", problem.hint)
    every = chosen.every if shell.arguments.all else chosen.shown
    kept = session.cache.read(inbox.counts)
    queries = {one.id: session.query(one.text) for one in every if not one.kept}
    found = {**kept, **session.cache.read(counted, queries, cap=_MOST, seconds=_SECONDS)}
    if not shell.out.text:
        shell.out.many(
            "view",
            (
                {
                    "name": one.id,
                    "title": _(one.title),
                    "query": one.text,
                    "count": found.get(one.id),
                    "at_least": not one.kept and found.get(one.id) == _MOST,
                    "hidden": one.hidden,
                    "own": one.own,
                    "keys": list(session.views.keys.get(action_id(one), ())),
                }
                for one in every
            ),
        )
        return shell.code
    rows = []
    for one in every:
        count = found.get(one.id)
        more = "+" if count == _MOST and not one.kept else ""
        rows.append(
            (one.id, "?" if count is None else f"{count}{more}", f"{one.icon} {_(one.title)}".strip(), one.text)
        )
    shell.out.table(rows, widths=(16, -7, 30, 0))
    return shell.code


VERBS: Final = {"views": Verb(_views, _arguments, query=True, notes=_NOTES)}
