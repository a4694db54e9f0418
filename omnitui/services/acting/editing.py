"""Changing and deleting what an agent wrote: notes always where they are ours alone, messages where the channel can."""

from __future__ import annotations

from typing import NoReturn

from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Message
from omnitui.model.operations import Op
from omnitui.model.people import Agent
from omnitui.model.states import Direction, MessageKind, ObjectKind, Reach, SendState, Verb
from omnitui.sdk import snapshot
from omnitui.services.acting.recording import Intent, record
from omnitui.store.reads import accounts, history, inbox
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended

_GONE = (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ)


def edit(tx: Tx, me: Agent, message_id: Ulid, text: str) -> Op | None:
    """Put other words into a message; what it said before is kept. None where it says so already.

    Raises:
        NotFound: There is no such message.
        Refused: It is not the agent's, or its channel cannot do this; or nothing would be left of it.
    """
    if not text.strip():
        raise Refused(_("there is nothing left of it"), hint=_("delete it instead"))
    message = _own(tx, me, message_id, Verb.EDIT)
    intent = Intent(Verb.EDIT, ObjectKind.MESSAGE, message_id, {"text": mended(text)}, message.conversation_id)
    return record(tx, me.id, tx.ids.new(), intent, travels=bool(message.external_id))


def delete(tx: Tx, me: Agent, message_id: Ulid) -> Op | None:
    """Take a message away.

    Raises:
        NotFound: There is no such message.
        Refused: It is not the agent's, or its channel cannot do this.
    """
    message = _own(tx, me, message_id, Verb.DELETE)
    intent = Intent(Verb.DELETE, ObjectKind.MESSAGE, message_id, {"exists": False}, message.conversation_id)
    return record(tx, me.id, tx.ids.new(), intent, travels=bool(message.external_id))


def check(message: Message, me: Ulid, channel: str, note: Reach, verb: Reach) -> None:
    """Whether an agent may change a message, or delete it.

    Args:
        message: Which.
        me: The agent.
        channel: The medium it went by.
        note: How far notes travel on its account.
        verb: How far the change would travel.

    Raises:
        Refused: It may not, and why.
    """
    if message.deleted:
        raise Refused(_("this message is deleted already"))
    if message.kind is MessageKind.ACTIVITY:
        raise Refused(_("this line says what was done; it is nobody's message"))
    if message.direction is Direction.INCOMING:
        raise Refused(_("the customer wrote this; only your own messages can be changed"))
    if message.author_id != me:
        raise Refused(_("somebody else wrote this; only your own messages can be changed"))
    if message.kind is MessageKind.NOTE:
        if note is not Reach.LOCAL and verb is Reach.LOCAL:
            raise Refused(_("the back end keeps notes as they were written"), hint=_("write another note"))
        return
    if message.state not in _GONE:
        raise Refused(_("this message has not left"), hint=_("undo takes it back into the composer"))
    if verb is Reach.LOCAL or not message.external_id:
        raise Refused(
            _("what was sent by {channel} cannot be changed or taken back").format(channel=channel),
            hint=_("write another message to put it right"),
        )


def _own(tx: Tx, me: Agent, message_id: Ulid, verb: Verb) -> Message:
    message = history.message(tx.db, message_id)
    if message is None:
        _missing(message_id)
    conversation = inbox.conversation(tx.db, message.conversation_id)
    if conversation is None:
        _missing(message_id)
    reach = snapshot.read(accounts.capabilities(tx.db, message.account_id), conversation.channel).reach
    check(message, me.id, conversation.channel, reach.get(Verb.NOTE, Reach.LOCAL), reach.get(verb, Reach.LOCAL))
    return message


def _missing(message_id: Ulid) -> NoReturn:
    raise NotFound(_("there is no message {id}").format(id=message_id))
