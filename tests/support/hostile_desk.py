"""A desk that strangers filled: each payload of the catalogue in every place where text of theirs or of a file lies.

`PLACES` names them. In the newest conversation each place holds its own marker behind its payload, so that a walk over
the console can say which places it has had on the screen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from math import gcd
from pathlib import Path

from omnitui.clock import HOUR
from omnitui.ids import Ulid
from omnitui.model.accounts import Account, LedgerEntry
from omnitui.model.conversations import Attachment, Draft, Message, Reaction
from omnitui.model.incidents import Severity
from omnitui.model.people import Agent
from omnitui.model.states import Direction, MessageKind, SendState
from omnitui.model.tasks import TaskKind
from omnitui.sdk import Template, snapshot
from omnitui.services.session import Session
from omnitui.store import accounts, contacts, drafts, outbox
from omnitui.store.arriving import inflow
from omnitui.store.arriving.reactions import react
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended, mended_all
from omnitui.ui.look.themes import folder
from tests.support.console import MAIL, able
from tests.support.desk import an_account
from tests.support.payloads import PAYLOADS

TEXTS = tuple(mended(text) for text in PAYLOADS.values())
"""The catalogue as a cache can hold it: half surrogates become the sign for what cannot be read, before the store."""
FROM_STRANGERS = (
    *("name", "address", "subject", "body", "link", "quoted", "signature", "file", "media type", "label", "author"),
    *("addressee", "copied", "note", "activity", "failure", "outbox", "draft", "earlier", "enclosed", "raw", "place"),
    *("segment", "language", "time zone", "organization", "about", "fact", "fact's name", "reason", "reaction"),
    "task",
    "incident",
)
FROM_BACK_ENDS = ("account", "inbox", "agent", "scope", "error", "budget", "template")
FROM_FILES = ("canned", "theme", "setting", "command", "key", "macro", "contact reason")
PLACES = (*FROM_STRANGERS, *FROM_BACK_ENDS, *FROM_FILES)
"""Where a payload is put."""
STEP = next(step for step in range(len(PLACES), 2 * len(TEXTS)) if gcd(step, len(TEXTS)) == 1)
"""From one conversation to the next: few in a row show every payload, and all of them show each in every place."""
LONGEST = 400
"""Characters of a payload in places of one line."""


def payload(number: int, place: str) -> str:
    """The payload that conversation `number` has in a place."""
    return TEXTS[(number * STEP + PLACES.index(place)) % len(TEXTS)]


def marker(place: str) -> str:
    """What stands in that place of the newest conversation, so that it can be recognized on a screen."""
    return f"Q{PLACES.index(place):02}Z"


class Filling:
    """Fills a profile; `count` conversations, and every `sparse`-th payload where a list holds one of each."""

    def __init__(self, session: Session, *, count: int = len(TEXTS), sparse: int = 1) -> None:
        self._session = session
        self._cache = session.cache
        self._count = count
        self._sparse = sparse

    def run(self) -> None:
        """Do it."""
        account = self._accounts()

        def conversation(number: int, *, marked: bool = False) -> tuple[Ulid, Ulid]:
            return self._cache.write(lambda tx: self._conversation(tx, account, number, marked=marked), durable=False)

        oldest, other = conversation(0)
        self._fail(oldest)
        for number in range(1, self._count):
            conversation(number)
        self._cache.write(lambda tx: self._people(tx, account), durable=False)
        newest, contact = conversation(self._count, marked=True)
        self._session.operations.link(contact, other, f"{marker('reason')} {payload(0, 'reason')[:60]}")
        self._session.operations.note(newest, f"mine {payload(0, 'note')}")
        for hours in (1, 2):
            words = f"{marker('task')} {payload(0, 'task')[:60]}"
            due = self._cache.clock.now() + hours * HOUR
            self._session.operations.add_task(newest, TaskKind.CALL_BACK, due, words, assignee_id=self._cache.me().id)
        title = f"{marker('incident')} {payload(0, 'incident')[:60]}"
        self._session.operations.open_incident(title, Severity.SEV1, standing=payload(1, "incident")[:60], ids=[newest])
        said = f"{marker('draft')} {payload(0, 'draft')[:60]}"
        enclosed = (f"/tmp/{marker('enclosed')}{payload(0, 'enclosed')[:60]}", "/tmp/other")
        draft = Draft("", newest, MessageKind.NOTE, said, attachments=enclosed)
        self._cache.write(lambda tx: drafts.save(tx, draft), durable=False)
        # Answers go under a tag from now on: what is offered in their place is on the screen too.
        late = snapshot.take(lambda _channel: replace(MAIL, templates=True, window=1, tag="HUMAN_AGENT"), ("email",))
        self._cache.write(lambda tx: accounts.set_capabilities(tx, account.id, late), durable=False)
        self._files()

    def _accounts(self) -> Account:
        account = replace(an_account(self._cache), paused=True)
        self._cache.write(lambda tx: accounts.put_account(tx, account), durable=False)
        able(self._cache)
        return account

    def _conversation(self, tx: Tx, account: Account, number: int, *, marked: bool) -> tuple[Ulid, Ulid]:
        def text(place: str, most: int = LONGEST) -> str:
            found = payload(number, place)
            return f"{marker(place)} {found[:60]}" if marked else found[:most]

        box = accounts.put_inbox(tx, account.id, "email", "shop@example.com", "Shop")
        address = f"n{number}{text('address', 80)}@example.com"
        contact, _identity = inflow.find_or_make_contact(tx, account.id, "email", address, f"N{number} {text('name')}")
        names = {text("fact's name", 80) or "x": text("fact")}
        facts = {name: text(name.replace("_", " ")) for name in ("segment", "language", "time_zone", "about")}
        contacts.change_contact(tx, contact, {**facts, "organization": text("organization"), "fields": names})
        found = inflow.make_conversation(
            tx, account_id=account.id, inbox_id=box.id, contact_id=contact, channel="email", subject=text("subject")
        )
        labels = [label] if (label := text("label", 60)).strip() else []
        inflow.change_conversation(tx, found, {"labels": labels})

        def message(kind: MessageKind, direction: Direction, said: str, **more: object) -> None:
            own = tx.ids.new()
            incoming = direction is Direction.INCOMING
            made = Message(
                own, found, account.id, direction, kind, None, f"N{number} {text('author')}",
                contact if incoming else None, tx.now(), tx.now(), said,
            )  # fmt: skip
            inflow.put_message(tx, replace(made, **more))  # type: ignore[arg-type]

        incoming, outgoing = Direction.INCOMING, Direction.OUTGOING
        message(MessageKind.RAW, incoming, text("raw", 2_000), placement=text("place"))
        message(MessageKind.ACTIVITY, incoming, text("activity"))
        message(MessageKind.NOTE, outgoing, text("note", 2_000))
        message(MessageKind.PUBLIC, outgoing, "Sent", state=SendState.FAILED, reason=f"550 {text('failure')}")
        message(
            MessageKind.PUBLIC,
            incoming,
            f"{text('body', 4_000)}\nhttps://evil.example/{number}?{text('link')} end",
            quoted=text("quoted", 2_000),
            signature=text("signature", 2_000),
            to=(text("addressee"), "b@example.com"),
            cc=(text("copied"),),
            placement=text("place"),
            attachments=self._attached(tx, number, text),
            external_id=f"x{number}",
        )
        reaction = Reaction(text("reaction", 80), text("reaction", 80), text("reaction", 40), tx.now())
        react(tx, account.id, f"x{number}", reaction)
        paths = ("/tmp/" + text("enclosed", 80), "/tmp/other")
        for kind in (MessageKind.PUBLIC, MessageKind.NOTE):
            drafts.save(tx, Draft("", found, kind, text("earlier", 2_000) or "x"))
            drafts.drop(tx, found, kind)
        if number % 2:
            drafts.save(tx, Draft("", found, MessageKind.NOTE, text("draft", 2_000), attachments=paths))
        return found, contact

    def _attached(self, tx: Tx, number: int, text: Callable[..., str]) -> tuple[Attachment, ...]:
        held = self._cache.blobs.put(f"{number} {text('body')}".encode(), durable=False)
        return (
            Attachment(tx.ids.new(), "", f"{text('file')}.txt", "text/plain", 9, held),
            Attachment(tx.ids.new(), "", text("file"), text("media type"), 9),
        )

    def _people(self, tx: Tx, account: Account) -> None:
        """What there are lists of: agents, accounts and what servers said of them."""
        for number in range(0, len(TEXTS), self._sparse):
            accounts.put_agent(tx, Agent(tx.ids.new(), f"{payload(number, 'agent')[:LONGEST]} {number}"))
            scope, error = payload(number, "scope")[:80], payload(number, "error")[:LONGEST]
            budget = payload(number, "budget")[:80]
            entry = LedgerEntry(account.id, f"{scope}{number}", "faulted", error=error, budget=budget, cached_count=1)
            inflow.put_ledger(tx, entry)
        accounts.put_agent(tx, Agent(tx.ids.new(), f"A {marker('agent')} {payload(0, 'agent')[:60]}"))
        said = LedgerEntry(account.id, f" {marker('scope')}", "faulted", error=marker("error"), budget=marker("budget"))
        inflow.put_ledger(tx, said)
        offered = [
            Template(f"{text[:60]} {number}", text[:8], f"{{{{a}}}} {text[:LONGEST]}", ("a",), (text[:40],))
            for number in range(0, len(TEXTS), self._sparse)
            for text in (payload(number, "template"),)
        ]
        marked = f"{marker('template')} {payload(0, 'template')[:60]}"
        offered.append(Template(marked, "en", f"{{{{{marked}}}}} {marked}", (marked,), (marked,), marked))
        accounts.set_templates(tx, account.id, snapshot.keep(mended_all(offered)))
        for number in range(0, len(TEXTS), self._sparse * 12):
            other = replace(account, id=tx.ids.new(), name=f"{payload(number, 'account')[:60]} {number}")
            accounts.put_account(tx, other)
            accounts.set_capabilities(tx, other.id, snapshot.take(lambda _channel: MAIL, ("email",)))
            accounts.put_inbox(tx, other.id, "email", payload(number, "inbox")[:60], payload(number + 1, "inbox")[:60])
        accounts.put_account(tx, replace(account, name=f"{marker('account')} Shop"))

    def _fail(self, conversation: Ulid) -> None:
        """Answers that did not leave."""
        names = [f"{marker('outbox')} x", *(payload(number, "outbox") for number in range(0, len(TEXTS), 24))]
        for text in names:
            op = self._session.operations.reply(conversation, text or "x", hold=0)

            def fail(tx: Tx, op_id: Ulid = op.id, text: str = text) -> None:
                outbox.move(tx, op_id, SendState.SENDING)
                outbox.move(tx, op_id, SendState.FAILED, reason=f"550 {text}")

            self._cache.write(fail, durable=False)

    def _files(self) -> None:
        """Settings, keys, commands, themes and texts, whoever wrote them."""
        config = self._session.profile.config
        agent = _quoted(f"A {marker('setting')} {payload(1, 'setting')[:60]}")
        _write(config / "config.toml", f'[notify]\nvia = "off"\n[agent]\nname = {agent}\n')
        every = range(0, len(TEXTS), self._sparse)
        commands = [f"[c{n}]\ntitle = {_quoted(payload(n, 'command') + 'x')}\nargv = ['true']\n" for n in every]
        commands.append(
            f"[marked]\ntitle = {_quoted(marker('command') + payload(0, 'command')[:60])}\nargv = ['true']\n"
        )
        _write(config / "commands.toml", "".join(commands))
        keys = [
            f"{_quoted(payload(n, 'key')[:80] + str(n))} = [{_quoted(payload(n + 1, 'key')[:80])}]\n" for n in every
        ]
        _write(self._session.profile.keys_file, f'"{marker("key")}" = ["q"]\n[keys]\n' + "".join(keys))
        for n in (*every, -1):
            title = _quoted((payload(n, "macro") if n >= 0 else marker("macro")) + "x")
            _write(config / "macros" / f"m{n + 1}.toml", f"title = {title}\n[[do]]\nread = true\n")
        rules = [
            f"[r{n}]\ntitle = {_quoted(payload(n, 'macro') + 'x')}\non = 'message'\ndo = [{{ note = 'n' }}]\n"
            for n in every
        ]
        _write(config / "rules.toml", "".join(rules))
        reasons = [f"[marked]\ntitle = {_quoted(marker('contact reason') + payload(0, 'contact reason')[:60])}\n"]
        reasons += [f"[r{n}]\ntitle = {_quoted(payload(n, 'contact reason') + 'x')}\n" for n in every]
        _write(config / "reasons.toml", "".join(reasons))
        look = (folder() / "harbor.toml").read_text("utf-8")
        for n in (*every, -1):
            text = payload(n, "theme")[:40] if n >= 0 else marker("theme")
            name = text.replace("/", "_").replace("\0", "_")
            title = _quoted(f"{name} title")
            _write(
                self._session.profile.themes / f"t{n}{name}.toml",
                "\n".join(f"title = {title}" if line.startswith("title") else line for line in look.split("\n")),
            )
            said = payload(n, "canned") if n >= 0 else marker("canned")
            _write(config / "snippets" / f"s{n}.md", f"---\ntitle: {said[:60]}\n---\n{said} {{contact.name}}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "replace"))
    path.chmod(0o600)


def _quoted(text: str) -> str:
    """A basic string of TOML, in which nothing stands for itself."""
    return '"' + "".join(f"\\U{ord(char):08X}" if not 0xD800 <= ord(char) < 0xE000 else "?" for char in text) + '"'


UNSEEN = {"inbox": "no screen names it yet"}
"""Places that no screen of the console shows, and why."""


def missing(seen: Collection[str]) -> Mapping[str, str]:
    """The places whose marker was never seen, by name."""
    return {place: marker(place) for place in PLACES if place not in seen and place not in UNSEEN}
