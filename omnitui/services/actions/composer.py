"""Actions of the composer."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_C = Scope.COMPOSER

ACTIONS: tuple[Action, ...] = (
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
