"""Actions of the composer."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_C = Scope.COMPOSER

ACTIONS: tuple[Action, ...] = (
    Action("composer.send", N_("Send"),
           N_("Send the reply, or keep the note. Enter never sends."), ("ctrl+s",), _C, short=N_("send")),
    Action("composer.send_now", N_("Send at once"),
           N_("Send the reply without time for undo."), ("f9 f9",), _C),
    Action("composer.later", N_("Send later …"),
           N_("Choose when the reply leaves: at once, in an hour, tomorrow 9."), ("f5",), _C, short=N_("later")),
    Action("composer.mode", N_("Reply or note"),
           N_("Change between answer and note; each keeps its own text."), ("ctrl+t",), _C, short=N_("reply/note")),
    Action("composer.editor", N_("Open $EDITOR"),
           N_("Go on writing in your own editor."), ("ctrl+g",), _C, short=N_("editor")),
    Action("composer.header", N_("Cc, Bcc, subject"),
           N_("Open or fold the fields above the text, where the channel has them."), ("f3",), _C, short="Cc"),
    Action("composer.attach", N_("Attach a file"),
           N_("Add a file to what you are writing."), ("f2",), _C, short=N_("attach")),
    Action("composer.detach", N_("Take a file away"),
           N_("Remove a file, or the message that is answered, from what you are writing."), ("f10",), _C),
    Action("composer.canned", N_("Canned response …"),
           N_("Put a ready text in; ; and its code, then tab, does the same."), ("f4",), _C, short=N_("text")),
    Action("composer.ways", N_("Other ways …"),
           N_("Where the channel takes no answer: a template, a tag, another channel of the customer."),
           ("ctrl+l",), _C, short=N_("ways")),
    Action("composer.template", N_("Approved template …"),
           N_("Choose a template, fill it from the card, and send it."), (), _C),
    Action("composer.earlier", N_("Earlier draft …"),
           N_("Bring back what was sent or thrown away here."), ("f8",), _C),
    Action("composer.undo", N_("Undo typing"), N_("Take back the last change of the text."), ("ctrl+_",), _C),
    Action("composer.redo", N_("Redo typing"), N_("Repeat what was taken back in the text."), ("ctrl+y",), _C),
    Action("composer.discard", N_("Discard the draft"),
           N_("Throw away what you wrote; it can be brought back."), ("f6",), _C, danger=True),
)  # fmt: skip
