"""How an answer leaves: by a reply token while one lives, else as a push with a retry key.

LINE takes a token once, and a push once for each key. So what became of an answer in doubt is asked by sending it again
the same way: it goes now, or LINE says that it had it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from omnitui.sdk import (
    Accepted,
    Broken,
    Context,
    Found,
    Json,
    Millis,
    NotFound,
    NotReady,
    Outbound,
    Outcome,
    Reconciled,
    Rejected,
    TextUnit,
    Unknowable,
    Unknown,
    measured,
)
from omnitui_line.client import MessagingApi, Refusal
from omnitui_line.tokens import USABLE, Attempt, Heard, Tokens, on_disk

TEXT = 5_000


class Sender:
    """Sends the answers of one account."""

    def __init__(self, context: Context, api: MessagingApi, tokens: Tokens) -> None:
        self._mark = context.mark
        self._log = context.log
        self._clock = context.clock
        self._api = api
        self._tokens = tokens
        self._alone = not context.settings.get("gateway")
        """Whether nobody else answers with what LINE gave us: the gateway is our own."""

    async def send(self, op: Outbound) -> Outcome:
        """Answer a customer, free where that can be."""
        if op.files:
            return Rejected("LINE takes no files from us: it fetches them from a public address, and there is none")
        if (length := measured(op.text, TextUnit.UTF16)) > TEXT:
            return Rejected(f"the text has {length:,} UTF-16 units; LINE takes {TEXT:,}")
        attempt = await on_disk(lambda: self._tokens.begin(to_of(op), op.idempotency_key, self._now()))
        await self._mark(op.op_id)
        try:
            if attempt.token and not isinstance(outcome := await self._by_token(op, attempt), Refusal):
                return outcome
            if attempt.by_token:
                # LINE takes the token no more, so nothing has left.
                await on_disk(lambda: self._tokens.begin(to_of(op), op.idempotency_key, self._now(), push=True))
            return await self._push(op)
        except Refusal as refusal:
            return Rejected(str(refusal))
        except Broken as broken:
            return Unknown(str(broken))

    async def _by_token(self, op: Outbound, attempt: Attempt) -> Accepted | Refusal:
        """Answer by a reply token; what LINE says where it takes the token no more. Raises `Refusal`, `Broken`."""
        said = {"replyToken": attempt.token, "messages": [await self._message(op)]}
        try:
            return await self._taken(op, await self._api.post("message/reply", said))
        except Refusal as refusal:
            if "reply token" in str(refusal).lower():
                return refusal
            raise

    async def _push(self, op: Outbound) -> Accepted:
        """Push, once however often this is called. Raises `Refusal`, `Broken`."""
        said = {"to": to_of(op), "messages": [await self._message(op)]}
        key = uuid.uuid5(uuid.NAMESPACE_OID, op.idempotency_key)
        try:
            return await self._taken(op, await self._api.post("message/push", said, retry_key=str(key)))
        except Refusal as refusal:
            if refusal.status == 409:
                return await self._taken(op, refusal.said)
            raise

    async def _message(self, op: Outbound) -> Json:
        token = await on_disk(lambda: self._tokens.quote(to_of(op), op.reply_to_external_id))
        return {"type": "text", "text": op.text} | ({"quoteToken": token} if token else {})

    async def _taken(self, op: Outbound, said: Mapping[str, Any]) -> Accepted:
        """LINE has it; what it called it."""
        sent = said.get("sentMessages")
        first = sent[0] if isinstance(sent, list) and sent and isinstance(sent[0], dict) else {}
        named, quote = str(first.get("id") or ""), str(first.get("quoteToken") or "")
        try:
            sent_now = Heard(to_of(op), self._now(), message=named, quote_token=quote)
            await asyncio.to_thread(self._tokens.taken, op.idempotency_key, sent_now)
        except OSError as error:
            self._log(f"what LINE answered cannot be noted: {error.strerror}")
        return Accepted(named, conversation=to_of(op))

    async def find(self, op: Outbound) -> Reconciled:
        """Ask by sending it once more the same way: LINE takes a token, and a push with its retry key, only once."""
        attempt = await on_disk(lambda: self._tokens.attempt(to_of(op), op.idempotency_key, self._now()))
        if attempt is None:
            return Unknowable("it was tried more than a day ago, and LINE remembers no longer what it took")
        if attempt.sent:
            return Found(attempt.sent)
        try:
            if attempt.by_token:
                return await self._found_by_token(op, attempt)
            return Found((await self._push(op)).external_id)
        except Broken as broken:
            raise NotReady(str(broken)) from broken
        except Refusal as refusal:
            if refusal.status == 429:
                return Unknowable(str(refusal))
            return NotFound()

    async def _found_by_token(self, op: Outbound, attempt: Attempt) -> Reconciled:
        answer = await self._by_token(op, attempt) if attempt.token else None
        if isinstance(answer, Accepted):
            return Found(answer.external_id)
        if self._alone and answer is not None and answer.at is not None and answer.at - attempt.token_at < USABLE:
            # By LINE's own clock the token still lives: it was used, and nobody but this op had it.
            return Found()
        return Unknowable("it left by a reply token that LINE takes no more: nobody can tell whether this was it")

    def _now(self) -> Millis:
        return self._clock.now()


def to_of(op: Outbound) -> str:
    """To whom an op goes."""
    return op.conversation or op.contact
