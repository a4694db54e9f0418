"""blame, diff, revert."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from omnitui.cli.deeds import left_alone, worded
from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.desk.naming import STATUS, channel_word
from omnitui.desk.tracing import Past, Step, last_set, value_at
from omnitui.errors import NotFound, OmniError, UsageError
from omnitui.i18n import N_, _
from omnitui.ids import is_ulid
from omnitui.model.states import ObjectKind
from omnitui.services.exchange import trace_records

if TYPE_CHECKING:
    from omnitui.clock import Millis
    from omnitui.desk.acting.telling import Words
    from omnitui.ids import Ulid
    from omnitui.services.acting.reverting import Outlook
    from omnitui.store.reads.past import Row

_TIMES: Final = N_("Times: 2h, yesterday, yesterday 18:00, monday 9, 14:30, 昨日18時, 2026-05-01T09:30, @lastlook.")
MOST: Final = 10_000
"""Conversations of a queue that are compared."""


def moment(shell: Shell, text: str) -> Millis:
    """A moment that has passed, in words; `@lastlook` is when a console of this profile was looked at last.

    Raises:
        UsageError: It is none.
    """
    from omnitui.desk.times.moments import past_moment

    session = shell.session
    now = session.cache.clock.now()
    if text.lower() != "@lastlook":
        return past_moment(text, now=now, zone=session.zone)
    from omnitui.services.lastlook import LastLook

    looked = LastLook(session.profile).at(now)
    if looked is None:
        raise UsageError(_("nobody has looked at a console of this profile yet"), hint=_("name a time: 8h, yesterday"))
    return looked


# blame


def _blame_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", metavar="ID", help=_("a conversation, a contact or an agent"))
    parser.add_argument("field", nargs="?", metavar="FIELD", help=_("only this: status, priority, labels, …"))
    parser.add_argument("--all", action="store_true", help=_("every change of the fields, the oldest first"))


def _blame(shell: Shell) -> int:
    from omnitui.desk.acting.handing import agent_called
    from omnitui.store.reads import accounts, tracing

    cache = shell.session.cache
    now = cache.clock.now()
    wanted = shell.arguments.id
    try:
        object_id = shell.id(wanted)
        found = cache.read(tracing.traces, object_id, now)
    except NotFound:
        named = None
        with suppress(NotFound):
            named = agent_called(cache.read(accounts.agents), wanted)
        object_id = named or _contact(shell, wanted)
        found = (
            cache.read(tracing.agent_traces, object_id, now)
            if named
            else cache.read(tracing.contact_traces, object_id, now)
        )
    wanted = shell.arguments.field
    if wanted is not None:
        wanted = {"assignee": "assignee_id", "snooze": "snoozed_until", "label": "labels"}.get(wanted, wanted)
        if wanted not in found:
            raise UsageError(_("there is no field “{field}” here").format(field=wanted), hint=", ".join(found))
        found = {wanted: found[wanted]}
    words = worded(
        shell, values=[one for chain in found.values() for step in chain for one in (step.before, step.after)]
    )
    if not shell.out.text:
        chains = {
            field: [[step] for step in chain] if shell.arguments.all else [chain] for field, chain in found.items()
        }
        shell.out.many(
            "blame",
            (
                trace_records.blame(object_id, field, chain, words.names)
                for field, parts in chains.items()
                for chain in parts
            ),
        )
        return 0
    rows = [
        _blame_row(shell, field, step, words)
        for field, chain in found.items()
        for step in (chain if shell.arguments.all else [last_set(chain)])
    ]
    shell.out.table(rows, widths=(14, 24, 16, 44, 26), grow=3, narrow=120)
    return 0


def _contact(shell: Shell, ref: str) -> Ulid:
    try:
        return shell.id(ref, ObjectKind.CONTACT)
    except NotFound as error:
        if error.hint:
            raise
        message = _("there is no conversation, contact or agent “{ref}”").format(ref=ref)
        raise NotFound(message) from None


def _blame_row(shell: Shell, field: str, step: Step, words: Words) -> tuple[str, ...]:
    return (
        field.removesuffix("_id"),
        words.value(field, step.after),
        shell.out.time(step.at),
        words.cause(step),
        step.op.id if step.op else "",
    )


# revert


def _revert_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("op", metavar="OP", help=_("an op's id, as log and blame print it"))
    parser.add_argument("--others", action="store_true", help=_("also where somebody else did it"))
    parser.add_argument("--dry-run", action="store_true", help=_("only say what would happen"))


def _revert(shell: Shell) -> int:
    from omnitui.services.acting.reverting import outlook

    op_id = shell.id(shell.arguments.op, ObjectKind.OP)
    seen = shell.session.cache.read(outlook, op_id)
    if shell.arguments.dry_run and not shell.out.text:
        shell.out.one("outlook", trace_records.outlook(seen), "")
        return 0
    words = worded(shell, (seen.op, *seen.later), values=(*seen.sets.values(), *seen.stays.values()))
    for line in outlook_lines(seen, words):
        shell.out.say(line)
    if shell.arguments.dry_run:
        return 0
    undone = shell.session.operations.revert(op_id, others=shell.arguments.others)
    for conflict in undone.conflicts:
        hint = _("take back what stands on it first, or set the value that you want by hand")
        shell.fail(left_alone(words, conflict), hint)
    return shell.done(undone.ops)


def outlook_lines(seen: Outlook, words: Words) -> list[str]:
    """What taking an op back does, for people."""
    lines = [_("taken back: {deed}").format(deed=words.line(seen.op))]
    if seen.op.kind not in (ObjectKind.MESSAGE, ObjectKind.LINK):
        lines += [f"  {words.field(name)} → {words.value(name, value)}" for name, value in seen.sets.items()]
    for name, value in seen.stays.items():
        said = _("{field} stays {value}: it was set again")
        lines.append("  " + said.format(field=words.field(name), value=words.value(name, value)))
    for op in seen.later:
        said = _("{who} did this after it: {deed} ({op})")
        who = words.names.get(op.author_id, "?")
        lines.append("  " + said.format(who=who, deed=words.line(op), op=op.id))
    return lines


# diff


def _diff_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("query", nargs="*", metavar="ID|QUERY", help=_("a conversation, or a queue: is:open …"))
    parser.add_argument("--from", dest="start", required=True, metavar="T", help=_("the earlier time"))
    parser.add_argument("--to", dest="end", default=None, metavar="T", help=_("the later time; now where not given"))


def _diff(shell: Shell) -> int:
    start = moment(shell, shell.arguments.start)
    now = shell.session.cache.clock.now()
    end = moment(shell, shell.arguments.end) if shell.arguments.end else now
    if end < start:
        raise UsageError(_("--to is before --from"))
    if len(shell.arguments.query) == 1:
        try:
            conversation_id = shell.id(shell.arguments.query[0])
        except OmniError:
            # A word of a query may look like the end of an id, but like no whole one.
            if is_ulid(shell.arguments.query[0]):
                raise
        else:
            return _diff_one(shell, conversation_id, start, end)
    return _diff_queue(shell, " ".join(shell.arguments.query) or "is:open", start, end)


def _diff_one(shell: Shell, conversation_id: Ulid, start: Millis, end: Millis) -> int:
    from omnitui.store.reads import tracing

    cache = shell.session.cache
    found = cache.read(tracing.traces, conversation_id, cache.clock.now())
    pairs = {field: (value_at(chain, start), value_at(chain, end)) for field, chain in found.items()}
    changed = {field: pair for field, pair in pairs.items() if pair[0].value != pair[1].value}
    done = cache.read(tracing.done_between, conversation_id, start, end)
    if not shell.out.text:
        shell.out.one(
            "diff",
            {
                "id": conversation_id,
                "changes": [trace_records.difference(field, *pair) for field, pair in changed.items()],
                "ops": [op.id for op in done],
            },
            "",
        )
        return 0
    words = worded(shell, done, values=[one.value for pair in changed.values() for one in pair])
    for field, pair in changed.items():
        shell.out.line(f"{words.field(field)}: {' → '.join(_past(field, past, words) for past in pair)}")
    for op in done:
        shell.out.line(f"  {shell.out.time(op.at)}  {words.names.get(op.author_id, '?')}  {words.line(op)}")
    if not changed and not done:
        shell.out.say(_("nothing changed"))
    return 0


def _past(field: str, past: Past, words: Words) -> str:
    return words.value(field, past.value) + ("" if past.sure else " (?)")


def _diff_queue(shell: Shell, text: str, start: Millis, end: Millis) -> int:
    before, after = (queue(shell, text, at, MOST) for at in (start, end))
    then = {row.conversation.id: row.conversation for row in before}
    later = {row.conversation.id: row.conversation for row in after}
    came, went = [later[own] for own in later if own not in then], [then[own] for own in then if own not in later]
    if not shell.out.text:
        shell.out.one("diff", {"query": text, "came": [one.id for one in came], "went": [one.id for one in went]}, "")
        return 0
    rows = [
        (
            sign,
            ref_of(shell, one.id),
            _(STATUS[one.status]),
            channel_word(one.channel),
            one.contact,
            one.subject or one.snippet,
        )
        for sign, some in (("+", came), ("-", went))
        for one in some
    ]
    shell.out.table(rows, widths=(1, 26, 12, 10, 20, 60))
    shell.out.say(
        _("{then} then, {later} later: {came} came, {went} went").format(
            then=len(then), later=len(later), came=len(came), went=len(went)
        )
    )
    return 0


def queue(shell: Shell, text: str, at: Millis, limit: int) -> list[Row]:
    """What a query found at a time. Raises UsageError: it asks what is not known of the past."""
    from omnitui.store.reads import past

    cache = shell.session.cache
    return cache.read(past.queue, shell.session.query(text, at), at, cache.clock.now(), limit=limit)


VERBS: Final = {
    "blame": Verb(_blame, _blame_arguments),
    "revert": Verb(_revert, _revert_arguments),
    "diff": Verb(_diff, _diff_arguments, query=True, notes=_TIMES),
}
