"""THE table of actions: bindings, palette, `?` help, footer, keymap check and docs/keys.md are all made from it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from omnitui.i18n import N_, _
from omnitui.values import dataclass


class Scope(StrEnum):
    """Where an action's keys are live. A printable key is never live where text is typed."""

    APP = "app"
    """Everywhere; printable keys on the reading panes only."""
    DESK = "desk"
    """Every pane in which one reads: list, history, card, sidebar."""
    LIST = "list"
    HISTORY = "history"
    CARD = "card"
    SIDEBAR = "sidebar"
    COMPOSER = "composer"


READING = (Scope.LIST, Scope.HISTORY, Scope.CARD, Scope.SIDEBAR)
"""The panes without a text field."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something an agent can do. The id is the keymap's API and stays for ever."""

    id: str
    title: str
    """A few words; translated where it is shown."""
    help: str
    """One sentence."""
    keys: tuple[str, ...]
    """Default keys; the keys of a chord are separated by a space: "d d"."""
    scope: Scope
    danger: bool = False
    """Whether it asks before it acts."""
    short: str = ""
    """One word for the footer; the title where empty."""

    @property
    def label(self) -> str:
        """The translated title."""
        return _(self.title)

    @property
    def word(self) -> str:
        """The translated footer word."""
        return _(self.short or self.title)


_A, _D, _L, _H, _S = Scope.APP, Scope.DESK, Scope.LIST, Scope.HISTORY, Scope.SIDEBAR
_C, _K = Scope.COMPOSER, Scope.CARD

_TABLE: tuple[Action, ...] = (
    # Everywhere
    Action("app.palette", N_("Command palette"),
           N_("Find any action, conversation, contact, view or theme by name."), ("ctrl+p",), _A, short=N_("palette")),
    Action("app.help", N_("Help"), N_("All keys of the focused pane."), ("?", "f1"), _A, short=N_("help")),
    Action("app.quit", N_("Quit"),
           N_("Leave omnitui; drafts and the outbox are kept."), ("ctrl+q",), _A, short=N_("quit")),
    Action("app.search", N_("Search"),
           N_("Search all messages as you type, with filters."), ("/",), _A, short=N_("search")),
    Action("app.undo", N_("Undo"),
           N_("Take back your last act; a held reply does not leave."), ("u",), _A, short=N_("undo")),
    Action("app.redo", N_("Redo"), N_("Repeat what was undone."), ("ctrl+r",), _A, short=N_("redo")),
    Action("app.compose", N_("New conversation"),
           N_("Write to somebody first, on an account that can."), ("c",), _A, short=N_("new")),
    Action("app.theme", N_("Next theme"), N_("Change the colours."), (), _A),
    Action("pane.next", N_("Next pane"), N_("Move the focus to the next pane."), ("tab",), _A),
    Action("pane.previous", N_("Previous pane"), N_("Move the focus to the pane before."), ("shift+tab",), _A),
    Action("pane.back", N_("Back"),
           N_("Close the drawer, leave the composer or return to the list."), ("escape",), _A, short=N_("back")),
    # Go to
    Action("go.inbox", N_("Go to the inbox"), N_("Open conversations."), ("g i",), _A),
    Action("go.mine", N_("Go to mine"), N_("Open conversations assigned to you."), ("g m",), _A),
    Action("go.unassigned", N_("Go to unassigned"), N_("Open conversations that nobody has."), ("g u",), _A),
    Action("go.unread", N_("Go to unread"), N_("Conversations with messages that you have not read."), ("g n",), _A),
    Action("go.waiting", N_("Go to waiting"), N_("Conversations that wait for the customer."), ("g w",), _A),
    Action("go.snoozed", N_("Go to snoozed"), N_("Conversations that sleep until a time."), ("g s",), _A),
    Action("go.failed", N_("Go to failed"), N_("Conversations with a message that did not leave."), ("g f",), _A),
    Action("go.drafts", N_("Go to drafts"), N_("Conversations with an unfinished answer."), ("g d",), _A),
    Action("go.resolved", N_("Go to resolved"), N_("What is done."), ("g r",), _A),
    Action("go.spam", N_("Go to spam"), N_("What was taken for spam."), ("g x",), _A),
    Action("go.all", N_("Go to all"), N_("Every conversation."), ("g a",), _A),
    Action("go.outbox", N_("Outbox"),
           N_("What has not left yet, and what needs your decision."), ("g o",), _A, short=N_("outbox")),
    Action("go.ledger", N_("Ledger"), N_("How far each account is in step, and what is not here."), ("g b",), _A),
    Action("go.log", N_("Op log"), N_("Everything that was done, newest first."), ("g h",), _A),
    # Layout
    Action("pane.zoom", N_("Zoom the pane"),
           N_("The focused pane takes the whole screen; again gives it back."), ("z",), _D),
    Action("pane.narrower", N_("List narrower"), N_("Move the border between list and history."), ("<",), _D),
    Action("pane.wider", N_("List wider"), N_("Move the border between list and history."), (">",), _D),
    Action("pane.card", N_("Customer card"), N_("Show or hide the card."), ("i",), _D, short=N_("card")),
    Action("pane.views", N_("Views"), N_("Show or hide the views."), ("b",), _D, short=N_("views")),
    # The conversation that is shown
    Action("conversation.reply", N_("Reply"), N_("Write an answer to the customer."), ("r",), _D, short=N_("reply")),
    Action("conversation.note", N_("Internal note"),
           N_("Write a note that only agents see."), ("n",), _D, short=N_("note")),
    Action("conversation.editor", N_("Reply in $EDITOR"), N_("Write the answer in your own editor."), ("e",), _D),
    Action("conversation.resolve", N_("Resolve"),
           N_("The matter is done; it comes back when the customer writes."), ("d d",), _D, short=N_("resolve")),
    Action("conversation.reopen", N_("Reopen"),
           N_("Put the conversation back to open."), ("o",), _D, short=N_("reopen")),
    Action("conversation.close", N_("Close for good"),
           N_("Done for good: a later message starts a new conversation."), ("d c",), _D, danger=True),
    Action("conversation.wait", N_("Wait for the customer"),
           N_("Open no more, until the customer writes."), ("s w",), _D),
    Action("conversation.snooze", N_("Snooze …"),
           N_("Hide it until a time that you choose."), ("s z",), _D, short=N_("snooze")),
    Action("conversation.snooze_hour", N_("Snooze for an hour"), N_("Hide it for one hour."), ("s h",), _D),
    Action("conversation.snooze_tomorrow", N_("Snooze until tomorrow"),
           N_("Hide it until nine tomorrow morning."), ("s t",), _D),
    Action("conversation.snooze_week", N_("Snooze until Monday"),
           N_("Hide it until nine on Monday morning."), ("s m",), _D),
    Action("conversation.assign", N_("Assign …"), N_("Choose who is responsible."), ("a",), _D, short=N_("assign")),
    Action("conversation.take", N_("Assign to me"), N_("Take the conversation."), ("A",), _D),
    Action("conversation.label", N_("Labels …"), N_("Add and remove labels."), ("l", "g l"), _D, short=N_("label")),
    Action("conversation.priority", N_("Priority …"), N_("Low, normal, high or urgent."), ("p",), _D),
    Action("conversation.unread", N_("Read or unread"), N_("Turn the read mark."), ("t",), _D),
    Action("conversation.log", N_("Log of this conversation"),
           N_("What was done with this conversation."), ("H",), _D),
    Action("conversation.hint", N_("Open the related conversation"),
           N_("Show the conversation that this one may belong to."), ("g p",), _D),
    Action("contact.edit", N_("Edit the contact"),
           N_("Name, segment, language, time zone, notes."), ("E",), _D, short=N_("edit")),
    Action("contact.link", N_("Same person as …"),
           N_("Link the contact with another one; it can be taken back."), ("L",), _D),
    Action("contact.unlink", N_("Unlink a contact"), N_("Take back that two contacts are the same person."), (), _D),
    Action("copy.text", N_("Copy the message"),
           N_("The text of the current message."), ("y y",), _D, short=N_("copy")),
    Action("copy.address", N_("Copy the address"), N_("The customer's address."), ("y a",), _D, short=N_("copy")),
    Action("copy.ref", N_("Copy the reference"), N_("The short name that the shell's commands take."), ("y r",), _D),
    # List
    Action("list.down", N_("Down"), N_("Next conversation."), ("j", "down"), _L),
    Action("list.up", N_("Up"), N_("Conversation above."), ("k", "up"), _L),
    Action("list.page_down", N_("Page down"), N_("A screenful further."), ("pagedown", "ctrl+f"), _L),
    Action("list.page_up", N_("Page up"), N_("A screenful back."), ("pageup",), _L),
    Action("list.half_down", N_("Half a page down"), N_("Half a screenful further."), ("ctrl+d",), _L),
    Action("list.half_up", N_("Half a page up"), N_("Half a screenful back."), ("ctrl+u",), _L),
    Action("list.top", N_("Top"), N_("The newest, with what has arrived meanwhile."), ("g g", "home"), _L),
    Action("list.bottom", N_("Bottom"), N_("The oldest."), ("G", "end"), _L),
    Action("list.open", N_("Open"), N_("Read the conversation."), ("enter",), _L),
    # History
    Action("history.down", N_("Scroll down"), N_("A line further."), ("j", "down"), _H),
    Action("history.up", N_("Scroll up"), N_("A line back."), ("k", "up"), _H),
    Action("history.page_down", N_("Page down"), N_("A screenful further."), ("space", "pagedown", "ctrl+f"), _H),
    Action("history.page_up", N_("Page up"), N_("A screenful back."), ("pageup",), _H),
    Action("history.half_down", N_("Half a page down"), N_("Half a screenful further."), ("ctrl+d",), _H),
    Action("history.half_up", N_("Half a page up"), N_("Half a screenful back."), ("ctrl+u",), _H),
    Action("history.first", N_("First message"), N_("Where it began."), ("g g", "home"), _H),
    Action("history.last", N_("Newest message"), N_("Where it stands."), ("G", "end"), _H),
    Action("history.next_message", N_("Next message"), N_("Make the message below the current one."), ("J", "}"), _H),
    Action("history.previous_message", N_("Message before"),
           N_("Make the message above the current one."), ("K", "{"), _H),
    Action("history.quotes", N_("Quotes"), N_("Unfold or fold what was quoted."), ("f",), _H, short=N_("quotes")),
    Action("history.raw", N_("Show raw"), N_("The current message as it came."), ("v",), _H, short=N_("raw")),
    Action("history.why", N_("Why is it here?"),
           N_("Why it lies in this conversation, and what became of it."), ("w",), _H, short=N_("why")),
    Action("history.move", N_("Move the message …"),
           N_("Put the current message into another conversation."), ("M",), _H),
    Action("history.save", N_("Save the attachments"),
           N_("Write the files of the current message to the downloads folder."), ("S",), _H),
    # Card and views
    Action("card.down", N_("Scroll down"), N_("A line further."), ("j", "down"), _K),
    Action("card.up", N_("Scroll up"), N_("A line back."), ("k", "up"), _K),
    Action("sidebar.down", N_("Down"), N_("Next view."), ("j", "down"), _S),
    Action("sidebar.up", N_("Up"), N_("View above."), ("k", "up"), _S),
    Action("sidebar.open", N_("Open the view"),
           N_("Show its conversations."), ("enter", "space"), _S, short=N_("show")),
    # Composer
    Action("composer.send", N_("Send"),
           N_("Send the reply, or keep the note. Enter never sends."), ("ctrl+s",), _C, short=N_("send")),
    Action("composer.mode", N_("Reply or note"),
           N_("Change between answer and note; each keeps its own text."), ("ctrl+t",), _C, short=N_("reply/note")),
    Action("composer.editor", N_("Open $EDITOR"),
           N_("Go on writing in your own editor."), ("ctrl+g",), _C, short=N_("editor")),
    Action("composer.attach", N_("Attach a file"),
           N_("Add a file to what you are writing."), ("f2",), _C, short=N_("attach")),
    Action("composer.discard", N_("Discard the draft"), N_("Throw away what you wrote."), (), _C, danger=True),
)  # fmt: skip

ACTIONS: Mapping[str, Action] = MappingProxyType({action.id: action for action in _TABLE})

FOOTERS: Mapping[Scope, tuple[str, ...]] = MappingProxyType(
    {
        Scope.LIST: (
            "conversation.reply",
            "conversation.note",
            "conversation.resolve",
            "conversation.snooze",
            "app.search",
            "app.help",
        ),
        Scope.HISTORY: (
            "conversation.reply",
            "conversation.note",
            "conversation.resolve",
            "history.quotes",
            "history.why",
            "app.help",
        ),
        Scope.CARD: ("contact.edit", "copy.address", "conversation.reply", "pane.back", "app.help"),
        Scope.SIDEBAR: ("sidebar.open", "app.search", "pane.back", "app.help"),
        Scope.COMPOSER: ("composer.send", "composer.mode", "composer.editor", "composer.attach", "pane.back"),
    }
)
"""What the footer names for each focused pane: at most six."""


def actions_of(scope: Scope) -> list[Action]:
    """The actions whose keys are live in a pane, its own first."""
    outer = (Scope.DESK, Scope.APP) if scope in READING else (Scope.APP,)
    return [action for wanted in (scope, *outer) for action in _TABLE if action.scope is wanted]


def printable(key: str) -> bool:
    """Whether a key (the first of a chord) types a character, so that a text field takes it."""
    first = key.split(" ")[0]
    return len(first) == 1 or first == "space"


_HEADINGS: tuple[tuple[Scope, str], ...] = (
    (Scope.APP, "Everywhere (printable keys: on the reading panes)"),
    (Scope.DESK, "On every reading pane, for the conversation that is shown"),
    (Scope.LIST, "List"),
    (Scope.HISTORY, "History"),
    (Scope.CARD, "Card"),
    (Scope.SIDEBAR, "Views"),
    (Scope.COMPOSER, "Composer"),
)


def keys_markdown() -> str:
    """docs/keys.md: every action with its id and default keys."""
    lines = [
        "# Keys",
        "",
        "Made from the table of actions. Remap any of them in `keys.toml` (`omnitui paths` says where), by id:",
        "",
        "```toml",
        '"conversation.resolve" = ["x", "d d"]   # several keys; a space separates the keys of a chord',
        '"history.quotes" = []                   # no key: still in the palette',
        "```",
        "",
        "`omnitui doctor` and the console name unknown ids, unknown keys and conflicts. A number before a movement",
        "repeats it: `5j`.",
    ]
    for scope, heading in _HEADINGS:
        lines += ["", f"## {heading}", "", "| Keys | Action | What it does | Id |", "|---|---|---|---|"]
        for action in _TABLE:
            if action.scope is scope:
                keys = " ".join(f"`{key.replace('|', chr(92) + '|')}`" for key in action.keys) or "–"
                lines.append(f"| {keys} | {action.title} | {action.help} | `{action.id}` |")
    return "\n".join(lines) + "\n"
