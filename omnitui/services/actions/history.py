"""Actions of the history and of its current message."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_H = Scope.HISTORY

ACTIONS: tuple[Action, ...] = (
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
    Action("history.unread", N_("First unread message"),
           N_("The oldest message here that nobody has read."), ("U",), _H),
    Action("history.next_hit", N_("Next search hit"), N_("The next message that the last search found."), ("]",), _H),
    Action("history.previous_hit", N_("Search hit before"),
           N_("The message before that the last search found."), ("[",), _H),
    Action("history.open", N_("Open"),
           N_("In a timeline, the message in its conversation; else its attachments or links, where it has any."),
           ("enter",), _H),
    Action("history.answered", N_("Go to what it answers"),
           N_("The message that the current one answers."), ("P",), _H),
    Action("history.changes", N_("Changes"),
           N_("Fold or unfold what was done between the messages."), ("F",), _H, short=N_("changes")),
    Action("history.quotes", N_("Quotes"), N_("Unfold or fold what was quoted."), ("f",), _H, short=N_("quotes")),
    Action("history.raw", N_("Show raw"), N_("The current message as it came."), ("v",), _H, short=N_("raw")),
    Action("history.why", N_("Why is it here?"),
           N_("Why it lies in this conversation, and what became of it."), ("w",), _H, short=N_("why")),
    Action("history.move", N_("Move the message …"),
           N_("Put the current message into another conversation."), ("M",), _H),
    Action("message.quote", N_("Quote in a reply"),
           N_("Put the current message into the composer, marked as a quote."), ("Q",), _H, short=N_("quote")),
    Action("message.edit", N_("Change the message …"),
           N_("Put other words into your note, or into your message where the channel can."), ("C",), _H),
    Action("message.settle", N_("What became of it …"),
           N_("Ask whether the current message arrived, send it again, mark it sent, or take it back."),
           ("!",), _H, short=N_("decide")),
    Action("message.delete", N_("Delete the message"),
           N_("Take your note away, or your message where the channel can; undo brings a note back."),
           ("X",), _H, danger=True),
    Action("message.links", N_("Links …"),
           N_("The links of the current message with the hosts where they really go."), ("W",), _H),
    Action("message.files", N_("Attachments …"),
           N_("Show, open or save a file of the current message."), ("O",), _H, short=N_("files")),
    Action("history.save", N_("Save the attachments"),
           N_("Write the files of the current message to the downloads folder."), ("S",), _H),
)  # fmt: skip
