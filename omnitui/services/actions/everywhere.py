"""Actions that are live everywhere: palette, help, search, undo, and the ways to lists and screens."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_A = Scope.APP

ACTIONS: tuple[Action, ...] = (
    # Everywhere
    Action("app.palette", N_("Command palette"),
           N_("Find any action, conversation, contact, view or theme by name."), ("ctrl+p",), _A, short=N_("palette")),
    Action("app.help", N_("Help"), N_("All keys of the focused pane."), ("?", "f1"), _A, short=N_("help")),
    Action("app.quit", N_("Quit"),
           N_("Leave omnitui; drafts and the outbox are kept."), ("ctrl+q",), _A, short=N_("quit")),
    Action("app.suspend", N_("Back to the shell"),
           N_("Stop until the shell's fg; ctrl+z does it too where nothing else has that key."), (), _A),
    Action("app.search", N_("Search"),
           N_("Search all messages as you type, with filters."), ("/",), _A, short=N_("search")),
    Action("app.command", N_("Command line"),
           N_("Type a verb of the shell: snooze tomorrow 9, label +vip, view is:open."), (":",), _A),
    Action("app.leader", N_("All actions by letters"),
           N_("A menu of groups, then of actions, each by one letter."), (",",), _A),
    Action("app.jump", N_("Jump"),
           N_("Letters on every row, message, link and view: type one to go there."), ("ctrl+o",), _A),
    Action("app.tour", N_("Tour"), N_("Five minutes of learning by doing; again leaves it."), ("f7",), _A),
    Action("app.undo", N_("Undo"),
           N_("Take back your last act; a held reply does not leave."), ("u",), _A, short=N_("undo")),
    Action("app.redo", N_("Redo"), N_("Repeat what was undone."), ("ctrl+r",), _A, short=N_("redo")),
    Action("app.compose", N_("New conversation"),
           N_("Write to somebody first, on an account that can."), ("c",), _A, short=N_("new")),
    Action("app.theme", N_("Theme"), N_("Change the colours, seeing them while you choose."), ("g t",), _A),
    Action("app.veil", N_("Veil"),
           N_("Cover customers' names, addresses and texts while others see the screen; again shows them."),
           ("f12", "\\"), _A),
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
    Action("go.tasks", N_("Tasks"),
           N_("Call-backs and follow-ups that are open, the first due first."), ("g k",), _A),
    Action("go.accounts", N_("Accounts"),
           N_("How each account stands; pause, check and change them."), ("g c",), _A),
    Action("go.ledger", N_("Ledger"), N_("How far each account is in step, and what is not here."), ("g b",), _A),
    Action("go.log", N_("Op log"), N_("Everything that was done, newest first."), ("g h",), _A),
    Action("go.since", N_("What changed"), N_("What changed while you were away, in groups."), ("g e",), _A),
    Action("go.past", N_("The list as it was"),
           N_("The open list as it was at a time that you choose, to be read only."), ("g y",), _A),
)  # fmt: skip
