"""Every setting there is. The docstrings below the fields are the rows of docs/config.md."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field
from datetime import UTC, datetime, tzinfo
from typing import Literal

from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Agent:
    """Who you are."""

    name: str = ""
    """Your name, as colleagues and customers see it. Empty: your login name."""
    addresses: tuple[str, ...] = ()
    """Your own mail addresses, so that `assignee:me` and mentions know you."""
    skills: tuple[str, ...] = ()
    """What `omnitui claim` and its key may give you, as queries of which one has to fit: `["label:billing",
    "channel:line"]`. Empty: anything."""
    languages: tuple[str, ...] = ()
    """The languages that you answer in: `["ja", "en"]`; you get no customer of another one, as far as it is known.
    Empty: all."""
    most_open: int = 0
    """How many open conversations you may have when you ask for the next one; 0 is no limit."""
    rank: int = 1
    """Where rules give conversations by rank, 1 is asked first."""


@dataclass(frozen=True, slots=True)
class Replies:
    """How replies leave."""

    hold: float = 8.0
    """Seconds in which a reply can still be undone; 0 sends at once. A new account takes this value."""
    hold_by_channel: Mapping[str, float] = field(default_factory=dict)
    """The same for single channels, and stronger than the account's own: `{ line = 3, email = 20 }`."""


@dataclass(frozen=True, slots=True)
class Composer:
    """Writing."""

    spell: tuple[str, ...] = ()
    """A command that gets the text and prints the words it does not know, one a line: `["aspell", "list"]`,
    `["hunspell", "-l", "-d", "en_GB"]`. They are underlined. Empty: no spelling."""


@dataclass(frozen=True, slots=True)
class Interface:
    """How the console looks."""

    keys: Literal["vim", "emacs", "plain"] = "vim"
    """Which keys: those of vim, of Emacs, or arrows, function keys and ctrl with letters. `preset` in keys.toml is
    stronger."""
    theme: str = ""
    """Name of a theme; `omnitui themes` lists them. Empty: the default. `auto`: the default or its light sister, as
    bright as the terminal says its background is."""
    rows: Literal["two", "one"] = "two"
    """Lines of a conversation in the list: `two`, or `one` to see twice as many."""
    transparent: bool = False
    """Whether the terminal's own background shows, with its picture or transparency."""
    signs: Literal["auto", "unicode", "ascii"] = "auto"
    """Signs, borders and marks: `ascii` for terminals and fonts that lack the others; `auto` takes `ascii` where the
    locale is no UTF-8 one."""


Column = Literal["status", "unanswered", "snippet", "labels", "assignee", "until", "since", "reason"]
_USUAL: tuple[Column, ...] = ("status", "unanswered", "snippet", "labels", "assignee")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the rows of each view show beside channel, contact, subject, state of the last send and age: `status`,
    `unanswered` (how long the customer has waited), `snippet` (how the last message begins), `labels`, `assignee`,
    `until` (what is left of a snooze), `since` (the last activity, in words), `reason` (why the last send failed).
    The key `I` in the list chooses them for the view that is open."""

    inbox: tuple[Column, ...] = _USUAL
    """Open conversations."""
    mine: tuple[Column, ...] = ("unanswered", "snippet", "labels")
    """Those that you have."""
    unassigned: tuple[Column, ...] = ("unanswered", "snippet", "labels")
    """Those that nobody has."""
    team: tuple[Column, ...] = _USUAL
    """Those of your teams."""
    unread: tuple[Column, ...] = _USUAL
    """Those with messages that you have not read."""
    mentions: tuple[Column, ...] = _USUAL
    """Those with a note that names you."""
    risk: tuple[Column, ...] = ("unanswered", "snippet", "assignee")
    """Those whose agreement is near its time."""
    closing: tuple[Column, ...] = ("unanswered", "snippet", "assignee")
    """Those whose reply window closes soon."""
    waiting: tuple[Column, ...] = ("since", "snippet", "labels", "assignee")
    """Those that wait for the customer."""
    snoozed: tuple[Column, ...] = ("until", "snippet", "labels", "assignee")
    """Those that sleep until a time."""
    failed: tuple[Column, ...] = ("reason", "assignee")
    """Those with a message that did not leave."""
    drafts: tuple[Column, ...] = _USUAL
    """Those with an unfinished answer."""
    resolved: tuple[Column, ...] = ("snippet", "labels", "assignee")
    """What is done."""
    spam: tuple[Column, ...] = ("snippet",)
    """What was taken for spam."""
    all: tuple[Column, ...] = _USUAL
    """Every conversation."""
    query: tuple[Column, ...] = _USUAL
    """Any other list: of a label, of a query that was typed."""

    def of(self, view_id: str, own: tuple[Column, ...] = ()) -> tuple[Column, ...]:
        """Those of a view; `own` are what views.toml says of it, if anything."""
        found: tuple[Column, ...] = own or self.__getattribute__(view_id if view_id in self.__slots__ else "query")
        return found


@dataclass(frozen=True, slots=True)
class Notify:
    """What the terminal tells while you look at another window."""

    via: Literal["auto", "bell", "osc9", "osc777", "osc99", "off"] = "auto"
    """How: `auto` asks what terminal it is, `bell` rings, `osc9` (iTerm2, WezTerm, ghostty), `osc777` (foot, urxvt,
    GNOME), `osc99` (kitty), `off`. Behind tmux it needs `set -g allow-passthrough on`, else it rings."""
    on: tuple[str, ...] = ("mine", "unassigned", "mentioned", "failed", "due", "sla")
    """About what: a new message in a conversation of yours, in one of nobody, a note that names you with `@`, a message
    that could not be sent, a task that falls due, an agreement (docs/sla.md) that is at risk or broken."""
    text: bool = False
    """Whether a notice about one message shows who wrote and how it begins; your screen may be seen by others."""
    quiet: str = ""
    """Hours without notices, in your zone: `22:00-07:00`."""
    every: float = 10.0
    """Seconds between two notices; what happens meanwhile becomes one."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Calls to customers by a key; docs/voice.md."""

    agent_phone: str = ""
    """Your own telephone number (+81312345678), which an account that calls (Twilio) rings first."""
    dial: tuple[str, ...] = ()
    """A softphone of yours: the program and its arguments, `{number}` in one of them. No shell sees it:
    `["baresip", "-e", "/dial {number}"]`."""
    seconds: float = 14_400.0
    """How long a call by it may take."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """Programs of yours that are run when something happens; docs/hooks.md."""

    seconds: float = 5.0
    """How long one may take."""
    unsure: Literal["keep", "send"] = "keep"
    """What becomes of a message whose `before_send` hook cannot be run, crashes or takes too long: it is kept back, or
    leaves all the same."""


@dataclass(frozen=True, slots=True)
class Csat:
    """Asking customers how satisfied they are; docs/csat.md."""

    text: Mapping[str, str] = field(default_factory=dict)
    """What is asked, by language: `{ en = "How was it, from 1 (bad) to 5 (good)?", de = "…" }`. English and Japanese
    have words of their own."""
    days: float = 7.0
    """How many days an answer counts."""
    again: float = 30.0
    """How many days the same customer is not asked again."""
    reopen: bool = False
    """Whether an answer of nothing but a score opens a conversation again and waits for an answer."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """Card numbers and secrets in what customers write; docs/forgetting.md. The cache keeps every word."""

    screen: Literal["nothing", "cards", "secrets", "both"] = "nothing"
    """What is covered wherever messages are shown, in the console and by the shell's verbs: `cards` leaves the last
    four digits of card numbers, `secrets` covers passwords, codes and keys."""
    exports: Literal["nothing", "cards", "secrets", "both"] = "nothing"
    """What is covered in what `omnitui export` writes."""
    retention: Literal["daily", "by hand"] = "daily"
    """When what accounts keep no longer is erased (`omnitui account set ACCOUNT retention 365d`): once a day by the
    console or the `omnitui sync` that syncs, or by `omnitui retention run` alone."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Whole copies of the cache on this machine, from which a damaged one is mended; docs/backup.md."""

    days: int = 3
    """How many days back there is one a day."""
    weeks: int = 2
    """How many weeks before these there is one a week. With `days = 0` and `weeks = 0` none is taken."""


@dataclass(frozen=True, slots=True)
class Log:
    """What is written to the log file. It never holds message texts or secrets."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level that is written."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole of config.toml."""

    language: str = ""
    """Language of the interface: `en` or `ja`. Empty: the one of your locale."""
    time_zone: str = ""
    """IANA name of the zone in which times are shown and read: `Asia/Tokyo`. Empty: the machine's."""
    teams: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Who works together: names of agents (`me` is you) and addresses of inboxes, `{ billing = ["me", "Mia Wong",
    "billing@example.com"] }`. `team:billing` finds what one of them has, and what nobody has in those inboxes;
    `team:mine` the same of all teams that you are in."""
    agents: Mapping[str, Agent] = field(default_factory=dict)
    """What rules that give conversations to agents know of your colleagues, by name or address: `[agents."Mia Wong"]`
    with `skills`, `languages`, `rank` and `most_open` as in `[agent]`."""
    agent: Agent = field(default_factory=Agent)
    replies: Replies = field(default_factory=Replies)
    composer: Composer = field(default_factory=Composer)
    interface: Interface = field(default_factory=Interface)
    columns: Columns = field(default_factory=Columns)
    notify: Notify = field(default_factory=Notify)
    voice: Voice = field(default_factory=Voice)
    hooks: Hooks = field(default_factory=Hooks)
    csat: Csat = field(default_factory=Csat)
    privacy: Privacy = field(default_factory=Privacy)
    snapshots: Snapshots = field(default_factory=Snapshots)
    log: Log = field(default_factory=Log)

    def zone(self) -> tzinfo:
        """The zone in which a person reads and writes times."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.time_zone) if self.time_zone else _machine_zone()


def _machine_zone() -> tzinfo:
    """The machine's zone by name, for its summer time; else today's distance from UTC."""
    from zoneinfo import ZoneInfo

    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        with suppress(OSError):
            name = os.readlink("/etc/localtime").partition("zoneinfo/")[2]
    with suppress(KeyError, ValueError, OSError):
        if name:
            return ZoneInfo(name)
    return datetime.now().astimezone().tzinfo or UTC
