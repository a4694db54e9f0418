"""Every way by which text of strangers reaches a terminal or a file that is read in one: `SINKS`, by name.

A sink is a function that takes strings as it needs them and gives what would be written. Those of the console are given
what the last filter still has before it, so that nothing is proved by that one alone.
"""

from __future__ import annotations

import ast
import logging
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC
from io import StringIO
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, NamedTuple

from rich.style import Style

from omnitui import crash, main
from omnitui.cli.linear import Linear
from omnitui.cli.output import Output
from omnitui.cli.prompt import filled
from omnitui.config.settings import Notify
from omnitui.logs import Plain
from omnitui.model.accounts import LedgerEntry
from omnitui.model.card import Card, LinkedContact, Suggestion
from omnitui.model.conversations import Attachment, Conversation, Message
from omnitui.model.deeds import Answered, Deed
from omnitui.model.operations import Op, OutboxEntry
from omnitui.model.people import Contact, Identity, Link, Organization
from omnitui.model.revisions import Hit
from omnitui.model.states import Direction, MessageKind, ObjectKind, Priority, SendState, Status, Verb
from omnitui.model.tasks import Task, TaskKind
from omnitui.services.exchange import export
from omnitui.services.exchange.records import to_json
from omnitui.services.notices import Event, Notices, Occasion
from omnitui.store.reads.brief import FIELDS
from omnitui.store.reads.past import Row
from omnitui.store.reads.since import Entry, Group
from omnitui.text.listing import rows
from omnitui.text.safe import safe
from omnitui.text.surrogates import mended
from omnitui.ui.last_hop.incoming import cleaned
from omnitui.ui.look.roles import Line, spread
from omnitui.ui.look.themes import load
from omnitui.ui.look.veil import veil
from omnitui.ui.outside import clipboard
from omnitui.ui.outside.notifying import sequence
from omnitui.ui.panels import Sight, entries
from omnitui.ui.panes.fields import editable
from omnitui.ui.panes.status import status_line
from omnitui.ui.picture import Standing
from omnitui.ui.screens import ledger, links, merging, oplog, outbox, past, pickers, preview, raw, search, since
from omnitui.ui.screens.page import of_text
from omnitui.ui.start.first_frame import written
from omnitui.ui.timeline import blocks, seams
from omnitui.ui.timeline.heading import heading_lines
from omnitui.ui.widgets.lines import drawn
from tests.support.payloads import PAYLOADS, generated

ROOT = Path(main.__file__).parent
WIDTH = 90
NOW = 1_800_000_000_000
STRINGS = (*PAYLOADS.values(), *generated(10_000))


class Strings:
    """Gives one string after the other, round and round; counts them."""

    def __init__(self, start: int = 0) -> None:
        self._left = cycle((*STRINGS[start:], *STRINGS[:start]))
        self.taken = 0

    def __call__(self) -> str:
        """The next one."""
        self.taken += 1
        return next(self._left)


class Sink(NamedTuple):
    """One way to a reader."""

    write: Callable[[Strings], Iterable[str]]
    """Takes some strings; gives each whole line, or each whole text where it has `lines`."""
    lines: bool = False
    """Whether a string may become several lines of it."""


def _line(line: Line) -> str:
    return drawn(line, WIDTH, Style.null(), load()).text


def _conversation(take: Strings) -> Conversation:
    return Conversation(
        "C", "A", "I", "P", take(), take(), Status.OPEN, Priority.URGENT, take(), take(), "X", take(), (take(), take()),
        unread=3, snippet=take(), last_message_at=NOW, last_activity_at=NOW, unanswered_since=1,
        send_state=SendState.FAILED, vendor_status=take(), send_reason=take(),
    )  # fmt: skip


def _message(take: Strings, kind: MessageKind = MessageKind.PUBLIC) -> Message:
    file = Attachment("F", "M", take(), take(), 1)
    return Message(
        "M", "C", "A", Direction.OUTGOING, kind, SendState.FAILED, take(), "P", 0, 1, take(), take(),
        quoted=take(), signature=take(), reason=take(), placement=take(), to=(take(), "x"), cc=(take(),),
        attachments=(file,),
    )  # fmt: skip


def _rows(take: Strings) -> Iterator[str]:
    row = _conversation(take)
    for density in (rows.Density.ONE, rows.Density.TWO):
        for line in rows.inbox_row(row, WIDTH, now=NOW, density=density, match=("a", "w")):
            yield from (text for text, _role in line)


def _first_frame(take: Strings) -> Iterator[str]:
    for line in rows.inbox_row(_conversation(take), WIDTH, now=NOW):
        yield written(line, {}, "-")


def _history(take: Strings) -> Iterator[str]:
    setting = blocks.Setting(WIDTH, NOW, UTC, unfolded=True, answers=Answered("M", "C", take(), take()), found=("a",))
    for kind in (MessageKind.PUBLIC, MessageKind.NOTE, MessageKind.ACTIVITY):
        yield from (text for line in blocks.block(_message(take, kind), setting) for text, _role in line)
    deed = Deed("O", "C", NOW, take(), Verb.LABEL, {"labels": [take()]}, {"labels": [take()]})
    for line in (seams.border_line(_conversation(take), setting), *seams.deed_lines([deed], 1, False, setting)):
        yield _line(line)


def _card(take: Strings) -> Iterator[str]:
    contact = Contact("P", take(), "O", take(), take(), take(), take(), {take(): take()})
    other = replace(contact, id="Q", name=take())
    linked = LinkedContact(Link("L", "P", "Q", take(), "X", NOW), other, (Identity("J", "Q", "email", take()),))
    card = Card(
        contact, Organization("O", take()), (Identity("I", "P", take(), take(), take()),), None, (linked,),
        (_conversation(take),), 1, 1, NOW, NOW, (), take(), (Suggestion(other, take(), take()),),
        (Task("T", "C", TaskKind.CALL_BACK, take(), 1, number=take()),),
    )  # fmt: skip
    for entry in entries(Sight(card, None, WIDTH, NOW, UTC)):
        yield from (_line(entry.line), _line(veil(entry.line, private=True)))


def _heading(take: Strings) -> Iterator[str]:
    for whole in (False, True):
        yield from map(_line, heading_lines(_conversation(take), take(), WIDTH, NOW, UTC, focused=True, whole=whole))


def _status(take: Strings) -> Iterator[str]:
    standing = Standing(names={"A": take()}, ledger=(LedgerEntry("A", take(), "offline", NOW, error=take()),))
    for notice, trouble in (((take(), "bad"), ""), (("", ""), take()), (("", ""), "")):
        line = status_line(standing, notice, NOW, WIDTH, undo_key="u", marks=take(), trouble=trouble)
        yield _line(line)


def _choices(take: Strings) -> Iterator[str]:
    """What dialogs list, as they draw it; and their titles and hints, which they draw raw."""
    hit = Hit("M", "C", NOW, Direction.INCOMING, MessageKind.PUBLIC, take(), take(), take(), take(), take(), take())
    op = Op("O", "G", NOW, "X", Verb.LABEL, ObjectKind.CONVERSATION, "C", "A", {"labels": [take()]},
            {"labels": [take()]}, 1, reason=take())  # fmt: skip
    payload = {"text": take(), "contact": {"address": take()}}
    entry = OutboxEntry("O", "A", "C", Verb.REPLY, SendState.FAILED, "k", NOW, reason=take(), payload=payload)
    said = LedgerEntry("A", take(), "faulted", NOW, error=take(), budget=take())
    choices = [
        search.hit_choice(hit, "now", ("a",)),
        oplog.op_choice(op, oplog.words_of({"A": take()}, NOW, UTC), NOW, UTC),
        outbox.entry_choice(entry, NOW),
        links.link_choice(1, take(), f"https://evil.example/{take()}"),
        links.link_choice(2, take(), take()),
        pickers._contact(Contact("P", take()), take()),
        since.entry_choice(Group.NEW, Entry("C", NOW, 2, take(), take(), take(), take()), NOW),
        merging.merge_choice(_conversation(take), 70, take(), NOW),
        merging.split_choice(_conversation(take), NOW),
        past.row_choice(Row(_conversation(take), ("labels",)), NOW),
    ]
    for one in choices:
        yield _line(spread(one.left, one.right, WIDTH))
    zone: Any = SimpleNamespace(zone=UTC)
    yield from map(_line, ledger.entry_lines(said, NOW, zone))
    yield from (_line(((take(), role), (take(), "muted"))) for role in ("title", "text", "bad"))


def _pages(take: Strings) -> Iterator[str]:
    """Raw messages and text files."""
    cache: Any = None
    text, end = raw._readable(cache, replace(_message(take), text=mended(take())))
    yield from map(_line, of_text(text, end)(WIDTH))
    text, end = preview._readable(take().encode("utf-8", "surrogatepass"))
    yield from map(_line, of_text(text, end)(WIDTH))


def _fields(take: Strings) -> Iterator[str]:
    """What text fields hold: the composer's and every line in which one types, filled or pasted into."""
    yield from (editable(take()), editable(cleaned(take())))
    yield editable(take(), multiline=False).replace("\n", "\0")


def _notices(take: Strings) -> Iterator[str]:
    """Notices of the terminal's own, without the frames of their sequences."""
    for kind, begin, end in (("osc9", 4, 1), ("osc777", 6, 1), ("osc99", 6, 1)):
        notices = Notices(Notify(text=True), UTC)
        notices.add([Event(Occasion.MINE, take())], NOW)
        yield sequence(kind, notices.take(NOW))[begin:-end]


def _copies(take: Strings) -> Iterator[str]:
    """What the clipboard gets, by the terminal's sequence; decoded again."""
    code = clipboard.sequence(clipboard.Way("x"), safe(take()))[7:-1]
    yield b64decode(code, validate=True).decode()


def _shell(take: Strings) -> Iterator[str]:
    out = StringIO()
    printed = Output("text", out, out)
    printed.table([[take(), take(), take()], [take(), take(), take()]], widths=(9, -9, 0), grow=1)
    printed.line(take())
    printed.say(take())
    linear: Any = Linear.__new__(Linear)
    with redirect_stdout(out), redirect_stderr(out):
        linear._say(take())
        main._say(take(), take())
    *lines, end = out.getvalue().split("\n")
    assert (len(lines), end) == (7, ""), "a string began a line of its own"
    yield from lines


def _shell_texts(take: Strings) -> Iterator[str]:
    out = StringIO()
    Output("text", out).one("x", {}, take())
    yield out.getvalue()


def _json(take: Strings) -> Iterator[str]:
    yield to_json("x", {take(): [take(), {"a": take()}]})


def _prompt(take: Strings) -> Iterator[str]:
    """`status --format`: printed at once only where it is harmless, else by the shell's way."""
    try:
        text = filled(take(), dict.fromkeys(FIELDS, 1))
    except KeyError:
        return
    if text.isprintable():
        yield text


def _markdown(take: Strings) -> Iterator[str]:
    yield from export._said(_message(take), UTC)


def _logs(take: Strings) -> Iterator[str]:
    record = logging.LogRecord("omnitui.x", logging.ERROR, "x.py", 1, "%s", (take(),), None)
    try:
        raise OSError(take())
    except OSError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    yield Plain().format(record)


def _crashes(take: Strings) -> Iterator[str]:
    """One file of a fault that quotes many of them."""
    words = [take() for _each in range(500)]
    with TemporaryDirectory() as folder:
        try:
            raise RuntimeError(*words)
        except RuntimeError as error:
            text = crash.record(error, Path(folder)).read_text("utf-8")
    assert not any(word in text for word in words if len(word.strip()) > 12)
    yield text


SINKS: Mapping[str, Sink] = {
    "rows of the list": Sink(_rows),
    "the first frame": Sink(_first_frame),
    "the history": Sink(_history),
    "the card": Sink(_card),
    "the heading": Sink(_heading),
    "the status line": Sink(_status),
    "dialogs, palette, help, search": Sink(_choices),
    "pages": Sink(_pages),
    "text fields": Sink(_fields, lines=True),
    "notices of the terminal": Sink(_notices),
    "copies": Sink(_copies, lines=True),
    "lines of the shell and of the linear face": Sink(_shell),
    "texts of the shell": Sink(_shell_texts, lines=True),
    "JSON": Sink(_json),
    "the prompt": Sink(_prompt),
    "Markdown": Sink(_markdown),
    "the log": Sink(_logs),
    "crash files": Sink(_crashes, lines=True),
}

WRITERS: Mapping[str, str] = {
    "cli/accounts.py": "asks for a secret, in a connector's own words",
    "cli/completion.py": "a script of ours",
    "cli/front.py": "help and version",
    "cli/linear.py": "lines of the shell and of the linear face",
    "cli/output.py": "lines of the shell and of the linear face",
    "cli/privacy.py": "a question of ours",
    "cli/prompt.py": "the prompt",
    "cli/trials.py": "two numbers of ours, how far it is",
    "main.py": "lines of the shell and of the linear face",
    "services/secrecy/passphrase.py": "questions of ours",
    "services/recovery/mended.py": "a word of ours",
    "services/terminal.py": "questions to the terminal",
    "store/feed.py": "a pipe of our own",
    "store/tables/__main__.py": "the schema",
    "text/mail/parse_loop.py": "a pipe of our own",
    "text/pixels.py": "a pipe of our own",
    "text/mail/worker.py": "a pipe of our own",
    "ui/acts/copying.py": "copies",
    "ui/app.py": "copies",
    "ui/console.py": "the last words after the console has ended, through safe",
    "ui/start/early_keys.py": "the first frame",
    "ui/start/first_frame.py": "the first frame",
    "ui/outside/graphics.py": "pictures, and a file's name through drawable",
    "ui/last_hop/app.py": "test_layers draws raw text through it",
    "ui/last_hop/outlet.py": "test_layers draws raw text through it",
    "ui/outside/notifying.py": "notices of the terminal",
    "ui/look/signs.py": "drawn text with ASCII signs in it",
    "ui/look/veil.py": "the card",
    "ui/widgets/lines.py": "dialogs, palette, help, search",
    "ui/widgets/row_strips.py": "rows of the list",
}
"""Every module that writes by itself, and the sink that pours through it, or why none has to."""
_WRITE = {"print", "getpass", "Segment", "os.write", "sys.stdout.write", "sys.stderr.write"}
_SEND = ("write_sequence", "set_terminal_title", "driver.write", "buffer.write")


def writers() -> set[str]:
    """The modules that print, write to a descriptor, draw segments or send sequences to the terminal."""
    found: set[str] = set()
    for path in ROOT.rglob("*.py"):
        text = path.read_text("utf-8")
        calls = (ast.unparse(node.func) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
        if any(name in _WRITE or name.endswith(_SEND) for name in calls):
            found.add(path.relative_to(ROOT).as_posix())
    return found
