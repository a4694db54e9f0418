"""ls, show, search."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.desk.naming import KIND, PRIORITY, SEND, STATUS, channel_word
from omnitui.errors import NotFound
from omnitui.i18n import _, ngettext
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation, Message
from omnitui.model.states import Direction, ObjectKind
from omnitui.services.exchange import records
from omnitui.text.safe import safe
from omnitui.text.secrets.covering import shown

_PAGE: Final = 200
_QUERY_NOTES: Final = (
    'A query: words, "exact words", is:open|waiting|snoozed|resolved|unread|mine|failed, assignee:me|NAME|none,\n'
    "label:X, channel:line, account:NAME, from:X, after:2026-05-01, before:7d, has:attachment, OR, -not, ( )"
)


def _query(parser: argparse.ArgumentParser, count: int) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY", help=_("what to list; all words have to hold"))
    parser.add_argument("-n", type=count_of, default=count, metavar="N", help=_("at most so many; 0 for all"))


def count_of(text: str) -> int:
    """A number from 0. Raises ArgumentTypeError: it is none."""
    if not text.isdecimal() or len(text) > 18:
        raise argparse.ArgumentTypeError(_("a number from 0 on is needed, not “{text}”").format(text=text))
    return int(text)


def _ls_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _query(parser, 50)
    parser.add_argument("--at", metavar="T", help=_("as it was then: yesterday 18:00, 2h, 昨日18時"))


def conversations(shell: Shell, query: str, count: int) -> Iterator[Conversation]:
    """What a query finds, or a view by its name, in its order; 0 for all."""
    from omnitui.desk.querying.orders import place
    from omnitui.store.reads import inbox

    parsed = shell.session.query(f"view:{query}" if shell.session.views.named(query) else query)
    after: tuple[int, str] | None = None
    left = count or -1
    while left:
        size = min(_PAGE, left) if left > 0 else _PAGE
        page = shell.session.cache.read(inbox.page, parsed, after=after, limit=size)
        yield from page
        if len(page) < size:
            return
        after = place(parsed.order, page[-1])
        left -= len(page) if left > 0 else 0


def ref_of(shell: Shell, conversation_id: Ulid) -> str:
    """The shortest suffix that names a conversation."""
    from omnitui.store.reads import inbox

    return shell.session.cache.read(inbox.ref, conversation_id)


def _ls_past(shell: Shell) -> int:
    """The list as it was at a time; fields that are not known for sure are named."""
    from omnitui.cli.tracing import moment, queue

    at = moment(shell, shell.arguments.at)
    rows = queue(shell, " ".join(shell.arguments.query) or "is:open", at, shell.arguments.n)
    if not shell.out.text:
        shell.out.many(
            "conversation",
            (
                {**records.conversation(row.conversation, ref_of(shell, row.conversation.id)), "unsure": [*row.unsure]}
                for row in rows
            ),
        )
        return 0
    marked = [("?" if row.unsure else "", *_row(shell, row.conversation)) for row in rows]
    shell.out.table(marked, widths=(1, 26, 16, 12, 2, 10, 20, 46, 12, 20), grow=7)
    shell.out.say(_("as it was at {time}").format(time=shell.out.time(at)))
    if unsure := sorted({field for row in rows for field in row.unsure}):
        said = _("? something was changed elsewhere about then, when exactly is not known: {fields}")
        shell.out.say(said.format(fields=", ".join(unsure)))
    return 0


def _ls(shell: Shell) -> int:
    if shell.arguments.at:
        return _ls_past(shell)
    found = conversations(shell, " ".join(shell.arguments.query), shell.arguments.n)
    if not shell.out.text:
        shell.out.many("conversation", (records.conversation(item, ref_of(shell, item.id)) for item in found))
        return 0
    rows = [_row(shell, item) for item in found]
    shell.out.table(rows, widths=(26, 16, 12, 2, 10, 20, 46, 12, 20), grow=6)
    if not rows:
        shell.out.say(_("nothing found"))
    return 0


def _row(shell: Shell, item: Conversation) -> tuple[str, ...]:
    return (
        ref_of(shell, item.id),
        shell.out.time(item.last_message_at),
        _(STATUS[item.status]),
        str(item.unread) if item.unread else "",
        channel_word(item.channel),
        item.contact,
        item.subject or item.snippet,
        item.assignee,
        " ".join(item.labels),
    )


def _show_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", metavar="ID", help=_("the conversation; or a contact, whose timeline is shown"))
    parser.add_argument(
        "--timeline", action="store_true", help=_("everything with the contact, over all conversations and channels")
    )
    parser.add_argument("--quotes", action="store_true", help=_("show what was quoted, too"))


def messages(shell: Shell, of: Ulid, *, timeline: bool = False) -> Iterator[Message]:
    """All messages of a conversation, or with `timeline` of a contact, oldest first."""
    from omnitui.store.reads import history

    read: Callable[..., list[Message]] = history.timeline if timeline else history.page
    after: tuple[int, str] | None = (-1, "")
    while after is not None:
        page = shell.session.cache.read(read, of, after=after, limit=_PAGE)
        yield from page
        after = (page[-1].received_at, page[-1].id) if len(page) == _PAGE else None


def _contact(shell: Shell) -> Ulid | None:
    """Whose timeline is asked for; None where a conversation is."""
    from omnitui.cli.contacts import contact

    ref: str = shell.arguments.id
    if shell.arguments.timeline:
        return contact(shell, ref)
    try:
        shell.id(ref)
    except NotFound:
        try:
            return shell.id(ref, ObjectKind.CONTACT)
        except NotFound:
            return None
    return None


def _timeline(shell: Shell, contact_id: Ulid) -> int:
    from omnitui.store.reads import inbox, people

    cache = shell.session.cache
    found = cache.read(people.contact, contact_id)
    if found is None:
        shell.fail(_("{ref} has gone").format(ref=shell.arguments.id))
        return 1
    said = list(messages(shell, contact_id, timeline=True))
    read = cache.read(inbox.conversations, {item.conversation_id for item in said})
    places = {conversation.id: conversation for conversation in read}
    refs = {own: ref_of(shell, own) for own in places}
    if not shell.out.text:
        shell.out.one("timeline", records.timeline(found, [(places[own], refs[own]) for own in places], said), "")
        return 0
    shell.out.line(found.name)
    last = ""
    for item in said:
        if item.conversation_id != last:
            last = item.conversation_id
            place = places[last]
            shell.out.line("")
            facts = [refs[last], channel_word(place.channel), place.subject or place.snippet, _(STATUS[place.status])]
            shell.out.line("== " + " · ".join(fact for fact in facts if fact))
        _print_message(shell, item)
    return 0


def _show(shell: Shell) -> int:
    from omnitui.store.reads import inbox

    contact_id = _contact(shell)
    if contact_id is not None:
        return _timeline(shell, contact_id)
    conversation_id = next(iter(shell.ids([shell.arguments.id])), None)
    if conversation_id is None:
        return 1
    found = shell.session.cache.read(inbox.conversation, conversation_id)
    if found is None:
        shell.fail(_("{ref} has gone").format(ref=shell.arguments.id))
        return 1
    ref = ref_of(shell, found.id)
    if not shell.out.text:
        shell.out.one("conversation", records.transcript(found, ref, messages(shell, found.id)), "")
        return 0
    shell.out.line(f"{found.subject or found.snippet}")
    facts = [ref, _(STATUS[found.status]), _(PRIORITY[found.priority]), channel_word(found.channel)]
    facts += [found.account, found.contact]
    shell.out.line(" · ".join([*facts, found.assignee or _("nobody"), *(f"#{label}" for label in found.labels)]))
    if found.may_belong_to:
        shell.out.line(_("may belong to {ref}").format(ref=ref_of(shell, found.may_belong_to)))
    for item in messages(shell, found.id):
        _print_message(shell, item)
    return 0


def _print_message(shell: Shell, item: Message) -> None:
    arrow = "←" if item.direction is Direction.INCOMING else "→"
    kind = f" [{_(KIND[item.kind])}]" if KIND[item.kind] else ""
    state = f" ({_(SEND[item.state])})" if item.state else ""
    shell.out.line("")
    shell.out.line(f"{arrow} {shell.out.time(item.received_at)} {item.author}{kind}{state}  {item.id}")
    if item.reason:
        shell.out.line(f"  ! {item.reason}")
    body = item.text + (f"\n{item.quoted}" if shell.arguments.quotes and item.quoted else "")
    # Covered as a whole: a key of many lines is none in any of them.
    for line in shown(safe(body)).splitlines():
        shell.out.line(f"  {line}")
    for file in item.attachments:
        shell.out.line(f"  + {file.name}  {file.media_type}  {file.size} B")


def _search_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _query(parser, 50)


def _search(shell: Shell) -> int:
    from omnitui.store.reads import search

    query = shell.session.query(" ".join(shell.arguments.query))
    count: int = shell.arguments.n
    hits = shell.session.cache.read(search.search, query, limit=count or 1_000_000)
    if left := shell.session.cache.read(search.unsearchable):
        said = ngettext("{count} message cannot be searched yet", "{count} messages cannot be searched yet", left)
        shell.out.say(said.format(count=left))
    if not shell.out.text:
        from omnitui.store.reads import history

        found = (shell.session.cache.read(history.message, hit.message_id) for hit in islice(hits, count or None))
        shell.out.many("message", (records.message(item) for item in found if item is not None))
        return 0
    shell.out.table(
        [
            (
                ref_of(shell, hit.conversation_id),
                shell.out.time(hit.received_at),
                hit.author,
                hit.snippet or hit.subject,
            )
            for hit in hits
        ],
        widths=(26, 16, 20, 0),
    )
    if not hits:
        shell.out.say(_("nothing found"))
    return 0


VERBS: Final = {
    "ls": Verb(_ls, _ls_arguments, query=True, notes=_QUERY_NOTES),
    "show": Verb(_show, _show_arguments),
    "search": Verb(_search, _search_arguments, query=True, notes=_QUERY_NOTES),
}
