"""What agents do: every change is an op, recorded and applied in one durable commit, and can be undone.

All methods block for one commit (a few milliseconds); faces call them off their event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.acting import steps
from omnitui.desk.times.until import Until, zone_called
from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Priority, Status, Verb
from omnitui.services.acting import deciding, editing, merging, reverting
from omnitui.services.acting.performing import jobs
from omnitui.services.acting.recording import Intent, record
from omnitui.services.acting.tasking import Tasking
from omnitui.services.acting.undoing import Undone, redo, undo
from omnitui.services.incidents.handling import Incidents
from omnitui.store.conversations import pass_windows
from omnitui.store.reads import accounts, history, inbox
from omnitui.store.reads import merging as merged_reads
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended_all

CONTACT_FIELDS = frozenset({"name", "segment", "language", "time_zone", "about", "organization", "fields"})
AT_ONCE: Final = 200
"""Conversations whose windows are noticed to have passed in one commit."""


class Operations(Incidents, Tasking):
    """Records what the profile's agent does; see `Writing` for what it takes."""

    # Changing

    def set_status(self, ids: Iterable[Ulid], status: Status, *, reason: str = "") -> list[Op]:
        """Resolve, reopen, close, wait: `snoozed_until` ends with it."""
        after = {"status": status.value, "snoozed_until": None}
        return self._each(ids, Verb.STATUS, lambda tx, id_: after, reason)

    def assign(self, ids: Iterable[Ulid], agent_id: Ulid | None) -> list[Op]:
        """Make an agent responsible; None: nobody."""
        return self._each(ids, Verb.ASSIGN, lambda tx, id_: {"assignee_id": agent_id})

    def label(self, ids: Iterable[Ulid], *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> list[Op]:
        """Put labels on and take labels off."""
        on, off = {steps.label_name(name) for name in add}, {steps.label_name(name) for name in remove}

        def after(tx: Tx, id_: Ulid) -> Mapping[str, Json]:
            conversation = inbox.conversation(tx.db, id_)
            return {"labels": sorted((set(conversation.labels if conversation else ()) | on) - off)}

        return self._each(ids, Verb.LABEL, after)

    def set_priority(self, ids: Iterable[Ulid], priority: Priority) -> list[Op]:
        """Say how much conversations matter."""
        return self._each(ids, Verb.PRIORITY, lambda tx, id_: {"priority": priority.value})

    def snooze(self, ids: Iterable[Ulid], until: Millis | Until) -> list[Op]:
        """Hide conversations until a time, or until the customer writes.

        Raises:
            Refused: The time has passed, or none of them has the reply window or the incident that is meant.
        """
        when = until if isinstance(until, Until) else Until(until)
        if when.at is not None and when.at <= self._cache.clock.now():
            raise Refused(_("that time has passed"))
        done = self.perform(jobs(ids, [steps.snooze(when)]))
        if done.left and not done.ops:
            raise Refused(done.left[0].why_not)
        return list(done.ops)

    def wake_due(self) -> list[Op]:
        """Reopen what was snoozed until now, by ops, so that the log shows it; and notice windows that have passed."""
        now = self._cache.clock.now()
        while self._cache.read(inbox.something_due, now) and self._cache.write(lambda tx: pass_windows(tx, AT_ONCE)):
            pass
        due = self._cache.read(inbox.due_snoozes, now)
        after = {"status": Status.OPEN.value, "snoozed_until": None}
        return self._each(due, Verb.WAKE, lambda tx, id_: after, _("the snooze ended")) if due else []

    def mark_read(self, ids: Iterable[Ulid], read: bool = True) -> list[Op]:
        """Mark every message read, or the newest of the customer unread."""

        def after(tx: Tx, id_: Ulid) -> Mapping[str, Json]:
            return {"unread": [] if read else history.newest_incoming(tx.db, id_)}

        chosen = list(ids)
        if read:
            shown = self._cache.read(merged_reads.members, chosen)
        else:
            shown = [self._cache.read(merged_reads.way, one) for one in chosen]
        return self._each(shown, Verb.READ, after)

    def set_contact(self, contact_id: Ulid, fields: Mapping[str, Json]) -> list[Op]:
        """Change what is known of a person.

        Raises:
            Refused: There is no such field, or no such time zone.
        """
        strange = sorted(set(fields) - CONTACT_FIELDS)
        if strange:
            known = ", ".join(sorted(CONTACT_FIELDS))
            raise Refused(_("a contact has no {field}").format(field=strange[0]), hint=_("one of: {}").format(known))
        zone = str(fields.get("time_zone") or "")
        if zone and zone_called(zone) is None:
            raise Refused(_("there is no time zone “{name}”").format(name=zone), hint="Asia/Tokyo, Europe/Berlin, …")
        return self._commit([Intent(Verb.CONTACT, ObjectKind.CONTACT, contact_id, mended_all(dict(fields)))])

    def link(self, contact_id: Ulid, other_id: Ulid, reason: str = "") -> list[Op]:
        """Say that two contacts are the same person; nothing is merged, and `unlink` takes it back."""
        if contact_id == other_id:
            raise Refused(_("a contact cannot be linked to itself"))
        after = {"exists": True, "contact_id": contact_id, "other_id": other_id, "reason": reason}
        return self._commit([Intent(Verb.LINK, ObjectKind.LINK, self._cache.ids.new(), after, reason=reason)])

    def unlink(self, contact_id: Ulid, other_id: Ulid) -> list[Op]:
        """Take back that two contacts are the same person.

        Raises:
            NotFound: They are not linked.
        """
        pair = {contact_id, other_id}
        links = [
            link.id for link in self._cache.read(accounts.links, contact_id) if {link.contact_id, link.other_id} == pair
        ]
        if not links:
            raise NotFound(_("these contacts are not linked"))
        return self._commit([Intent(Verb.UNLINK, ObjectKind.LINK, id_, {"exists": False}) for id_ in links])

    def merge(self, head_id: Ulid, ids: Iterable[Ulid], reason: str = "") -> list[Op]:
        """Show conversations as one with another; nothing is moved, and `split` cuts them apart again."""
        return self._cache.write(lambda tx: self._recorded(tx, merging.merged(tx.db, head_id, ids, reason)))

    def split(self, ids: Iterable[Ulid]) -> list[Op]:
        """Cut conversations apart that are shown as one."""
        return self._cache.write(lambda tx: self._recorded(tx, merging.cut(tx.db, ids)))

    def move(self, message_id: Ulid, conversation_id: Ulid) -> list[Op]:
        """Put a message into another conversation of the same account."""
        message = self._cache.read(history.message, message_id)
        target = self._target(conversation_id)
        if message is None:
            raise NotFound(_("there is no message {id}").format(id=message_id))
        if message.account_id != target.account_id:
            raise Refused(_("a message cannot be moved to another account"))
        if message.op_id and message.state is not None and not message.state.settled:
            raise Refused(_("this message is still on its way"))
        after = {"conversation_id": conversation_id}
        return self._commit([Intent(Verb.MOVE, ObjectKind.MESSAGE, message_id, after, message.conversation_id)])

    def edit_message(self, message_id: Ulid, text: str) -> Op | None:
        """Put other words into a note of one's own, or into a message where its channel can. See `editing.edit`."""
        return self._cache.write(lambda tx: editing.edit(tx, self._me, message_id, text))

    def delete_message(self, message_id: Ulid) -> Op | None:
        """Take away a note of one's own, or a message where its channel can. See `editing.delete`."""
        return self._cache.write(lambda tx: editing.delete(tx, self._me, message_id))

    # Taking back

    def undo(
        self, op_or_group_id: Ulid | None = None, *, rest: Ulid | None = None, left: Collection[Ulid] = ()
    ) -> Undone:
        """Undo an act: the given op's, else the agent's last one that can be undone. See `undoing.undo`."""
        return self._cache.write(lambda tx: undo(tx, self._me, op_or_group_id, rest=rest, left=left))

    def revert(self, op_id: Ulid, *, others: bool = False) -> Undone:
        """Take back one op alone, of whatever age; see `reverting.revert`."""
        return self._cache.write(lambda tx: reverting.revert(tx, self._me, op_id, others=others))

    def redo(self, op_or_group_id: Ulid | None = None) -> Undone:
        """Do again what was undone last, or the given act if it was undone."""
        return self._cache.write(lambda tx: redo(tx, self._me, op_or_group_id))

    # The outbox

    def cancel(self, op_id: Ulid) -> Undone:
        """Take a reply or other op back that has not left."""
        return self.undo(op_id)

    def retry(self, op_id: Ulid, *, anyway: bool = False) -> None:
        """Send a deferred, failed or blocked op now; its author has seen why it waited. See `deciding.retry`."""
        self._cache.write(lambda tx: deciding.retry(tx, op_id, anyway=anyway))

    def settle(self, op_id: Ulid, *, sent: bool) -> None:
        """Decide about an op of which nobody knows whether it arrived: it did, or it goes again."""
        self._cache.write(lambda tx: deciding.settle(tx, op_id, sent=sent))

    def ask(self, op_id: Ulid) -> None:
        """Have the back end asked whether an op arrived of which nobody knows it; what it says is shown."""
        self._cache.write(lambda tx: deciding.ask(tx, op_id))

    # How

    def _each(
        self, ids: Iterable[Ulid], verb: Verb, after: Callable[[Tx, Ulid], Mapping[str, Json]], reason: str = ""
    ) -> list[Op]:
        """The same change on many conversations: one group, one commit."""
        chosen = list(dict.fromkeys(ids))

        def work(tx: Tx) -> list[Op]:
            group = tx.ids.new()
            made = [
                record(
                    tx,
                    self._me.id,
                    group,
                    Intent(verb, ObjectKind.CONVERSATION, id_, after(tx, id_), id_, reason),
                )
                for id_ in chosen
            ]
            return [op for op in made if op is not None]

        return self._cache.write(work)

    def _commit(self, intents: Sequence[Intent]) -> list[Op]:
        return self._cache.write(lambda tx: self._recorded(tx, intents))

    def _recorded(self, tx: Tx, intents: Sequence[Intent]) -> list[Op]:
        group = tx.ids.new()
        made = [record(tx, self._me.id, group, intent) for intent in intents]
        return [op for op in made if op is not None]
