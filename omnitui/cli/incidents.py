"""incident open, list, show, set, link, unlink, say, end, reopen, export."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from omnitui.cli.macros import refused
from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.desk.naming import STATUS, channel_word
from omnitui.errors import NotFound, UsageError
from omnitui.i18n import N_, _, ngettext
from omnitui.ids import Ulid
from omnitui.model.incidents import Incident, Severity
from omnitui.model.states import ObjectKind

if TYPE_CHECKING:
    from omnitui.services.incidents.announcing import Announcement, Variant

_SEVERITIES: Final = "|".join(Severity)
_NOTES: Final = N_("Severities are those of PagerDuty's guide to incidents: sev1 is the worst, sev5 hinders nobody.")


def _one(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="INCIDENT", help=_("an incident, by the end of its id or a part of its title"))


def _named(shell: Shell, text: str) -> Ulid:
    """The incident that is meant: by its id or the end of that, else by a part of the title of one alone."""
    from omnitui.desk.querying.matching import fold
    from omnitui.store.reads import incidents

    try:
        return shell.id(text, ObjectKind.INCIDENT)
    except NotFound:
        cache = shell.session.cache
        going = cache.read(incidents.going_on)
        for known in (going, [*going, *cache.read(incidents.ended)]):
            named = [one.id for one in known if fold(text) in fold(one.title)]
            if len(named) == 1:
                return named[0]
            if named:
                hint = ", ".join(one[-6:] for one in named[:5])
                raise NotFound(_("several incidents are called so: {name}").format(name=text), hint=hint) from None
        raise NotFound(_("there is no incident “{name}”").format(name=text)) from None


def _the(shell: Shell, text: str) -> Incident:
    from omnitui.store.reads import incidents

    found = shell.session.cache.read(incidents.incident, _named(shell, text))
    if found is None:
        raise NotFound(_("There is no incident {id}.").format(id=text))
    return found


def _open_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("title", metavar="TITLE", help=_("what it is called"))
    parser.add_argument("ids", nargs="*", metavar="ID", help=_("conversations to link; “-” reads ids"))
    parser.add_argument("--severity", default="sev3", metavar=_SEVERITIES, help=_("how bad it is"))
    parser.add_argument("--standing", default="", metavar="WORDS", help=_("how it stands, in a line for all agents"))


def _open(shell: Shell) -> int:
    from omnitui.services.incidents.handling import severity

    said = shell.arguments
    ids = shell.ids(said.ids)
    done = shell.session.operations.open_incident(said.title, severity(said.severity), standing=said.standing, ids=ids)
    _told(shell, done[0].object_id)
    return shell.code


def _told(shell: Shell, own: Ulid) -> None:
    from omnitui.services.incidents.story import record
    from omnitui.store.reads import incidents

    found = shell.session.cache.read(incidents.incident, own)
    if found is not None:
        shell.out.one("incident", record(found), found.id)


def _list_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--all", action="store_true", help=_("also those that have ended"))


def _list(shell: Shell) -> int:
    from omnitui.services.incidents.story import record
    from omnitui.store.reads import incidents

    cache = shell.session.cache
    found = [*cache.read(incidents.going_on), *(cache.read(incidents.ended) if shell.arguments.all else ())]
    if not shell.out.text:
        shell.out.many("incident", map(record, found))
        return 0
    shell.out.table(
        [
            (
                one.id[-6:],
                one.severity.short,
                shell.out.time(one.began_at),
                shell.out.time(one.ended_at),
                str(one.conversations),
                one.title,
                one.standing,
            )
            for one in found
        ],
        widths=(6, 4, 16, 16, -5, 40, 0),
    )
    if not found:
        shell.out.say(_("nothing found"))
    return 0


def _show_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _one(parser)


def _show(shell: Shell) -> int:
    from omnitui.services.incidents.story import record
    from omnitui.store.reads import incidents

    found = _the(shell, shell.arguments.id)
    rows = shell.session.cache.read(incidents.linked, found.id)
    if not shell.out.text:
        shell.out.one("incident", record(found), "")
        return 0
    shell.out.line(f"{found.severity.short} {found.title}")
    for name, value in (
        (_("Began"), shell.out.time(found.began_at)),
        (_("Ended"), shell.out.time(found.ended_at)),
        (_("How it stands"), found.standing),
        (_("Told"), f"{shell.out.time(found.told_at)} {found.told}".strip()),
    ):
        if value:
            shell.out.line(f"{name}: {value}")
    shell.out.table(
        [
            (
                ref_of(shell, one.id),
                channel_word(one.channel),
                _(STATUS[one.status]),
                one.contact,
                one.subject or one.snippet,
            )
            for one in rows
        ],
        widths=(8, 10, 12, 24, 0),
    )
    return 0


def _set_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _one(parser)
    parser.add_argument("--severity", metavar=_SEVERITIES, help=_("how bad it is"))
    parser.add_argument("--standing", metavar="WORDS", help=_("how it stands, in a line for all agents"))
    parser.add_argument("--title", metavar="TITLE", help=_("what it is called"))


def _set(shell: Shell) -> int:
    from omnitui.services.incidents.handling import severity

    said = shell.arguments
    fields: dict[str, Any] = {
        name: value for name in ("standing", "title") if (value := getattr(said, name)) is not None
    }
    if said.severity is not None:
        fields["severity"] = severity(said.severity).value
    if not fields:
        raise UsageError(_("nothing was said to change"), hint="--severity, --standing, --title")
    return shell.done(shell.session.operations.change_incident(_named(shell, said.id), fields))


def _link_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _one(parser)
    parser.add_argument("ids", nargs="+", metavar="ID", help=_("conversations; “-” reads ids from standard input"))


def _link(shell: Shell) -> int:
    own = _named(shell, shell.arguments.id)
    ids = shell.ids(shell.arguments.ids)
    if not ids:
        return shell.code
    done = shell.session.operations.link_incident(own, ids)
    refused(shell, done.left)
    return shell.done(done.ops)


def _unlink_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("ids", nargs="+", metavar="ID", help=_("conversations; “-” reads ids from standard input"))


def _unlink(shell: Shell) -> int:
    ids = shell.ids(shell.arguments.ids)
    if not ids:
        return shell.code
    done = shell.session.operations.unlink_incident(ids)
    refused(shell, done.left)
    return shell.done(done.ops)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError
    return name, value


def _say_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _one(parser)
    parser.add_argument("--text", metavar="T", help=_("what is told; “-” reads standard input"))
    parser.add_argument(
        *("--on", "--in"),
        dest="others",
        action="append",
        default=[],
        type=_pair,
        metavar="CHANNEL=T or LANGUAGE=T",
        help=_("in other words on a channel (sms), or for those who speak a language (ja); repeatable"),
    )
    parser.add_argument("--template", metavar="NAME", help=_("the approved template for those whose window has closed"))
    parser.add_argument(
        "--value", action="append", default=[], type=_pair, metavar="BLANK=TEXT", help=_("in its blanks")
    )
    parser.add_argument("--tag", action="store_true", help=_("take the channel's tag where its window has closed"))
    parser.add_argument(
        "--but", action="append", default=[], metavar="CHANNEL", help=_("tell nobody there; repeatable")
    )
    parser.add_argument(
        "--dry-run", action="store_true", help=_("only say what each channel would get, and who cannot")
    )


def _say(shell: Shell) -> int:
    from omnitui.services.incidents.announcing import Announcing

    seen, session = _the(shell, shell.arguments.id), shell.session
    own = seen.id
    announcing = Announcing(session.cache, session.holds, session.zone)
    said = _announcement(shell, announcing.foresee_announcement(own, _plain(shell)))
    variants = announcing.foresee_announcement(own, said)
    if shell.arguments.dry_run:
        return _foreseen(shell, variants)
    done = announcing.announce(own, said, seen=seen)
    for row, why in done.left:
        shell.fail(f"{ref_of(shell, row.id)} {row.contact}: {why}")
    told = ngettext("{n} customer is told", "{n} customers are told", len(done.sent)).format(n=len(done.sent))
    left = ngettext("{n} is not", "{n} are not", len(done.left)).format(n=len(done.left))
    shell.out.say(f"{told} · {left}" if done.left else told)
    return shell.done(done.ops)


def _plain(shell: Shell) -> Announcement:
    from omnitui.services.incidents.announcing import Announcement

    others = dict(shell.arguments.others)
    return Announcement(shell.text(shell.arguments.text), languages=others, channels=others)


def _announcement(shell: Shell, found: Sequence[Variant]) -> Announcement:
    """What the arguments say, for the places that there are."""
    from dataclasses import replace

    from omnitui.services.texts.templates import Filled

    said = shell.arguments
    plain = _plain(shell)
    known = {part for one in found for part in one.place[1:]}
    if strangers := [name for name in plain.channels if name not in known]:
        raise UsageError(
            _("nobody is there by “{name}”").format(name=strangers[0]),
            hint=_("there are: {names}").format(names=", ".join(sorted(known - {""}))),
        )
    chosen = {
        one.place: Filled(template, tuple(dict(said.value).get(name, "") for name in template.blanks))
        for one in found
        for template in [each for each in one.templates if each.name == said.template][:1]
    }
    if said.template and not chosen:
        names = sorted({each.name for one in found for each in one.templates})
        raise NotFound(
            _("there is no template called “{name}” here").format(name=said.template),
            hint=_("there are: {names}").format(names=", ".join(names) or _("none")),
        )
    return replace(
        plain,
        templates=chosen,
        tagged=frozenset(one.place for one in found if said.tag),
        left_out=frozenset(one.place for one in found if one.place[1] in said.but),
    )


def _foreseen(shell: Shell, variants: Sequence[Variant]) -> int:
    from omnitui.sdk.measure import UNITS

    if not shell.out.text:
        shell.out.many(
            "variant",
            (
                {
                    "account": one.account,
                    "channel": one.place[1],
                    "language": one.place[2] or None,
                    "text": one.text,
                    "used": one.used,
                    "limit": one.limit,
                    "unit": one.unit,
                    "told": [{"conversation_id": each.conversation.id, "by": each.by} for each in one.told],
                    "left": [{"conversation_id": row.id, "reason": why} for row, why in one.left],
                    "also": [{"conversation_id": row.id, "told_in": place} for row, place in one.also],
                }
                for one in variants
            ),
        )
        return 0
    if not variants:
        shell.out.say(_("no conversation is linked to it"))
    for one in variants:
        limit = "" if one.limit is None else f"/{one.limit}"
        length = f"{one.used}{limit} {_(UNITS[one.unit])}"
        shell.out.line(
            "  ".join(
                (one.account, *filter(None, one.place[1:]), f"{len(one.told)}/{one.total}", length, one.wrong)
            ).rstrip()
        )
        for row, why in one.left:
            shell.out.line(f"  ! {ref_of(shell, row.id)} {row.contact}: {why}")
        for row, place in one.also:
            told = _("is told in {place}").format(place=place)
            shell.out.line(f"  = {ref_of(shell, row.id)} {row.contact}: {told}")
        for line in one.text.splitlines():
            shell.out.line(f"  | {line}")
    return 0


def _end_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _one(parser)
    parser.add_argument("--standing", metavar="WORDS", help=_("how it stands now"))


def _end(shell: Shell) -> int:
    return shell.done(
        shell.session.operations.end_incident(_named(shell, shell.arguments.id), shell.arguments.standing)
    )


def _reopen(shell: Shell) -> int:
    return shell.done(shell.session.operations.reopen_incident(_named(shell, shell.arguments.id)))


def _export(shell: Shell) -> int:
    from omnitui.desk.naming import SEND
    from omnitui.services.incidents.story import as_json, as_markdown, story

    found = _the(shell, shell.arguments.id)
    told = shell.session.cache.read(story, found)
    shell.out.one(
        "incident_story", as_json(told), "" if not shell.out.text else as_markdown(told, shell.out.time, SEND)
    )
    return 0


VERBS: Final = {
    "incident open": Verb(_open, _open_arguments, notes=_NOTES),
    "incident list": Verb(_list, _list_arguments),
    "incident show": Verb(_show, _show_arguments),
    "incident set": Verb(_set, _set_arguments, notes=_NOTES),
    "incident link": Verb(_link, _link_arguments),
    "incident unlink": Verb(_unlink, _unlink_arguments),
    "incident say": Verb(
        _say, _say_arguments, notes=N_("All is one act: “omnitui undo” takes back what has not left.")
    ),
    "incident end": Verb(_end, _end_arguments, notes=N_("All of its conversations that sleep until then are woken.")),
    "incident reopen": Verb(_reopen, _show_arguments),
    "incident export": Verb(_export, _show_arguments, notes=N_("Markdown; with --json all of it for programs.")),
}
