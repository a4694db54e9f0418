"""Actions of triage: why a matter came, handing it on, macros, doing it again, recordings."""

from __future__ import annotations

from omnitui.i18n import N_
from omnitui.services.actions.action import Action, Scope

_D = Scope.DESK

ACTIONS: tuple[Action, ...] = (
    Action("conversation.reason", N_("Resolve with a reason …"),
           N_("Say by one key each why the customer wrote (reasons.toml), and resolve."), ("d r",), _D),
    Action("conversation.hand_off", N_("Hand off …"),
           N_("Note, assignee, priority and snooze in one step."), ("d h",), _D),
    Action("conversation.macro", N_("Macro …"),
           N_("Run a macro after a preview, or edit one."), (";",), _D),
    Action("conversation.again", N_("Do it again"),
           N_("What was done last, to this conversation or the marked ones."), (".",), _D),
    Action("conversation.csat", N_("Ask how it was"),
           N_("Ask the customer for a score from 1 to 5; the answer is on the card."), ("s c",), _D),
    Action("agent.away", N_("Away, or back …"),
           N_("Be given nothing until a time: rules pass you over. Again says that you are back."), ("s a",), _D),
    Action("recording.begin", N_("Record"),
           N_("q and a letter keep what you do to conversations; q ends it."), ("q",), _D),
    Action("recording.replay", N_("Do what was recorded"),
           N_("@ and its letter do it to this conversation or the marked ones, after a dry run."), ("@",), _D),
)  # fmt: skip
