"""Calls of ours: the agent's phone is rung first, then connected with the customer's; what became of both legs."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from omnitui.sdk import CallEnd, Direction, Event, MessageReceived, Millis, Person, Receipt, SendState
from omnitui_twilio.mapping import VOICE, conversation_of

EVENTS = "initiated ringing answered completed"
_AGENT = {
    "no-answer": "[call] your phone was not answered",
    "busy": "[call] your phone is busy",
    "failed": "[call] your phone could not be reached",
    "canceled": "[call] ended before you answered",
}
_THEIRS = {
    "busy": "[call] busy",
    "no-answer": "[call] not answered",
    "canceled": "[call] not answered",
    "failed": "[call] could not be connected",
}


def connecting(number: str, ours: str, hook: str) -> str:
    """What Twilio does once the agent has answered: https://www.twilio.com/docs/voice/twiml/dial"""
    told = f' statusCallback="{escape(hook)}" statusCallbackEvent="{EVENTS}"' if hook else ""
    dialled = f"<Number{told}>{escape(number)}</Number>"
    return f'<Response><Dial callerId="{escape(ours)}">{dialled}</Dial></Response>'


def outward(form: Mapping[str, str], own: str, theirs: str, ours: str, now: Millis) -> tuple[Event, ...]:
    """What one of the legs tells of the call that we began.

    Args:
        form: What Twilio said.
        own: The SID of the first leg, by which the call is known here.
        theirs: The customer's number.
        ours: Our number.
        now: When it was said.
    """
    status = form.get("CallStatus", "")
    first = form.get("CallSid") == own
    seconds = int(said) if (said := form.get("CallDuration", "")).isdigit() and len(said) < 9 else 0
    found: list[Event] = []
    end: CallEnd | None = None
    # What it came to stands, in whichever order it is told.
    if first:
        words, revision = {
            "queued": ("[call] is begun", 2),
            "initiated": ("[call] is begun", 2),
            "ringing": ("[call] your phone rings", 3),
            "in-progress": ("[call] you have answered", 4),
            "completed": ("[call] ended", 7),
        }.get(status, (_AGENT.get(status, ""), 8))
        if status in _AGENT:
            found.append(Receipt(SendState.FAILED, now, external_id=own, reason=words.removeprefix("[call] ")))
    else:
        words, revision = {
            "queued": ("[call] is connected", 5),
            "initiated": ("[call] is connected", 5),
            "ringing": ("[call] rings there", 5),
            "in-progress": ("[call] speaks", 6),
            "completed": (f"[call] {seconds // 60}:{seconds % 60:02d}", 9),
        }.get(status, (_THEIRS.get(status, ""), 9))
        if status in ("in-progress", "completed"):
            end = CallEnd.ANSWERED
            found.append(Receipt(SendState.DELIVERED, now, external_id=own))
        elif status in _THEIRS:
            end = CallEnd.MISSED
    if not words:
        return ()
    who = Person(theirs)
    found.append(
        MessageReceived(
            *(ours, VOICE, conversation_of(ours, theirs), own, who, Person(ours, agent=True), Direction.OUTGOING, now),
            words,
            revision=revision,
            call=end,
        )
    )
    return tuple(found)
