"""Calls that back ends tell of: a missed one promises a call-back, one that was answered keeps the promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.model.states import CallEnd, Direction
from omnitui.sdk import snapshot
from omnitui.store.arriving import calls
from omnitui.store.reads import accounts

if TYPE_CHECKING:
    from omnitui.clock import Millis
    from omnitui.sdk.events import MessageReceived
    from omnitui.store.arriving.messages import Stored
    from omnitui.sync.arrival import Arrival


def take_call(arrival: Arrival, event: MessageReceived, stored: Stored, received_at: Millis) -> None:
    """Take in what became of a call; told again, it changes nothing."""
    if event.call is None:
        return
    before = calls.put_end(arrival.tx, stored.message_id, event.call)
    if before is event.call:
        return
    if event.call is CallEnd.ANSWERED:
        calls.called_back(arrival.tx, stored.conversation_id, received_at)
    elif event.direction is Direction.INCOMING and not arrival.history and before in (None, CallEnd.ANSWERED):
        known = accounts.capabilities(arrival.tx.db, arrival.account.id)
        within = snapshot.read(known, event.channel).call_back
        if within is not None:
            calls.call_back(arrival.tx, stored.conversation_id, received_at, within)
