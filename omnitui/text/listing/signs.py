"""What the rows of the inbox are made of: the fields they show, styles, signs, densities, ages.

The first frame imports this module: nothing at the top but what draws, no dataclass, no enum (25 and 4 ms of 40).
"""

from __future__ import annotations

from omnitui.i18n import _

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final, Protocol

    from omnitui.clock import Millis

    class Row(Protocol):
        """What a row is drawn from: a `Conversation`, or the first frame's lighter reading of one."""

        @property
        def channel(self) -> str: ...
        @property
        def subject(self) -> str: ...
        @property
        def status(self) -> str: ...
        @property
        def priority(self) -> str: ...
        @property
        def contact(self) -> str: ...
        @property
        def assignee(self) -> str: ...
        @property
        def labels(self) -> tuple[str, ...]: ...
        @property
        def snoozed_until(self) -> int | None: ...
        @property
        def unread(self) -> int: ...
        @property
        def snippet(self) -> str: ...
        @property
        def last_message_at(self) -> int: ...
        @property
        def last_activity_at(self) -> int: ...
        @property
        def send_state(self) -> str | None: ...
        @property
        def has_draft(self) -> bool: ...
        @property
        def unanswered_since(self) -> int | None: ...
        @property
        def window_closes_at(self) -> int | None: ...
        @property
        def send_reason(self) -> str: ...
        @property
        def task_due_at(self) -> int | None: ...
        @property
        def sla_due_at(self) -> int | None: ...
        @property
        def sla_warn_at(self) -> int | None: ...
        @property
        def sla_left(self) -> int | None: ...
        @property
        def severity(self) -> str: ...


Run = tuple[str, str]
Line = tuple[Run, ...]

ROLES: Final[Mapping[str, str]] = {
    "row": "$foreground",
    "row.selected": "on $chosen",
    "row.selected.away": "on $chosen-dim",
    "row.marked": "on $chip",
    "row.cursor": "bold $primary",
    "row.mark": "bold $warning",
    "row.unread": "bold $primary",
    "row.channel": "$secondary",
    "row.channel.app": "$success",
    "row.channel.phone": "$warning",
    "row.channel.room": "$primary",
    "row.contact": "$foreground",
    "row.contact.unread": "bold $foreground",
    "row.subject": "$foreground",
    "row.subject.unread": "bold $foreground",
    "row.snippet": "$muted",
    "row.status": "$muted",
    "row.urgent": "bold $error",
    "row.high": "bold $warning",
    "row.unanswered": "$muted",
    "row.unanswered.long": "bold $warning",
    "row.window": "$muted",
    "row.window.short": "bold $warning",
    "row.window.closing": "bold $error",
    "row.sla": "$muted",
    "row.sla.risk": "bold $warning",
    "row.sla.late": "bold $error",
    "row.task": "$accent",
    "row.task.late": "bold $error",
    "row.incident": "bold $warning",
    "row.incident.bad": "bold $error",
    "row.reason": "$error",
    "row.match": "bold underline $foreground",
    "row.label": "$accent",
    "row.assignee": "$secondary",
    "row.age": "$muted",
    "row.state.done": "$success",
    "row.state.underway": "$muted",
    "row.state.held": "$warning",
    "row.state.failed": "bold $error",
    "row.state.unknown": "bold $warning",
    "row.draft": "$note",
    "row.new": "bold reverse $primary",
    "row.empty": "$muted",
}
"""Every style name that rows use, with its look where a theme does not say otherwise."""

COLUMNS: Final = ("status", "unanswered", "snippet", "labels", "assignee")
"""What rows show beside mark, channel, contact, subject, state of the last send and age, unless a view says otherwise.

Others are "until" (what is left of a snooze), "since" (the last activity, in words) and "reason" (why the last send
failed).
"""

CHANNEL_MARKS: Final = {
    "email": "@",
    "line": "L",
    "whatsapp": "W",
    "messenger": "M",
    "instagram": "I",
    "telegram": "G",
    "wechat": "w",
    "x": "X",
    "mastodon": "t",
    "sms": "s",
    "voice": "T",
    "slack": "S",
    "discord": "D",
    "matrix": "m",
    "xmpp": "J",
    "irc": "#",
    "webchat": "c",
    "webform": "f",
    "webhook": "h",
    "command": "!",
    "review": "r",
}
"""One ASCII sign a channel; terminals disagree about the width of pictures."""

_APPS: Final = ("line", "whatsapp", "messenger", "instagram", "telegram", "wechat", "x", "mastodon")
CHANNEL_STYLES: Final = {
    **dict.fromkeys(_APPS, "row.channel.app"),
    **dict.fromkeys(("sms", "voice"), "row.channel.phone"),
    **dict.fromkeys(("slack", "discord", "matrix", "xmpp", "irc"), "row.channel.room"),
}
"""The style of a channel's sign: customers' apps, telephones and rooms differ; all others are "row.channel"."""


class Density:
    """How many lines a conversation takes: TWO or ONE."""

    __slots__ = ("lines", "name")

    TWO: Density
    ONE: Density

    def __init__(self, name: str, lines: int) -> None:
        self.name = name
        self.lines = lines

    def __repr__(self) -> str:
        return f"Density.{self.name.upper()}"

    @classmethod
    def of(cls, name: str) -> Density:
        """The density called "two" or "one"; two for anything else."""
        return cls.ONE if name == "one" else cls.TWO


Density.TWO = Density("two", 2)
Density.ONE = Density("one", 1)


class Glyphs:
    """The signs of a row, each one cell wide."""

    __slots__ = (
        "cursor",
        "dash",
        "done",
        "draft",
        "due",
        "ellipsis",
        "failed",
        "held",
        "incident",
        "mark",
        "task",
        "unanswered",
        "underway",
        "unknown",
        "unread",
        "window",
    )

    def __init__(
        self,
        *,
        unread: str,
        done: str,
        underway: str,
        held: str,
        draft: str,
        ellipsis: str,
        dash: str,
        unanswered: str,
        window: str,
        task: str,
        due: str,
        incident: str,
    ) -> None:
        self.cursor, self.mark, self.failed, self.unknown = ">", "+", "!", "?"
        self.unread, self.done, self.underway, self.held = unread, done, underway, held
        self.draft, self.ellipsis, self.dash, self.unanswered = draft, ellipsis, dash, unanswered
        self.window, self.task, self.due, self.incident = window, task, due, incident


UNICODE: Final = Glyphs(
    unread="•",
    done="✓",
    underway="…",
    held="‖",
    draft="✎",
    ellipsis="…",
    dash="–",
    unanswered="←",
    window="⧗",
    task="◷",
    due="⚑",
    incident="◬",
)
ASCII: Final = Glyphs(
    unread="*",
    done="v",
    underway=".",
    held="=",
    draft="~",
    ellipsis="~",
    dash="-",
    unanswered="<",
    window="%",
    task="&",
    due=":",
    incident="/",
)

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY
LONG: Final = 4 * HOUR
"""Unanswered for longer than this, a conversation says so louder."""
ENDS: Final = 10_000_000_000_000
"""`omnitui.model.states.ENDS`, which the first frame has no time to load."""


def age(now: Millis, at: Millis) -> str:
    """How long ago, in at most four cells: now, 3m, 2h, 5d, 2y. Times to come count as now."""
    passed = now - at
    if passed < MINUTE:
        return _("now")
    if passed < HOUR:
        return _("{count}m").format(count=passed // MINUTE)
    if passed < DAY:
        return _("{count}h").format(count=passed // HOUR)
    if passed < YEAR:
        return _("{count}d").format(count=passed // DAY)
    return _("{count}y").format(count=passed // YEAR)
