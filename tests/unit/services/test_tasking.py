"""Tasks: promised, changed, done, and all of it undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnitui.clock import DAY, HOUR, Millis
from omnitui.errors import NotFound, Refused
from omnitui.ids import Ulid
from omnitui.model.states import ObjectKind, Reach
from omnitui.model.tasks import Task, TaskKind
from omnitui.services.acting.operations import Operations
from omnitui.store.cache import Cache
from omnitui.store.forgetting import erasure
from omnitui.store.reads import belongings, inbox, oplog, tasks
from tests.support.desk import a_cache, a_conversation

BACK, UP = TaskKind.CALL_BACK, TaskKind.FOLLOW_UP


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    made = a_cache(tmp_path)
    yield made
    made.close()


def promise(cache: Cache, conversation_id: Ulid, hours: int, kind: TaskKind = BACK, text: str = "") -> Ulid:
    due = cache.clock.now() + hours * HOUR
    return Operations(cache).add_task(conversation_id, kind, due, text, assignee_id=cache.me().id).object_id


def due(cache: Cache, conversation_id: Ulid) -> Millis | None:
    found = cache.read(inbox.conversation, conversation_id)
    assert found is not None
    return found.task_due_at


def the(cache: Cache, task_id: Ulid) -> Task:
    found = cache.read(tasks.task, task_id)
    assert found is not None
    return found


def test_a_task_stands_at_its_conversation_until_it_is_done_or_taken_away(cache: Cache) -> None:
    one = a_conversation(cache, "please call", contact="Ann Stone").id
    now, operations = cache.clock.now(), Operations(cache)
    late, soon = promise(cache, one, 5, UP, "  send\nthe   form "), promise(cache, one, 2)
    assert due(cache, one) == now + 2 * HOUR
    assert [found.id for found in cache.read(tasks.of_conversation, one)] == [soon, late]
    assert the(cache, late).text == "send the form"
    assert the(cache, late).contact == "Ann Stone"
    assert the(cache, soon).assignee_id == cache.me().id
    (op,) = operations.complete_tasks([soon, soon])
    assert op.reach is Reach.LOCAL
    assert op.kind is ObjectKind.TASK
    assert due(cache, one) == now + 5 * HOUR
    assert operations.complete_tasks([soon]) == []
    operations.drop_task(late)
    assert due(cache, one) is None
    assert cache.read(tasks.of_conversation, one) == []
    assert [found.id for found in cache.read(tasks.of_conversation, one, done=True)] == [soon]
    with pytest.raises(NotFound):
        operations.complete_tasks([late])
    operations.undo()
    assert due(cache, one) == now + 5 * HOUR
    operations.complete_tasks([soon], done=False)
    assert due(cache, one) == now + 2 * HOUR


def test_every_change_of_a_task_can_be_undone_and_done_again(cache: Cache) -> None:
    one = a_conversation(cache, "please call").id
    operations = Operations(cache)
    before = the(cache, promise(cache, one, 2, text="first"))
    operations.change_task(before.id, {"text": "second", "due_at": before.due_at + DAY, "assignee_id": None})
    changed = the(cache, before.id)
    assert (changed.text, changed.due_at, changed.assignee_id) == ("second", before.due_at + DAY, None)
    assert due(cache, one) == before.due_at + DAY
    operations.undo()
    assert (the(cache, before.id).text, due(cache, one)) == ("first", before.due_at)
    operations.redo()
    assert the(cache, before.id).text == "second"
    operations.undo()
    operations.undo()
    assert cache.read(tasks.task, before.id) is None
    assert due(cache, one) is None
    operations.redo()
    assert the(cache, before.id).text == "first"
    assert due(cache, one) == before.due_at
    assert cache.read(oplog.verify_chain)


@pytest.mark.parametrize(
    "fields", [{"text": "x" * 1_001}, {"due_at": 0}, {"due_at": 10**15}, {"kind": "dance"}, {"origin": 2}]
)
def test_what_a_task_cannot_be_is_refused(cache: Cache, fields: dict[str, object]) -> None:
    one = promise(cache, a_conversation(cache, "please call").id, 2)
    with pytest.raises((Refused, ValueError)):
        Operations(cache).change_task(one, fields)


def test_open_tasks_come_in_pages_the_first_due_first(cache: Cache) -> None:
    talks = [a_conversation(cache, f"matter {number}").id for number in range(3)]
    made = [promise(cache, talks[number % 3], hours) for number, hours in enumerate((9, 3, 3, 7, 1))]
    Operations(cache).change_task(made[0], {"assignee_id": None})
    nobody = cache.ids.new()
    wanted = sorted(made, key=lambda one: (the(cache, one).due_at, one))
    found: list[Task] = []
    while page := cache.read(tasks.page, after=(found[-1].due_at, found[-1].id) if found else None, limit=2):
        found += page
    assert [one.id for one in found] == wanted
    assert [one.id for one in cache.read(tasks.page, agent_id=nobody)] == [made[0]]
    assert cache.read(tasks.mine) == tuple(the(cache, one).due_at for one in wanted)


def test_an_erased_person_leaves_no_word_of_a_task(cache: Cache) -> None:
    one = a_conversation(cache, "please call", contact="Ann Stone")
    task_id = promise(cache, one.id, 2, text="secretword")
    doomed = cache.read(belongings.rows_of, [one.contact_id])
    cache.write(lambda tx: erasure.erase_all(tx, doomed, until=tx.now()))
    assert cache.read(tasks.task, task_id) is None
    assert cache.read(tasks.page) == []
    rows = cache.read(
        lambda db: db.execute("SELECT before || after FROM op_payload UNION SELECT text FROM task").fetchall()
    )
    assert "secretword" not in str(rows)
    assert cache.read(oplog.verify_chain)
    with pytest.raises(Refused):
        Operations(cache).undo()


STEPS = st.lists(
    st.tuples(st.sampled_from(("add", "done", "open", "move", "drop")), st.integers(0, 3), st.integers(1, 50)),
    max_size=12,
)


@settings(max_examples=8, deadline=None)
@given(steps=STEPS)
def test_any_acts_on_tasks_undone_in_reverse_give_the_first_state(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    cache = a_cache(tmp_path_factory.mktemp("desk"))
    try:
        one = a_conversation(cache, "please call").id
        operations, made = Operations(cache), [promise(cache, one, 1)]
        before = (cache.read(tasks.of_conversation, one), due(cache, one))
        acts = 0
        for step, which, hours in steps:
            task_id = made[which % len(made)]
            if step != "add" and cache.read(tasks.task, task_id) is None:
                continue
            match step:
                case "add":
                    made.append(promise(cache, one, hours))
                    acts += 1
                case "done" | "open":
                    acts += len(operations.complete_tasks([task_id], step == "done"))
                case "move":
                    acts += len(operations.change_task(task_id, {"due_at": cache.clock.now() + hours * HOUR}))
                case _:
                    acts += len(operations.drop_task(task_id))
            soonest = [found.due_at for found in cache.read(tasks.of_conversation, one)]
            assert due(cache, one) == (min(soonest) if soonest else None)
        for _act in range(acts):
            operations.undo()
        after = (cache.read(tasks.of_conversation, one), due(cache, one))
        plain = [[(found.id, found.due_at, found.done_at) for found in some] for some, _due in (before, after)]
        assert plain[0] == plain[1]
        assert before[1] == after[1]
    finally:
        cache.close()
