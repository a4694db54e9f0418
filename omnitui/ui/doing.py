"""What the agent did last, what is being recorded of it, and which conversations the next act means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from omnitui.desk.acting.steps import Step
from omnitui.ids import Ulid
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.services.acting.performing import Job
    from omnitui.services.incidents.announcing import Announcement
    from omnitui.services.triage.recordings import Kept
    from omnitui.ui.desk import Desk

    Begin = Callable[[Desk, tuple[Ulid, ...]], None]


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done to any conversations: what was done last, or was recorded."""

    deed: str
    """What it does, in a word or two."""
    plan: Callable[[Desk, Sequence[Ulid]], list[Job]]
    """The steps for each; blocks."""
    reason: str = ""
    """For the op log."""
    begin: Begin | None = None
    """What the agent sees at once."""
    kept: Kept | None = None
    """How a recording keeps it over restarts."""


def of_steps(deed: str, *steps: Step, begin: Begin | None = None) -> Act:
    """An act that does the same steps to every conversation."""

    def plan(_desk: Desk, ids: Sequence[Ulid]) -> list[Job]:
        from omnitui.services.acting.performing import jobs

        return jobs(ids, steps)

    from omnitui.services.triage.recordings import Kept

    return Act(deed, plan, begin=begin, kept=Kept(deed, steps))


def of_kept(kept: Kept) -> Act:
    """The act of a recording that was kept; a macro is run as its file says now."""
    if not kept.macro:
        return of_steps(kept.deed, *kept.steps)

    def plan(desk: Desk, ids: Sequence[Ulid]) -> list[Job]:
        from omnitui.services.texts import macros

        return macros.plan(desk.session, macros.read(desk.session.profile).get(kept.macro), ids)

    return Act(kept.deed, plan, kept=kept)


def together(name: str, acts: Sequence[Act]) -> Act:
    """Several acts as one, in their order."""

    def plan(desk: Desk, ids: Sequence[Ulid]) -> list[Job]:
        from omnitui.services.acting.performing import joined

        return joined([act.plan(desk, ids) for act in acts])

    def begin(desk: Desk, ids: tuple[Ulid, ...]) -> None:
        for act in acts:
            if act.begin is not None:
                act.begin(desk, ids)

    return Act(f"{name}: {', '.join(act.deed for act in acts)}", plan, begin=begin)


class Doing:
    """The state of acting, beside what is on the screen."""

    def __init__(self) -> None:
        self.aimed: tuple[Ulid, ...] | None = None
        """What the act that is being begun means, where a count or a motion said so."""
        self.last: Act | None = None
        self.registers: dict[str, tuple[Act, ...]] = {}
        """What was recorded since the start, by letter."""
        self.recorded: list[Act] = []
        """What is recorded now."""
        self.rest: Ulid | None = None
        """The act of which undo takes back what has not left, when it is pressed once more."""
        self.left = set[Ulid]()
        """Acts of which no more can be taken back, as the agent was told: undo means the one before them."""
        self.letter = ""
        """The register that the key before named."""
        self.replayed = ""
        """The register that was done last."""
        self.recording = ""
        """The letter that is recorded into now."""
        self.announcements: dict[Ulid, Announcement] = {}
        """What is half written to the customers of incidents, by those."""

    def keep(self, act: Act) -> None:
        """This is being done."""
        self.last = act
        if self.recording:
            self.recorded.append(act)
