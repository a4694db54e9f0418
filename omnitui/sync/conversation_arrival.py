"""What a back end says of conversations and contacts, as against their messages, taken into the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.people import PICTURE
from omnitui.model.states import ObjectKind, SendState
from omnitui.sdk.events import ContactChanged, ConversationChanged, Rated, ReadUpTo
from omnitui.store import oplog
from omnitui.store.arriving import arrivals, inflow
from omnitui.store.arriving.standing import READ_BY_CONTACT, READ_BY_US

if TYPE_CHECKING:
    from omnitui.store.writer import Tx
    from omnitui.sync.arrival import Arrival


def take_change(arrival: Arrival, conversation_id: Ulid, event: ReadUpTo | ConversationChanged | Rated) -> None:
    """Take in what happened to a conversation that is here."""
    match event:
        case ReadUpTo():
            _read_up_to(arrival, conversation_id, event)
        case Rated():
            if arrivals.newest_fields(arrival.tx, conversation_id, ["csat"], event.at):
                inflow.rate(arrival.tx, conversation_id, event.score, event.raw, event.comment, event.at)
                arrival.shown += 1
        case ConversationChanged():
            change(arrival, conversation_id, _fields(arrival, event), event.at)


def change(arrival: Arrival, conversation_id: Ulid, fields: Mapping[str, Json], at: Millis) -> None:
    """Set fields as they were at the back end at a time, unless something later is known of them.

    What an agent here changed after that time stays: the op is on its way, or has arrived since. Where it is undone,
    the report holds after all.
    """
    tx = arrival.tx
    newest = arrivals.newest_fields(tx, conversation_id, fields, at)
    hidden = newest & arrivals.changed_here(tx.db, conversation_id, at)
    arrivals.withhold(tx, conversation_id, {name: fields[name] for name in sorted(hidden)}, at)
    if newest == hidden:
        return
    values = {name: arrivals.still(tx.db, conversation_id, name, fields[name], at) for name in sorted(newest - hidden)}
    _remember(tx, conversation_id, values, at)
    inflow.change_conversation(tx, conversation_id, values)
    arrival.shown += 1


def _remember(tx: Tx, conversation_id: Ulid, values: Mapping[str, Json], at: Millis) -> None:
    """Keep what a report says of fields that agents here change, for when they undo that.

    What is like what we show may be the echo of our own op, unless that has not left.
    """
    names = arrivals.SET_HERE & values.keys()
    if not names:
        return
    names &= arrivals.changed_here(tx.db, conversation_id, 0) | arrivals.withholds(tx.db, conversation_id)
    if names:
        now, _revision = oplog.current(tx, ObjectKind.CONVERSATION, conversation_id, sorted(names))
        waiting = arrivals.waiting_here(tx.db, conversation_id)
        news = {name: values[name] for name in sorted(names) if name in waiting or now[name] != values[name]}
        arrivals.withhold(tx, conversation_id, news, at)


def confirm_read(arrival: Arrival, conversation_id: Ulid) -> None:
    """What we sent before the customer's read mark has been read."""
    tx = arrival.tx
    at = arrivals.remote_at(tx.db, conversation_id, READ_BY_CONTACT)
    for external_id in arrivals.unconfirmed_until(tx.db, conversation_id, at) if at else ():
        done = inflow.set_receipt(tx, arrival.account.id, SendState.READ, at, external_id=external_id)
        arrival.shown += bool(done)


def take_contact(arrival: Arrival, event: ContactChanged) -> None:
    """Take in what the back end knows of a person."""
    contact_id, _identity_id = inflow.find_or_make_contact(
        arrival.tx, arrival.account.id, event.channel, event.address, event.name or ""
    )
    fields = dict(event.fields)
    if event.picture is not None:
        fields = {**(fields or inflow.fields_of(arrival.tx.db, contact_id)), PICTURE: event.picture}
    said: dict[str, Json] = {
        "name": event.name,
        "organization": event.organization,
        "segment": event.segment,
        "language": event.language,
        "time_zone": event.time_zone,
        "fields": fields or None,
    }
    values = {name: value for name, value in said.items() if value is not None}
    inflow.change_contact(arrival.tx, contact_id, values)
    for channel, address in event.also:
        # What was forgotten does not come back with what was said before.
        if not arrival.refusals.refuses(ContactChanged(channel, address)):
            reason = _("they gave the address themselves; nobody has proved it")
            inflow.give_address(arrival.tx, arrival.account.id, contact_id, channel, address, reason)
    arrival.shown += 1


def _read_up_to(arrival: Arrival, conversation_id: Ulid, event: ReadUpTo) -> None:
    name = READ_BY_US if event.by_us else READ_BY_CONTACT
    if not arrivals.newest_fields(arrival.tx, conversation_id, [name], event.at):
        return
    if event.by_us:
        for message_id in arrivals.unread_until(arrival.tx.db, conversation_id, event.at):
            arrival.shown += inflow.set_seen(arrival.tx, message_id)
    else:
        inflow.change_conversation(arrival.tx, conversation_id, {"read_by_contact_at": event.at})
        confirm_read(arrival, conversation_id)


def _fields(arrival: Arrival, event: ConversationChanged) -> Mapping[str, Json]:
    fields: dict[str, Json] = {
        "status": event.status,
        "vendor_status": event.vendor_status,
        "priority": event.priority,
        "labels": None if event.labels is None else sorted(set(event.labels)),
        "subject": event.subject,
        "window_closes_at": event.window_closes_at,
    }
    said = {name: value for name, value in fields.items() if value is not None}
    if event.assignee is not None:
        said["assignee_id"] = arrival.agent(event.assignee) if event.assignee else None
    return said
