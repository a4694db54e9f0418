"""Tasks: what is promised to a customer for a time. Each change is an op that stays on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from omnitui.clock import DAY, Millis
from omnitui.desk.acting import steps
from omnitui.desk.acting.steps import Step
from omnitui.errors import NotFound, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.model.tasks import Task, TaskKind
from omnitui.services.acting.recording import Intent, record
from omnitui.services.acting.writing import Writing
from omnitui.store.reads import tasks
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended

LONGEST: Final = 1_000
"""Characters of a task's words."""
_FARTHEST: Final[Millis] = 3_660 * DAY


class Tasking(Writing):
    """Makes, changes and completes tasks in the name of the profile's agent."""

    def add_task(
        self, conversation_id: Ulid, kind: TaskKind, due_at: Millis, text: str = "", *, assignee_id: Ulid | None = None
    ) -> Op:
        """Promise something to the contact of a conversation for a time.

        Args:
            conversation_id: Where it belongs.
            kind: A call-back or a follow-up.
            due_at: When it has to be done.
            text: What to do.
            assignee_id: Who does it; None: whoever comes first.

        Raises:
            NotFound: There is no such conversation, or no such agent.
            Refused: The words are too long, or the time is absurd.
        """
        after = {
            "exists": True,
            "conversation_id": self._target(conversation_id).conversation_id,
            "kind": kind.value,
            **self._checked({"text": text, "due_at": due_at, "assignee_id": assignee_id}),
        }
        (op,) = self._tasks([Intent(Verb.TASK, ObjectKind.TASK, self._cache.ids.new(), after, conversation_id)])
        return op

    def promising(self, kind: TaskKind, due_at: Millis, text: str = "", *, assignee_id: Ulid | None = None) -> Step:
        """The step that promises the same in each conversation that it is done to.

        Raises:
            Refused: The words are too long, or the time is absurd.
        """
        return steps.promise(kind, self._checked({"text": text, "due_at": due_at, "assignee_id": assignee_id}))

    def change_task(self, task_id: Ulid, fields: Mapping[str, Json]) -> list[Op]:
        """Set `text`, `due_at`, `assignee_id` or `kind` of a task; nothing where it is so already.

        Raises:
            NotFound: There is no such task.
            Refused: There is no such field, or it cannot have that value.
        """
        found = self._task(task_id)
        return self._tasks([_intent(found, self._checked(fields))])

    def complete_tasks(self, ids: Iterable[Ulid], done: bool = True) -> list[Op]:
        """Say that tasks are done, or not done after all; those that are so already are left alone."""
        found = [self._task(task_id) for task_id in dict.fromkeys(ids)]
        at = self._cache.clock.now() if done else None
        return self._tasks([_intent(one, {"done_at": at}) for one in found if (one.done_at is not None) is not done])

    def drop_task(self, task_id: Ulid) -> list[Op]:
        """Take a task away as if it had never been promised; undo brings it back."""
        return self._tasks([_intent(self._task(task_id), {"exists": False})])

    def _task(self, task_id: Ulid) -> Task:
        found = self._cache.read(tasks.task, task_id)
        if found is None:
            raise NotFound(_("There is no task {id}.").format(id=task_id))
        return found

    def _checked(self, fields: Mapping[str, Json]) -> dict[str, Json]:
        checked = dict(fields)
        if "text" in checked:
            checked["text"] = " ".join(mended(str(checked["text"] or "")).split())
            if len(checked["text"]) > LONGEST:
                raise Refused(_("a task has at most {n} letters").format(n=LONGEST))
        if "due_at" in checked and not 0 < checked["due_at"] <= self._cache.clock.now() + _FARTHEST:
            raise Refused(_("no task can be due then"))
        if "kind" in checked:
            checked["kind"] = TaskKind(checked["kind"]).value
        return checked

    def _tasks(self, intents: list[Intent]) -> list[Op]:
        def work(tx: Tx) -> list[Op]:
            group = tx.ids.new()
            made = [record(tx, self._me.id, group, intent) for intent in intents]
            return [op for op in made if op is not None]

        return self._cache.write(work) if intents else []


def _intent(task: Task, after: Mapping[str, Json]) -> Intent:
    return Intent(Verb.TASK, ObjectKind.TASK, task.id, after, task.conversation_id)
