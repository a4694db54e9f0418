"""Calls to customers: through a back end that rings the agent's own phone first, or by a softphone of the agent's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omnitui.clock import SECOND, Millis
from omnitui.errors import ConfigError, NotFound, OmniError, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.sdk import snapshot
from omnitui.services.acting import outgoing
from omnitui.services.acting.recording import Intent, record
from omnitui.services.acting.writing import Writing
from omnitui.services.programs.running import Ran, run
from omnitui.store.arriving import calls, inflow
from omnitui.store.reads import accounts, inbox, phones
from omnitui.store.reads.replying import reply_target
from omnitui.store.writer import Tx
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.config.settings import Voice

PLACE: Final = "{number}"
SPOKEN: Final = 10 * SECOND
"""A program that ends well after so long was a call; a shorter one only handed the number on, or nobody was there."""
HANG_UP_SECONDS: Final = 2.0
"""What a softphone has to hang up."""
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SIP: Final = re.compile(
    r"sips?:[A-Za-z0-9._~+-]{1,64}@(?:[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}|\[[0-9a-fA-F:]{2,39}\])(?::[0-9]{1,5})?"
)
_BETWEEN: Final = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")


@dataclass(frozen=True, slots=True)
class Line:
    """A way to call somebody."""

    number: str
    account_id: Ulid | None
    """The account that rings the agent's phone and connects; None: the softphone."""
    name: str
    """The account's, or the program's."""


def checked_number(text: str) -> str:
    """A telephone number as E.164 writes it (+81312345678), or a SIP address; `tel:` before it is taken away.

    Raises:
        Refused: It is neither: nothing else ever reaches a program or a back end.
    """
    number = text.strip()
    if _SIP.fullmatch(number):
        return number
    bare = _BETWEEN.sub("", number.removeprefix("tel:"))
    if _E164.fullmatch(bare):
        return bare
    raise Refused(_("this is no number that can be called"), hint=_("+81312345678, or sip:name@example.com"))


def _is_number(text: str) -> bool:
    with suppress(Refused):
        return bool(checked_number(text))
    return False


def dial_words(template: Sequence[str], number: str) -> list[str]:
    """The program and its arguments that dial a number.

    Raises:
        ConfigError: No program is set, or no argument of it has the place of the number.
    """
    if not template:
        raise ConfigError(_("no softphone is set"), hint=_("docs/voice.md: dial in [voice] of config.toml"))
    if PLACE in template[0] or not any(PLACE in word for word in template[1:]):
        raise ConfigError(
            _("dial in [voice] needs {place} in an argument of its program").format(place=PLACE),
            hint='dial = ["baresip", "-e", "/dial {number}"]',
        )
    number = checked_number(number)
    return [template[0], *(word.replace(PLACE, number) for word in template[1:])]


class Calling(Writing):
    """Calls in the name of the profile's agent. Nothing of it can be undone."""

    def now(self) -> Millis:
        """The time."""
        return self._cache.clock.now()

    def lines(self, conversation_id: Ulid, voice: Voice) -> list[Line]:
        """By which ways the contact of a conversation can be called, the conversation's own number first."""
        found: list[Line] = []
        numbers = [one for one in self._cache.read(phones.numbers, conversation_id) if _is_number(one)]
        if voice.agent_phone:
            for account in self._cache.read(accounts.accounts):
                able = snapshot.read(self._cache.read(accounts.capabilities, account.id), "voice")
                if able.calls and not account.paused:
                    found += [Line(number, account.id, account.name) for number in numbers if number.startswith("+")]
        if voice.dial:
            found += [Line(number, None, Path(voice.dial[0]).name) for number in numbers]
        return found

    def call(self, conversation_id: Ulid, number: str, account_id: Ulid, phone: str) -> Op:
        """Have an account ring the agent's phone and connect it with the customer; queued at once, and called once.

        Args:
            conversation_id: Whose contact is called.
            number: Theirs.
            account_id: The account that calls.
            phone: The agent's own.

        Raises:
            NotFound: There is no such conversation or account.
            Refused: The account cannot call, or one of the numbers is none.
        """
        number, phone = checked_number(number), checked_number(phone)
        if number == phone:
            raise Refused(_("this is your own phone"))
        able = snapshot.read(self._cache.read(accounts.capabilities, account_id), "voice")
        if not able.calls:
            raise Refused(_("this account cannot call"))
        here = self._cache.read(inbox.conversation, conversation_id)
        if here is None:
            raise NotFound(_("there is no conversation {id}").format(id=conversation_id))
        there = self._cache.read(phones.conversation_with, account_id, number)
        boxes = [one for one in self._cache.read(accounts.inboxes) if one.account_id == account_id]
        box = next((one for one in boxes if one.channel == "voice"), None)
        if there is None and box is None:
            raise Refused(_("this account cannot call"))

        def work(tx: Tx) -> Op:
            group, begun = tx.ids.new(), there
            if begun is None:
                assert box is not None
                contact, _identity = inflow.find_or_make_contact(tx, account_id, "voice", number, here.contact)
                begun = inflow.make_conversation(
                    tx, account_id=account_id, inbox_id=box.id, contact_id=contact, channel="voice"
                )
            target = reply_target(tx.db, begun)
            assert target is not None
            verb = Verb.NEW if there is None else Verb.REPLY
            fields = {"call": {"number": number, "phone": phone}}
            return self._send(tx, replace(target, contact=number), _CALLS, (), verb, 0, group, fields=fields)

        return self._cache.write(work)

    def note_call(self, conversation_id: Ulid, text: str) -> Op:
        """Keep that the softphone was used, as a line that only agents see."""
        target = self._target(conversation_id)

        def work(tx: Tx) -> Op:
            op_id = tx.ids.new()
            message = outgoing.note(target, self._me, text, (), tx.ids, tx.now(), op_id)
            fields = outgoing.as_fields(message)
            intent = Intent(Verb.CALL, ObjectKind.MESSAGE, message.id, fields, conversation_id, op_id=op_id)
            op = record(tx, self._me.id, op_id, intent)
            assert op is not None
            return op

        return self._cache.write(work)

    def called_back(self, conversation_id: Ulid, at: Millis) -> list[Op]:
        """What calls missed before `at` had promised is done."""
        return self._cache.write(lambda tx: calls.called_back(tx, conversation_id, at))


_CALLS: Final = "[call]"


async def dial(calling: Calling, conversation_id: Ulid, number: str, voice: Voice, *, profile: str) -> Ran:
    """Call by the softphone and wait for its end; the conversation keeps that it was dialled, and what came of it.

    Raises:
        ConfigError, Refused: See `dial_words` and `checked_number`; nothing was dialled then.
        OmniError: The program could not be started, or took longer than a call may.
    """
    words = dial_words(voice.dial, number)
    program, number = Path(words[0]).name, checked_number(number)
    begun = _("[call] {number}: dialled by {program}").format(number=number, program=program)
    await asyncio.to_thread(calling.note_call, conversation_id, begun)
    at, outcome = calling.now(), _("cut off")
    try:
        ran = await run(words, seconds=voice.seconds, profile=profile, patience=HANG_UP_SECONDS)
        outcome = _("{program} ended").format(program=program)
        if ran.code:
            failed = _("{program} failed with {code}").format(program=program, code=ran.code)
            outcome = f"{failed}: {ran.last_words}" if ran.last_words else failed
        elif calling.now() - at >= SPOKEN:
            await asyncio.to_thread(calling.called_back, conversation_id, at)
        return ran
    except OmniError as error:
        outcome = error.message
        raise
    finally:
        length = call_length(calling.now() - at)
        ended = _("[call] {number}: {outcome}, {length}").format(number=number, outcome=outcome, length=length)
        # Also where the console ends: what was dialled has its end in the conversation.
        await asyncio.shield(asyncio.to_thread(calling.note_call, conversation_id, ended))


def call_length(length: Millis) -> str:
    """A length of time as calls are counted: 1:05."""
    seconds = max(length, 0) // SECOND
    return f"{seconds // 60}:{seconds % 60:02d}"
