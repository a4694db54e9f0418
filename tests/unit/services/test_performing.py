"""Acts of several steps: foreseen as they are done, whole or not at all per conversation, taken back by one undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.clock import HOUR, FrozenClock
from omnitui.desk.acting import steps
from omnitui.desk.times.until import Until
from omnitui.errors import Refused
from omnitui.ids import Ulid
from omnitui.model.accounts import Account
from omnitui.model.conversations import Draft
from omnitui.model.states import MessageKind, Priority, Status
from omnitui.sdk import Capabilities, Idempotency, snapshot
from omnitui.services.acting.operations import Operations
from omnitui.services.acting.performing import Job, jobs
from omnitui.store import accounts, drafts
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
from omnitui.store.reads import drafts as draft_reads
from omnitui.store.reads import history, inbox, oplog
from omnitui.store.writer import Tx


class Desk:
    """A cache with three conversations, the first of which has a reply window; the last account takes no writing."""

    def __init__(self, folder: Path) -> None:
        self.clock = FrozenClock()
        self.cache = Cache.open(folder, clock=self.clock)
        self.operations = Operations(self.cache)
        able = Capabilities(idempotency=Idempotency.FINDABLE)
        self.ids = [
            self._converse(able),
            self._converse(able),
            self._converse(Capabilities(able.idempotency, writes=False)),
        ]
        closes = self.clock.now() + 5 * HOUR
        self.cache.write(lambda tx: inflow.change_conversation(tx, self.ids[0], {"window_closes_at": closes}))

    def _converse(self, capabilities: Capabilities) -> Ulid:
        def work(tx: Tx) -> Ulid:
            account_id = tx.ids.new()
            accounts.put_account(tx, Account(account_id, "line", f"Shop {account_id}", created_at=tx.now()))
            accounts.set_capabilities(tx, account_id, snapshot.take(lambda channel: capabilities, ("line",)))
            box = accounts.put_inbox(tx, account_id, "line", f"shop-{account_id}")
            who = inflow.find_or_make_contact(tx, account_id, "line", f"u{account_id}", "Emma")[0]
            return inflow.make_conversation(
                tx, account_id=account_id, inbox_id=box.id, contact_id=who, channel="line", subject=""
            )

        return self.cache.write(work)

    def row(self, number: int) -> tuple[str, str, int | None, tuple[str, ...], str]:
        found = self.cache.read(inbox.conversation, self.ids[number])
        assert found is not None
        return found.status.value, found.priority.value, found.snoozed_until, found.labels, found.contact_reason

    def texts(self, number: int) -> list[str]:
        return [one.text for one in self.cache.read(history.page, self.ids[number], limit=50) if not one.deleted]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.cache.close()


HANDOFF = (
    steps.note("Please look at this."),
    steps.assign(None),
    steps.priority(Priority.HIGH),
    steps.label(add=["vip"]),
    steps.status(Status.RESOLVED, "billing/refund"),
)


def test_steps_are_one_act_and_one_undo(desk: Desk) -> None:
    before = [desk.row(number) for number in range(3)]
    done = desk.operations.perform(jobs(desk.ids, HANDOFF))
    assert len({op.group_id for op in done.ops}) == 1
    assert desk.row(1) == ("resolved", "high", None, ("vip",), "billing/refund")
    assert desk.texts(1) == ["Please look at this."]
    desk.operations.undo()
    assert [desk.row(number) for number in range(3)] == before
    assert desk.texts(1) == []


def test_what_is_foreseen_is_what_is_done(desk: Desk) -> None:
    act = (steps.status(Status.WAITING), steps.label(add=["a"], remove=["b"]), steps.snooze(Until(lead=2 * HOUR)))
    foreseen = desk.operations.foresee(jobs(desk.ids, act))
    assert [bool(one.why_not) for one in sorted(foreseen, key=lambda one: one.conversation.id)] == [False, True, True]
    done = desk.operations.perform(jobs(desk.ids, act))
    assert {one.conversation.id for one in done.left} == {one.conversation.id for one in foreseen if one.why_not}
    for one in foreseen:
        row = desk.cache.read(inbox.conversation, one.conversation.id)
        assert row is not None
        for change in one.changes:
            assert steps.fields_of(row)[change.field] == change.after
    assert {op.object_id for op in done.ops} == {desk.ids[0]}


def test_snooze_before_the_window_is_counted_from_each_window(desk: Desk) -> None:
    desk.operations.perform(jobs(desk.ids[:1], [steps.snooze(Until(lead=2 * HOUR))]))
    assert desk.row(0)[:3] == ("snoozed", "normal", desk.clock.now() + 3 * HOUR)


def test_snooze_until_a_reply_has_no_time_and_is_not_woken(desk: Desk) -> None:
    desk.operations.snooze(desk.ids[:1], Until())
    assert desk.row(0)[:3] == ("snoozed", "normal", None)
    desk.clock.advance(1_000 * HOUR)
    assert desk.operations.wake_due() == []


def test_snooze_of_one_conversation_that_has_no_window_is_refused(desk: Desk) -> None:
    with pytest.raises(Refused, match="no reply window"):
        desk.operations.snooze(desk.ids[1:2], Until(lead=HOUR))


def test_conversation_that_takes_no_reply_gets_none_of_the_steps(desk: Desk) -> None:
    done = desk.operations.perform(jobs(desk.ids, [steps.reply("Done."), steps.status(Status.RESOLVED)]))
    assert [desk.row(number)[0] for number in range(3)] == ["resolved", "resolved", "open"]
    assert [one.why_not for one in done.left] == ["this channel takes no written replies"]
    assert (desk.texts(0), desk.texts(2)) == (["Done."], [])


def test_job_that_is_known_not_to_do_is_left_and_told(desk: Desk) -> None:
    wanted = [Job(desk.ids[0], HANDOFF, why_not="no name"), *jobs(desk.ids[1:2], HANDOFF)]
    assert [one.why_not for one in desk.operations.foresee(wanted)].count("no name") == 1
    done = desk.operations.perform(wanted)
    assert (desk.row(0)[0], desk.row(1)[0]) == ("open", "resolved")
    assert [one.why_not for one in done.left] == ["no name"]


def test_what_is_so_already_makes_no_op(desk: Desk) -> None:
    desk.operations.perform(jobs(desk.ids, [steps.priority(Priority.HIGH)]))
    again = desk.operations.perform(jobs(desk.ids, [steps.priority(Priority.HIGH)]))
    assert again.ops == ()


def test_words_of_a_macro_leave_the_draft_alone_and_do_not_come_back(desk: Desk) -> None:
    mine = Draft(desk.cache.ids.new(), desk.ids[0], MessageKind.PUBLIC, "half a sentence")
    desk.cache.write(lambda tx: drafts.save(tx, mine))
    desk.operations.perform(jobs(desk.ids[:1], [steps.reply("From a file.")]), reason=f"{steps.MACRO}hello")
    desk.operations.undo()
    assert [one.text for one in desk.cache.read(draft_reads.drafts, desk.ids[0])] == ["half a sentence"]


def test_note_of_a_hand_off_comes_back_as_a_draft(desk: Desk) -> None:
    desk.operations.perform(jobs(desk.ids[:1], HANDOFF))
    desk.operations.undo()
    assert [one.text for one in desk.cache.read(draft_reads.drafts, desk.ids[0])] == ["Please look at this."]


def test_log_says_why(desk: Desk) -> None:
    desk.operations.perform(jobs(desk.ids[:1], HANDOFF), reason="on Monday")
    assert {op.reason for op in desk.cache.read(oplog.log)} == {"on Monday"}
