"""rule try."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from omnitui.cli.deeds import worded
from omnitui.cli.reading import count_of, ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.tracing import moment
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _
from omnitui.services.exchange.records import time

if TYPE_CHECKING:
    from omnitui.services.rules.trials import Example, Tried


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("name", metavar="NAME", help=_("the rule, as rules.toml calls it"))
    parser.add_argument("--since", default="", metavar="T", help=_("only what happened then or after"))
    parser.add_argument("--before", default="", metavar="T", help=_("only what happened before; for the next page"))
    parser.add_argument("--limit", type=count_of, default=20, metavar="N", help=_("firings that are shown, the newest"))


def _try(shell: Shell) -> int:
    from omnitui.services.rules import reading as rules
    from omnitui.services.rules import trials

    given, session = shell.arguments, shell.session
    found = rules.read(session.profile, session.settings, session.views)
    for problem in found.problems:
        shell.fail(problem.message, problem.hint)
    rule = found.get(given.name)
    since = moment(shell, given.since) if given.since else 0
    before = moment(shell, given.before) if given.before else None

    def progress(done: int, of: int) -> None:
        print(f"\r{done:,} / {of:,}", end="", file=sys.stderr, flush=True)

    shown = progress if shell.out.text and sys.stderr.isatty() else None
    tried = trials.attempt(session, rule, since=since, before=before, limit=given.limit, progress=shown)
    if shown is not None:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if not shell.out.text:
        shell.out.one("trial", _record(shell, tried), "")
        return shell.code
    return _told(shell, tried)


def _told(shell: Shell, tried: Tried) -> int:
    from omnitui.services.rules import trials

    words = worded(shell)
    shell.out.table([_row(shell, one, words) for one in tried.examples], widths=(20, 10, 20, 0))
    for one in tried.examples:
        if not one.sure:
            shell.out.say(_("? stands where something may have been otherwise then"))
            break
    if left := tried.fired - len(tried.examples):
        shell.out.say(_("and {n} more").format(n=f"{left:,}"))
    shell.out.line(f"{tried.rule.title}: {trials.summary(tried)}")
    for line in trials.facts(tried, words):
        shell.out.line(f"  {line}")
    return shell.code


def _row(shell: Shell, one: Example, words: Any) -> tuple[str, str, str, str]:
    row = one.foreseen.conversation
    doubt = "" if one.sure else "? "
    said = f"{doubt}{words.changes(one.foreseen)} ({one.why})"
    return shell.out.time(one.at), ref_of(shell, row.id), row.contact, said


def _record(shell: Shell, tried: Tried) -> dict[str, object]:
    return {
        "rule": tried.rule.name,
        "since": time(tried.since) if tried.since else None,
        "until": time(tried.until),
        "conversations_in_all": tried.total,
        "looked_at": tried.looked,
        "fired": tried.fired,
        "conversations": tried.conversations,
        "already": tried.already,
        "refused": dict(tried.refused),
        "unsure": tried.unsure,
        "changes": dict(tried.fields),
        "cut": {"conversation_id": tried.cut[0], "at": time(tried.cut[1])} if tried.cut is not None else None,
        "limits": list(tried.limits),
        "firings": [
            {
                "at": time(one.at),
                "conversation_id": one.foreseen.conversation.id,
                "ref": ref_of(shell, one.foreseen.conversation.id),
                "contact": one.foreseen.conversation.contact,
                "why": one.why,
                "sure": one.sure,
                "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in one.foreseen.changes],
                "why_not": one.foreseen.why_not or None,
            }
            for one in tried.examples
        ],
    }


VERBS: Final = {
    "rule try": Verb(
        _try,
        _arguments,
        notes=N_(
            "The whole history is gone through as if the rule had been on all along; nothing is done to it. Times: 8h,"
            " yesterday 18:00, 昨日18時, 2026-05-01."
        ),
    ),
}
