"""since: what changed while the agent was away."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.tracing import moment
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _
from omnitui.services.exchange import trace_records

SHOWN: Final = 20
"""Conversations of a group that are printed for people."""


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("time", nargs="*", metavar="T", help=_("since when; @lastlook where not given"))


def _since(shell: Shell) -> int:
    from omnitui.store.reads import since

    cache = shell.session.cache
    at = moment(shell, " ".join(shell.arguments.time) or "@lastlook")
    found = cache.read(since.digest, at, cache.clock.now(), cache.me().id)
    if not shell.out.text:
        shell.out.one("digest", trace_records.digest(found), "")
        return 0
    shell.out.say(_("changed since {time}").format(time=shell.out.time(at)))
    for group, entries in found.groups.items():
        shell.out.line(f"{_(since.WORDS[group])}: {found.counts[group]}")
        for one in entries[:SHOWN]:
            times = f" ×{one.times}" if one.times > 1 else ""
            said = f"  {one.words}" if one.words else ""
            shell.out.line(
                f"  {ref_of(shell, one.conversation_id)}  {shell.out.time(one.at)}{times}"
                f"  {one.contact}  {one.subject}{said}"
            )
        if (left := found.counts[group] - len(entries[:SHOWN])) > 0:
            shell.out.line("  " + _("and {n} more").format(n=left))
    if not found.groups:
        shell.out.say(_("nothing changed"))
    return 0


VERBS: Final = {
    "since": Verb(
        _since,
        _arguments,
        notes=N_("Times: 8h, yesterday 18:00, 昨日18時; @lastlook is when a console was looked at last."),
    )
}
