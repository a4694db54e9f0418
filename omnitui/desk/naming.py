"""The words for states and channels, marked for translation where the tables stand; every face shows them with `_`."""

from __future__ import annotations

from typing import Final

from omnitui.desk.promises.urgency import Cause, Standing
from omnitui.i18n import N_, _
from omnitui.model.states import MessageKind, Priority, Reach, SendState, Status, Verb
from omnitui.model.tasks import TaskKind

STATUS: Final = {
    Status.OPEN: N_("open"),
    Status.WAITING: N_("waiting"),
    Status.SNOOZED: N_("snoozed"),
    Status.BOT: N_("with a bot"),
    Status.RESOLVED: N_("resolved"),
    Status.CLOSED: N_("closed"),
}
PRIORITY: Final = {
    Priority.LOW: N_("low"),
    Priority.NORMAL: N_("normal"),
    Priority.HIGH: N_("high"),
    Priority.URGENT: N_("urgent"),
}
SEND: Final = {
    SendState.DRAFT: N_("draft"),
    SendState.HELD: N_("held"),
    SendState.QUEUED: N_("queued"),
    SendState.SENDING: N_("sending"),
    SendState.ACCEPTED: N_("accepted"),
    SendState.DELIVERED: N_("delivered"),
    SendState.READ: N_("read"),
    SendState.FAILED: N_("failed"),
    SendState.DEFERRED: N_("will be tried again"),
    SendState.BLOCKED: N_("blocked"),
    SendState.CANCELED: N_("canceled"),
    SendState.UNKNOWN: N_("unknown whether it left"),
}
TASK: Final = {
    TaskKind.CALL_BACK: N_("call back"),
    TaskKind.FOLLOW_UP: N_("follow up"),
}
VERB: Final = {
    Verb.REPLY: N_("reply"),
    Verb.NOTE: N_("note"),
    Verb.STATUS: N_("status"),
    Verb.ASSIGN: N_("assignee"),
    Verb.LABEL: N_("labels"),
    Verb.PRIORITY: N_("priority"),
    Verb.SNOOZE: N_("snooze"),
    Verb.WAKE: N_("end of snooze"),
    Verb.READ: N_("read mark"),
    Verb.CONTACT: N_("contact"),
    Verb.CONTINUE: N_("continued elsewhere"),
    Verb.MERGE: N_("merge"),
    Verb.SPLIT: N_("split"),
    Verb.LINK: N_("link"),
    Verb.UNLINK: N_("unlink"),
    Verb.MOVE: N_("move"),
    Verb.NEW: N_("new conversation"),
    Verb.EDIT: N_("change of a message"),
    Verb.DELETE: N_("deletion of a message"),
    Verb.ERASE: N_("erasure"),
    Verb.TASK: N_("task"),
    Verb.INCIDENT: N_("incident"),
    Verb.CAUSE: N_("link to an incident"),
    Verb.RULE: N_("rule"),
    Verb.AWAY: N_("away"),
    Verb.CALL: N_("call"),
    Verb.CALL_BACK: N_("call-back"),
}
"""What an op does, as a noun."""
KIND: Final = {
    MessageKind.PUBLIC: "",
    MessageKind.NOTE: N_("note"),
    MessageKind.ACTIVITY: N_("activity"),
    MessageKind.TEMPLATE: N_("template"),
    MessageKind.RAW: N_("raw"),
}
"""What a message is, where it is not simply one to the customer or from them."""
REACH: Final = {
    Reach.REMOTE: "",
    Reach.MIRRORED: N_("mirrored"),
    Reach.LOCAL: N_("local"),
}
"""How far an op travels, where it does not go all the way."""
HEALTH: Final = {
    "new": N_("not synced yet"),
    "ok": N_("in step"),
    "offline": N_("offline"),
    "limited": N_("slowed down by the back end"),
    "auth": N_("login refused"),
    "faulted": N_("faulted"),
    "paused": N_("paused"),
}
"""How an account stands."""
CLOCK: Final = {
    Cause.FIRST: N_("first reply"),
    Cause.NEXT: N_("next reply"),
    Cause.RESOLUTION: N_("resolution"),
    Cause.WINDOW: N_("reply window"),
    Cause.TASK: N_("promise"),
    Cause.SNOOZE: N_("end of the snooze"),
}
"""What falls due; targets of agreements are called as their causes."""
STANDING: Final = {
    Standing.RUNNING: N_("running"),
    Standing.PAUSED: N_("paused"),
    Standing.AT_RISK: N_("at risk"),
    Standing.MET: N_("met"),
    Standing.BREACHED: N_("breached"),
}
CHANNELS: Final = {
    "email": N_("email"),
    "voice": N_("voice"),
    "webchat": N_("webchat"),
    "review": N_("review"),
}
"""Channels whose names are words; the others are names of firms, which every language keeps."""


def channel_word(channel: str) -> str:
    """A channel as people call it."""
    word = CHANNELS.get(channel)
    return _(word) if word is not None else channel


def first_name(name: str) -> str:
    """What one calls a person by; a name in the letters of the East stays whole, since it begins with the family's."""
    return name.split()[0] if name.strip() and max(name) < "\u2e80" else name
