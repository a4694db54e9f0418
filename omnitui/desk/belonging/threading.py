"""Where an incoming mail belongs: pure rules, and the reason that is kept with each placement.

A mail joins a conversation by our own reply token, or by a Message-ID that we know from the same participants.
Mails arrive in any order (history is loaded newest first), so a mail also joins what was answered *to* it.
Everything else starts a new conversation, at most with a hint at another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from omnitui.desk.belonging.subjects import same_matter
from omnitui.i18n import N_, _
from omnitui.ids import Ulid


class Reason(StrEnum):
    """Why a message lies where it lies; stored as the first word of `Message.placement`."""

    TOKEN = "reply_token"  # noqa: S105 # a word for a reason, no secret
    REPLY = "reply_to"
    ANSWERED = "answered_by"
    SIBLING = "sibling_of"
    BOUNCE = "bounce_of"
    FIRST = "first"
    NEW_SUBJECT = "new_subject"
    STRANGER = "stranger"
    CLOSED = "closed"
    NUMBER = "number_only"
    BACK_END = "back_end"
    AGENT = "agent"


_SENTENCES = {
    Reason.TOKEN: N_("came to this conversation's own reply address"),
    Reason.REPLY: N_("a reply to {0} from someone who took part in it"),
    Reason.ANSWERED: N_("answered by {0}, which was here first"),
    Reason.SIBLING: N_("answers the same mail as {0}, among the same people"),
    Reason.BOUNCE: N_("reports what became of {0}"),
    Reason.FIRST: N_("answers nothing that we know: a new conversation"),
    Reason.NEW_SUBJECT: N_("answers {0} with another subject: a new conversation"),
    Reason.STRANGER: N_("names {0}, but its sender did not take part in that: a new conversation"),
    Reason.CLOSED: N_("answers {0} in a closed conversation: a new conversation"),
    Reason.NUMBER: N_("quotes the number of a conversation, which proves nothing: a new conversation"),
    Reason.BACK_END: N_("placed by the back end"),
    Reason.AGENT: N_("placed by an agent"),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """What placement looks at in a mail. Addresses in lower case and without our tokens; ids with their brackets."""

    rfc_id: str
    sender: str
    participants: frozenset[str]
    """From, To and Cc."""
    subject: str
    references: tuple[str, ...] = ()
    """In-Reply-To first, then References from the nearest to the farthest."""
    bounce_of: str = ""
    """For a bounce: the Message-ID it is about."""
    bounced: frozenset[str] = frozenset()
    """For a bounce: the recipients it is about, where it names them."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored mail that shares a Message-ID with the one to be placed."""

    mail: Mail
    conversation_id: Ulid
    closed: bool = False
    outgoing: bool = False
    """Whether we sent it."""


@dataclass(frozen=True, slots=True)
class Target:
    """The conversation that a valid token of ours names."""

    conversation_id: Ulid
    subject: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """The conversation to join (None: a new one), others found to be the same one, and why."""

    conversation_id: Ulid | None
    reason: Reason
    data: str = ""
    may_belong_to: Ulid | None = None
    bridges: tuple[Ulid, ...] = ()
    """Conversations that this mail proves to be one with the joined one."""

    @property
    def code(self) -> str:
        """The form that is stored: a reason and what it is about."""
        return f"{self.reason} {self.data}".strip()


def place(
    mail: Mail,
    known: Sequence[Known],
    *,
    ours: frozenset[str],
    target: Target | None = None,
    numbered: Ulid | None = None,
) -> Placement:
    """Where `mail` belongs.

    Args:
        mail: The mail to place.
        known: Stored mails of the same account that are, or refer to, one of the mail's ids.
        ours: Our own addresses.
        target: What a valid token among the recipients names.
        numbered: A conversation whose number stands in the text; only ever a hint.
    """
    if mail.bounce_of:
        return _place_bounce(mail, known)
    joined: list[tuple[int, Placement]] = []
    refused: list[tuple[int, Placement]] = []
    if target is not None:
        if target.closed:
            refused.append((0, _new(Reason.CLOSED, target.conversation_id)))
        elif not same_matter(mail.subject, target.subject):
            refused.append((0, _new(Reason.NEW_SUBJECT, target.conversation_id)))
        else:
            joined.append((0, Placement(target.conversation_id, Reason.TOKEN)))
    for other in known:
        rank, placement = _relate(mail, other, ours)
        (joined if placement.conversation_id else refused).append((rank, placement))
    # Equal ranks fall to the older conversation, so that the order of `known` does not matter.
    joined.sort(key=lambda pair: (pair[0], pair[1].conversation_id or ""))
    refused.sort(key=lambda pair: (pair[0], pair[1].may_belong_to or ""))
    if joined:
        best = joined[0][1]
        others = {placement.conversation_id for _rank, placement in joined} - {best.conversation_id}
        bridges = tuple(sorted(other for other in others if other))
        return Placement(best.conversation_id, best.reason, best.data, bridges=bridges)
    if refused:
        return refused[0][1]
    if numbered is not None:
        return _new(Reason.NUMBER, numbered)
    return Placement(None, Reason.FIRST)


def explain(placement: str) -> str:
    """A stored placement as a sentence, in the language of the interface."""
    code, _space, data = placement.partition(" ")
    try:
        return _(_SENTENCES[Reason(code)]).format(data)
    except ValueError:
        return placement


def _relate(mail: Mail, other: Known, ours: frozenset[str]) -> tuple[int, Placement]:
    """How `mail` relates to a stored one: a rank (smaller is nearer) and the placement that follows from it alone."""
    theirs = other.mail
    if theirs.rfc_id in mail.references:
        rank = 1 + mail.references.index(theirs.rfc_id)
        took_part, reason = _took_part(mail, theirs, ours), Reason.REPLY
    elif mail.rfc_id in theirs.references:
        rank = 10_000 + theirs.references.index(mail.rfc_id)
        took_part, reason = _took_part(theirs, mail, ours), Reason.ANSWERED
    else:
        shared = [index for index, rfc_id in enumerate(mail.references) if rfc_id in theirs.references]
        rank = 20_000 + (shared[0] if shared else 10_000)
        took_part = bool(shared) and _took_part(mail, theirs, ours) and _took_part(theirs, mail, ours)
        reason = Reason.SIBLING
    if not took_part:
        return rank, _new(Reason.STRANGER, other.conversation_id, theirs.rfc_id)
    if not same_matter(mail.subject, theirs.subject):
        return rank, _new(Reason.NEW_SUBJECT, other.conversation_id, theirs.rfc_id)
    # What a closed conversation answered is its history, not a new question.
    if other.closed and reason is not Reason.ANSWERED:
        return rank, _new(Reason.CLOSED, other.conversation_id, theirs.rfc_id)
    return rank, Placement(other.conversation_id, reason, theirs.rfc_id)


def _took_part(later: Mail, earlier: Mail, ours: frozenset[str]) -> bool:
    """Whether the sender of `later` took part in `earlier`, and so did somebody who is not us.

    The second half stops a stranger who forges one of our own addresses.
    """
    if later.sender not in earlier.participants:
        return False
    strangers = _others(earlier.participants, ours), _others(later.participants, ours)
    return bool(strangers[0] & strangers[1]) or not (strangers[0] or strangers[1])


def _others(participants: Iterable[str], ours: frozenset[str]) -> frozenset[str]:
    return frozenset(participants) - ours


def _place_bounce(mail: Mail, known: Sequence[Known]) -> Placement:
    """A bounce joins the mail of ours that it is about, where the failed recipient is one we wrote to."""
    for other in known:
        if other.mail.rfc_id != mail.bounce_of:
            continue
        reported = not mail.bounced or bool(mail.bounced & other.mail.participants)
        if other.outgoing and reported:
            return Placement(other.conversation_id, Reason.BOUNCE, mail.bounce_of)
        return _new(Reason.STRANGER, other.conversation_id, mail.bounce_of)
    return Placement(None, Reason.FIRST)


def _new(reason: Reason, hint: Ulid, data: str = "") -> Placement:
    return Placement(None, reason, data, may_belong_to=hint)
