"""Every verb of the shell: where it is, and one line about it. Read without importing any of them."""

from __future__ import annotations

from typing import Final

from omnitui.i18n import N_
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A verb in the table."""

    name: str
    """One word or two: "ls", "account add"."""
    module: str
    """The module in omnitui.cli whose VERBS has it."""
    help: str


GROUPS: Final[tuple[tuple[str, tuple[Entry, ...]], ...]] = (
    (
        N_("Faces"),
        (
            Entry("console", "faces", N_("the console; also what omnitui does without a verb")),
            Entry("demo", "faces", N_("the console on an embedded world, without account or network")),
        ),
    ),
    (
        N_("Reading"),
        (
            Entry("ls", "reading", N_("list conversations")),
            Entry("views", "views", N_("list views with how many conversations each holds, or keep a query as one")),
            Entry("show", "reading", N_("a conversation with its messages")),
            Entry("search", "reading", N_("find messages, newest first")),
        ),
    ),
    (
        N_("Writing"),
        (
            Entry("reply", "writing", N_("answer the customer")),
            Entry("note", "writing", N_("write what only agents see")),
            Entry("new", "writing", N_("begin a conversation")),
            Entry("canned list", "canned", N_("list canned responses")),
            Entry("template list", "templates", N_("list the templates that back ends have approved")),
            Entry("macro list", "macros", N_("list macros")),
            Entry("macro show", "macros", N_("a macro as it is written")),
            Entry("macro run", "macros", N_("do a macro to conversations, or say what it would do")),
            Entry("rule list", "rules", N_("list rules, whether they are on, and how often they have fired")),
            Entry("rule show", "rules", N_("a rule with its last firings and why it fired")),
            Entry("rule enable", "rules", N_("switch a rule on")),
            Entry("rule disable", "rules", N_("switch a rule off")),
            Entry("rule try", "trials", N_("what a rule would have done in all that has happened")),
        ),
    ),
    (
        N_("Triage"),
        (
            Entry("resolve", "triage", N_("the matter is done; it reopens on reply")),
            Entry("reopen", "triage", N_("back to open")),
            Entry("close", "triage", N_("done for good; a reply starts a new conversation")),
            Entry("assign", "triage", N_("say who is responsible")),
            Entry("claim", "agreements", N_("take the most urgent one that nobody has")),
            Entry("away", "away", N_("be given nothing until a time")),
            Entry("back", "away", N_("be given conversations again")),
            Entry("label", "triage", N_("add and remove labels")),
            Entry("priority", "triage", N_("say how much it matters")),
            Entry("snooze", "triage", N_("hide it until a time")),
            Entry("handoff", "triage", N_("note, assignee, priority and snooze in one step")),
            Entry("csat ask", "csat", N_("ask customers how satisfied they are")),
            Entry("reasons", "macros", N_("list why customers write")),
            Entry("read", "triage", N_("mark as read")),
            Entry("unread", "triage", N_("mark as unread")),
            Entry("merge", "merging", N_("show conversations as one; it can be cut again")),
            Entry("split", "merging", N_("cut apart what is shown as one")),
            Entry("move", "triage", N_("put a message into another conversation")),
        ),
    ),
    (
        N_("Tasks and calls"),
        (
            Entry("call", "calls", N_("call the customer, by your phone or your softphone")),
            Entry("task add", "tasks", N_("promise a call-back or a follow-up for a time")),
            Entry("task list", "tasks", N_("list what is open, the first due first")),
            Entry("task done", "tasks", N_("it is done")),
            Entry("task set", "tasks", N_("change when it is due, who does it, or its words")),
        ),
    ),
    (
        N_("Incidents"),
        (
            Entry("incident open", "incidents", N_("begin one, with the conversations that it is the cause of")),
            Entry("incident list", "incidents", N_("list those that go on, the worst first")),
            Entry("incident show", "incidents", N_("one of them with its conversations")),
            Entry("incident set", "incidents", N_("change its severity, its title, or how it stands")),
            Entry("incident link", "incidents", N_("link conversations to it")),
            Entry("incident unlink", "incidents", N_("link conversations to none")),
            Entry("incident say", "incidents", N_("tell all of its customers, on each channel as that takes it")),
            Entry("incident end", "incidents", N_("say that it is over, and wake what sleeps until then")),
            Entry("incident reopen", "incidents", N_("say that it goes on after all")),
            Entry("incident export", "incidents", N_("its story: what came to pass, and who was told what")),
        ),
    ),
    (
        N_("Agreements"),
        (
            Entry("sla show", "agreements", N_("the clocks of a conversation, and what makes it urgent")),
            Entry("sla check", "agreements", N_("read sla.toml, name its faults and put it in force")),
        ),
    ),
    (
        N_("Contacts"),
        (
            Entry("contact link", "contacts", N_("say that two contacts are one person")),
            Entry("contact unlink", "contacts", N_("take that back")),
            Entry("contact set", "contacts", N_("change what is known of a contact")),
            Entry("contact show", "contacts", N_("a contact with all that is linked to it")),
            Entry("contact export", "privacy", N_("write everything about a person into a folder")),
            Entry("contact erase", "privacy", N_("forget a person, to the last byte")),
        ),
    ),
    (
        N_("What was done"),
        (
            Entry("undo", "deeds", N_("take back your last act, or the one named")),
            Entry("redo", "deeds", N_("repeat what was undone")),
            Entry("log", "deeds", N_("list what was done")),
            Entry("blame", "tracing", N_("why each field is as it is: since when, by whom")),
            Entry("diff", "tracing", N_("what is different between two times")),
            Entry("revert", "tracing", N_("take back one op alone, of whatever age")),
            Entry("since", "since", N_("what changed while you were away")),
            Entry("log verify", "sealing", N_("look whether the log is as it was written")),
            Entry("log seal", "sealing", N_("seal the log with a key from the secret store")),
        ),
    ),
    (
        N_("On the way out"),
        (
            Entry("outbox", "outbox", N_("list what the back ends have not confirmed")),
            Entry("outbox retry", "outbox", N_("send a failed, blocked or deferred one again, now")),
            Entry("outbox cancel", "outbox", N_("take back what has not left")),
            Entry("outbox settle", "outbox", N_("decide whether an unknown one arrived")),
        ),
    ),
    (
        N_("Accounts"),
        (
            Entry("account add", "accounts", N_("add an account")),
            Entry("account list", "accounts", N_("list accounts and how far they are in step")),
            Entry("account check", "accounts", N_("try the login and what an account needs")),
            Entry("account pause", "accounts", N_("stop syncing it")),
            Entry("account resume", "accounts", N_("sync it again")),
            Entry("account remove", "accounts", N_("forget it with its secrets")),
            Entry("account set", "privacy", N_("say how long its messages are kept")),
            Entry("retention", "privacy", N_("erase messages that were kept long enough")),
            Entry("sync", "syncing", N_("bring cache and back ends in step")),
        ),
    ),
    (
        N_("Webhooks"),
        (
            Entry("gateway", "gateway", N_("take in what vendors send to webhooks")),
            Entry("gateway status", "gateway", N_("what was kept and what was refused")),
            Entry("gateway observe", "gateway", N_("see how refused calls of a hook look")),
            Entry("gateway token", "gateway", N_("let a console elsewhere read hooks")),
            Entry("gateway url", "gateway", N_("the address to enter at the vendor")),
        ),
    ),
    (
        N_("Files"),
        (
            Entry("import", "files", N_("take in mails: .eml, mbox, Maildir")),
            Entry("export", "files", N_("write conversations out")),
        ),
    ),
    (
        N_("This machine"),
        (
            Entry("status", "status", N_("counts for a prompt or a status line")),
            Entry("backup", "backup", N_("copy everything but the secrets into one file")),
            Entry("restore", "backup", N_("put a backup or a snapshot in the cache's place")),
            Entry("doctor", "machine", N_("check whether everything is in order")),
            Entry("encryption on", "encryption", N_("encrypt the cache with its files and snapshots")),
            Entry("encryption off", "encryption", N_("decrypt all of it again")),
            Entry("encryption prove", "encryption", N_("look for words in clear in every file")),
            Entry("paths", "machine", N_("where things are kept")),
            Entry("keys", "machine", N_("every action with its keys")),
            Entry("themes", "machine", N_("list themes")),
            Entry("connectors", "machine", N_("list what accounts can be added")),
            Entry("completion", "completion", N_("completion for bash, zsh or fish")),
        ),
    ),
)

ENTRIES: Final = {entry.name: entry for _title, entries in GROUPS for entry in entries}

FAMILIES: Final = {name.partition(" ")[0] for name in ENTRIES if " " in name}
"""First words of the verbs that have two."""


def find(words: list[str]) -> tuple[Entry | None, list[str]]:
    """The verb that `words` begin with, two words before one, and what follows it."""
    for size in (2, 1):
        entry = ENTRIES.get(" ".join(words[:size]))
        if entry is not None and len(words) >= size:
            return entry, words[size:]
    return None, words
