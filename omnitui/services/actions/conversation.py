"""Actions on the conversation that is shown and on its contact, from every reading pane."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_D = Scope.DESK

ACTIONS: tuple[Action, ...] = (
    Action("conversation.reply", N_("Reply"), N_("Write an answer to the customer."), ("r",), _D, short=N_("reply")),
    Action("conversation.reply_all", N_("Reply to all"),
           N_("Write an answer to the customer and to all others who got the mail."), ("R",), _D),
    Action("conversation.via", N_("Reply via …"),
           N_("Answer by another channel of the same customer; both conversations will say so."), ("g v",), _D),
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
    Action("conversation.pipe", N_("Pipe to a command …"),
           N_("Give the current message in the history, else the whole conversation as JSON, to a program."),
           ("|",), _D),
    Action("history.timeline", N_("Whole timeline"),
           N_("Everything with this customer over all channels; again shows the conversation alone."),
           ("T",), _D, short=N_("timeline")),
    Action("conversation.hint", N_("Open the related conversation"),
           N_("Show the conversation that this one may belong to."), ("g p",), _D),
    Action("contact.edit", N_("Edit the contact"),
           N_("Name, segment, language, time zone, notes."), ("E",), _D, short=N_("edit")),
    Action("contact.link", N_("Same person as …"),
           N_("Link the contact with another one; it can be taken back."), ("L",), _D),
    Action("contact.unlink", N_("Unlink a contact"), N_("Take back that two contacts are the same person."), (), _D),
    Action("copy.text", N_("Copy the message"),
           N_("The text of the current message; on the card, the value under the cursor."),
           ("y y",), _D, short=N_("copy")),
    Action("copy.address", N_("Copy the address"), N_("The customer's address."), ("y a",), _D, short=N_("copy")),
    Action("copy.ref", N_("Copy the reference"), N_("The short name that the shell's commands take."), ("y r",), _D),
)  # fmt: skip
