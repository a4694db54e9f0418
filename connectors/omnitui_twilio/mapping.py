"""What Twilio tells → SDK events; pure. https://www.twilio.com/docs/messaging/guides/webhook-request"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from omnitui.sdk import (
    CallEnd,
    ContactChanged,
    Direction,
    Event,
    MessageReceived,
    Millis,
    Person,
    Receipt,
    RemoteFile,
    SendState,
    Unsupported,
)

SMS, VOICE = "sms", "voice"
STATES = {
    "accepted": SendState.ACCEPTED,
    "queued": SendState.ACCEPTED,
    "sending": SendState.ACCEPTED,
    "sent": SendState.ACCEPTED,
    "delivered": SendState.DELIVERED,
    "read": SendState.READ,
    "undelivered": SendState.FAILED,
    "failed": SendState.FAILED,
}
REASONS = {
    "21211": "this is no number",
    "21408": "messages to this country are not permitted in the account's settings",
    "21610": "they have said STOP",
    "21612": "this number cannot reach theirs",
    "21614": "this is no mobile number",
    "30003": "their phone is switched off or out of reach",
    "30004": "their network blocks us",
    "30005": "nobody has this number",
    "30006": "a landline, or a network that takes no messages",
    "30007": "their network took it for spam",
    "30008": "their network does not say why",
    "30034": "the number is not registered for messages to the US",
}
"""https://www.twilio.com/docs/api/errors"""
STOPS = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"))
STARTS = frozenset(("START", "YES", "UNSTOP"))
"""https://help.twilio.com/articles/223134027"""


def conversation_of(ours: str, theirs: str) -> str:
    """A pair of numbers."""
    return f"{ours} {theirs}"


def events(form: Mapping[str, str], *, ours: str, now: Millis) -> tuple[Event, ...]:
    """What one call of the hook reports; what is not understood is kept raw."""
    if "TranscriptionStatus" in form or "TranscriptionText" in form:
        return (_transcript(form, ours, now),)
    if form.get("RecordingSid"):
        return (_recording(form, ours, now),) if form.get("RecordingStatus", "completed") == "completed" else ()
    if form.get("CallSid"):
        return (_call(form, ours, now),)
    if form.get("MessageSid") and form.get("MessageStatus", "received") in STATES:
        return (_receipt(form, now),)
    if form.get("MessageSid"):
        return (_message(form, ours, now), *_wish(form, now))
    return (unsupported("call", repr(dict(form)).encode(), ours, now),)


def _message(form: Mapping[str, str], ours: str, now: Millis) -> Event:
    theirs, body = form.get("From", ""), form.get("Body", "")
    files = tuple(
        RemoteFile(
            f"{form['MessageSid']}-{number}{_ending(kind := form.get(f'MediaContentType{number}', ''))}",
            kind or "application/octet-stream",
            0,
            remote={"url": form[f"MediaUrl{number}"]},
        )
        for number in range(min(_number(form.get("NumMedia", "0")), 10))
        if form.get(f"MediaUrl{number}")
    )
    if not theirs or not (body or files):
        return unsupported("message", repr(dict(form)).encode(), ours, now)
    who = Person(theirs, form.get("ProfileName", ""))
    return MessageReceived(
        ours,
        SMS,
        conversation_of(ours, theirs),
        form["MessageSid"],
        who,
        who,
        Direction.INCOMING,
        now,
        body,
        files=files,
    )


def _wish(form: Mapping[str, str], now: Millis) -> tuple[Event, ...]:
    """Whether they want no more messages, or want them again."""
    wish = opted(form)
    if wish is None:
        return ()
    return (ContactChanged(SMS, form.get("From", ""), fields=((SMS, "has said STOP" if wish else ""),)),)


def opted(form: Mapping[str, str]) -> bool | None:
    """True for STOP, False for START, None for everything else."""
    word = (form.get("OptOutType") or form.get("Body", "")).strip().upper()
    return True if word in STOPS else False if word in STARTS else None


def _receipt(form: Mapping[str, str], now: Millis) -> Receipt:
    state = STATES[form["MessageStatus"]]
    reason = why(form.get("ErrorCode", ""), form.get("ErrorMessage", "")) if state is SendState.FAILED else ""
    return Receipt(state, now, form["MessageSid"], reason=reason)


def why(code: str, words: str = "") -> str:
    """Twilio's own code with what it means."""
    meaning = words or REASONS.get(code, "")
    return f"{meaning} ({code})" if meaning and code else meaning or f"error {code}".strip()


def _call(form: Mapping[str, str], ours: str, now: Millis) -> Event:
    outward = form.get("Direction", "inbound").startswith("outbound")
    theirs = form.get("To", "") if outward else form.get("From", "")
    who = Person(theirs, form.get("CallerName", ""))
    status = form.get("CallStatus", "")
    seconds = _number(form.get("CallDuration", "0"))
    said = {
        "ringing": "[call] is ringing",
        "in-progress": "[call] speaks",
        "completed": f"[call] {seconds // 60}:{seconds % 60:02d}",
        "busy": "[call] busy",
        "no-answer": "[call] missed",
        "canceled": "[call] missed",
        "failed": "[call] could not be connected",
    }.get(status, f"[call] {status[:40]}".rstrip())
    over = status in ("completed", "busy", "no-answer", "canceled", "failed")
    spoken = outward and status == "completed"
    return MessageReceived(
        *(
            ours,
            VOICE,
            conversation_of(ours, theirs),
            form["CallSid"],
            who,
            Person(ours, agent=True) if outward else who,
        ),
        Direction.OUTGOING if outward else Direction.INCOMING,
        now,
        said,
        # What it came to stands, in whichever order it is told.
        revision=1 if status in ("queued", "ringing") else 2 if status == "in-progress" else 3,
        # Nobody takes a call that comes in: at most our machine answers it.
        call=(CallEnd.ANSWERED if spoken else CallEnd.MISSED) if over else None,
    )


def _recording(form: Mapping[str, str], ours: str, now: Millis) -> Event:
    theirs, seconds = form.get("From", ""), _number(form.get("RecordingDuration", "0"))
    if not theirs:
        return unsupported("recording", repr(dict(form)).encode(), ours, now)
    who = Person(theirs)
    file = RemoteFile(
        f"{form['RecordingSid']}.mp3", "audio/mpeg", 0, remote={"url": form.get("RecordingUrl", "") + ".mp3"}
    )
    return MessageReceived(
        *(ours, VOICE, conversation_of(ours, theirs), form["RecordingSid"], who, who, Direction.INCOMING, now),
        f"[voicemail] {seconds // 60}:{seconds % 60:02d}",
        files=(file,),
        call=CallEnd.VOICEMAIL,
    )


def _transcript(form: Mapping[str, str], ours: str, now: Millis) -> Event:
    """What the voicemail says: beside it, in words."""
    theirs = form.get("From", "")
    who, said = Person(theirs), form.get("TranscriptionText", "").strip()
    if not form.get("RecordingSid") or not theirs:
        return unsupported("transcription", repr(dict(form)).encode(), ours, now)
    return MessageReceived(
        *(
            ours,
            VOICE,
            conversation_of(ours, theirs),
            f"{form['RecordingSid']}-words",
            who,
            who,
            Direction.INCOMING,
            now,
        ),
        f"[voicemail] {said}" if said else "[voicemail] could not be put into words",
        answers=form["RecordingSid"],
    )


def media_of(told: Mapping[str, Any], message: str, server: str) -> tuple[RemoteFile, ...]:
    """The files of a listed message, as `Media.json` names them; named as the hook names them."""
    listed = told.get("media_list")
    files = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return tuple(
        RemoteFile(
            f"{message}-{number}{_ending(kind := str(one.get('content_type') or ''))}",
            kind or "application/octet-stream",
            0,
            remote={"url": server.rstrip("/") + str(one.get("uri") or "").removesuffix(".json")},
        )
        for number, one in enumerate(files)
    )


def listed(message: Mapping[str, Any], *, ours: str, now: Millis, files: tuple[RemoteFile, ...] = ()) -> Event:
    """A message of the account's list."""
    inward = message.get("direction") == "inbound"
    theirs = str(message.get("from" if inward else "to") or "")
    body = str(message.get("body") or "")
    media = _number(str(message.get("num_media") or "0"))
    if not theirs or not (body or media):
        return unsupported("message", repr(dict(message)).encode(), ours, now)
    who = Person(theirs)
    return MessageReceived(
        *(ours, SMS, conversation_of(ours, theirs), str(message.get("sid", "")), who),
        who if inward else Person(ours, agent=True),
        Direction.INCOMING if inward else Direction.OUTGOING,
        _instant(message.get("date_sent") or message.get("date_created"), now),
        body or ("" if files else f"[{media} files]"),
        files=files,
    )


def _instant(stamp: Any, now: Millis) -> Millis:
    try:
        return int(parsedate_to_datetime(str(stamp)).timestamp() * 1000)
    except (ValueError, TypeError):
        return now


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _ending(kind: str) -> str:
    return {
        "image/jpeg": ".jpg",
        "image/png": ".png",
        "image/gif": ".gif",
        "audio/amr": ".amr",
        "video/mp4": ".mp4",
        "application/pdf": ".pdf",
        "text/vcard": ".vcf",
    }.get(kind, "")


def unsupported(kind: str, raw: bytes, ours: str, now: Millis) -> Unsupported:
    """What is not understood, raw."""
    return Unsupported(f"twilio.{kind}", raw, now, "", "", SMS, ours)
