"""The two lines at the bottom: how the desk stands, and the keys of the focused pane."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from omnitui.clock import Millis
from omnitui.i18n import _, ngettext
from omnitui.model.states import NO_END, SendState, Verb
from omnitui.services.actions import ACTIONS, FOOTERS, Scope
from omnitui.services.keys.keymap import Keymap, shown
from omnitui.text.widths import cell_width, wrap
from omnitui.ui.keyboard import Keyboard
from omnitui.ui.look import phrases
from omnitui.ui.look.phrases import severity_role
from omnitui.ui.look.roles import Line, Piece, cropped, line_width, plain, spread
from omnitui.ui.picture import Standing

_ROLES = {"ok": "good", "new": "muted", "offline": "warn", "limited": "warn", "paused": "muted"}
GAP = 3
"""Blanks between the keys of the footer."""
_LOUD = (SendState.FAILED, SendState.BLOCKED, SendState.UNKNOWN)
_COUNTED = (
    SendState.HELD,
    SendState.QUEUED,
    SendState.SENDING,
    SendState.DEFERRED,
    SendState.FAILED,
    SendState.BLOCKED,
    SendState.UNKNOWN,
)


def status_line(
    standing: Standing,
    notice: tuple[str, str],
    now: Millis,
    width: int,
    *,
    undo_key: str,
    accounts_key: str = "",
    marks: str = "",
    trouble: str = "",
) -> Line:
    """What is marked, then notice, `trouble` or sync health at the left, the outbox at the right."""
    right = (
        *incident_pieces(standing, width // 2),
        *away_pieces(standing, now),
        *promise_pieces(standing, now),
        *outbox_pieces(standing, now, undo_key),
    )
    text, role = notice if notice[0] or not trouble else (f"! {trouble}", "bad")
    left: Line = ((f" {plain(text)}", role),) if text else ((" ", ""), *health_pieces(standing, now, accounts_key))
    if marks:
        left = ((f" {marks} ", "chosen"), *left)
    if line_width(left) + line_width(right) + 1 > width and text:
        return spread(left, (), width)
    return spread(left, right, width)


def parted(notice: tuple[str, str], width: int, marks: str = "") -> tuple[tuple[str, str], Line]:
    """A notice as far as the status line has room for it, and the rest as a line of its own."""
    text, role = plain(notice[0]), notice[1]
    room = width - 2 - (cell_width(marks) + 2 if marks else 0)
    if cell_width(text) <= room:
        return notice, ()
    first = wrap(text[: 2 * width], max(room, 20))[0].rstrip()
    if not text.startswith(first):
        return notice, ()
    return (first, role), cropped(((f" {text[len(first) :].lstrip()}", role),), width)


def health_pieces(standing: Standing, now: Millis, accounts_key: str = "") -> Line:
    """Each account's health, worst word first; names give way to counts where there are many."""
    accounts = worst(standing)
    if not accounts:
        return ((phrases.no_account(accounts_key), "warn"),)
    pieces: list[Piece] = []
    calm = [name for name, health, _since in accounts if health in ("ok", "new")]
    for name, health, since in accounts:
        if len(accounts) > 3 and health in ("ok", "new"):
            continue
        late = f" {phrases.ago(since, now)}" if health == "offline" and since else ""
        pieces += [
            (f"{plain(name)} ", "muted"),
            (_(phrases.HEALTH.get(health, health)) + late, _ROLES.get(health, "bad")),
            ("  ", ""),
        ]
    if len(accounts) > 3 and calm:
        word = ngettext("{n} account in step", "{n} accounts in step", len(calm)).format(n=len(calm))
        pieces.append((word, "good"))
    return tuple(pieces)


def worst(standing: Standing) -> list[tuple[str, str, Millis | None]]:
    """For each account its name, the worst health of its scopes, and when it was last in step."""
    order = ["ok", "new", "paused", "limited", "offline", "faulted", "auth"]
    found: dict[str, tuple[str, Millis | None]] = {}
    for entry in standing.ledger:
        health = "paused" if entry.account_id in standing.paused else entry.health
        known = found.get(entry.account_id)
        if known is None or (health in order and order.index(health) > order.index(known[0])):
            found[entry.account_id] = (health if health in order else "faulted", entry.last_sync_at)
    for account_id in standing.names:
        found.setdefault(account_id, ("paused" if account_id in standing.paused else "new", None))
    return [(standing.names[key], *value) for key, value in found.items() if key in standing.names]


def incident_pieces(standing: Standing, room: int) -> Line:
    """The worst incident that goes on, how it stands, and how many others there are."""
    if not standing.incidents:
        return ()
    worst_one, *others = standing.incidents
    more = f" +{len(others)}" if others else ""
    words = f"{plain(worst_one.title)}: {plain(worst_one.standing)}" if worst_one.standing else plain(worst_one.title)
    sign = f"{worst_one.severity.short} "
    said = cropped(((words, "strong"),), max(room - len(sign) - len(more) - 2, 8))
    return ((sign, severity_role(worst_one.severity)), *said, (f"{more}  ", "muted"))


def away_pieces(standing: Standing, now: Millis) -> Line:
    """That the agent is away, and for how long yet."""
    if standing.away is None or standing.away <= now:
        return ()
    if standing.away >= NO_END:
        return ((_("away") + "  ", "warn"),)
    return ((_("away for {span}").format(span=phrases.span(standing.away - now)) + "  ", "warn"),)


def promise_pieces(standing: Standing, now: Millis) -> Line:
    """How many of the agent's tasks are due."""
    due = sum(at <= now for at in standing.promised)
    return ((ngettext("{n} task due", "{n} tasks due", due).format(n=due) + "  ", "warn"),) if due else ()


def outbox_pieces(standing: Standing, now: Millis, undo_key: str) -> Line:
    """What is on its way, and what needs a decision."""
    counts = Counter(entry.state for entry in standing.outbox)
    pieces: list[Piece] = []
    held = [
        entry for entry in standing.outbox if entry.state is SendState.HELD and entry.verb in (Verb.REPLY, Verb.NEW)
    ]
    if held:
        left = phrases.span(min(entry.due_at for entry in held) - now)
        pieces.append((_("leaves in {span}, {key} takes it back").format(span=left, key=undo_key), "warn"))
        pieces.append(("  ", ""))
    # Nobody sends them now: the back end is to be asked yet whether they arrived.
    doubtful = sum(entry.state is SendState.SENDING and bool(entry.reason) for entry in standing.outbox)
    counts[SendState.SENDING] -= doubtful
    if doubtful:
        pieces.append((f"{doubtful} {_('in doubt')} ", "warn"))
    for state in _COUNTED:
        if counts[state] and not (state is SendState.HELD and held):
            loud = state in _LOUD
            mark = "! " if loud else ""
            pieces.append((f"{mark}{counts[state]} {_(phrases.SEND[state])} ", "bad" if loud else "warn"))
    return tuple(pieces)


def footer_line(keyboard: Keyboard, scope: Scope, width: int, *, first: bool = False) -> Line:
    """At most six keys of the focused pane; within a chord, what was typed of it.

    `first`: those of the dialog of a first message, which is no note, and from which no palette opens.
    """
    if keyboard.begun:
        missing = _("a letter") if keyboard.lettered else "…"
        return ((" ", ""), (f" {keyboard.begun} ", "chosen"), (f" {missing}   ", "muted"), *_key("esc", _("drops it")))
    wanted = [action_id for action_id in FOOTERS[scope] if not (first and action_id == "composer.mode")]
    named = [(keyboard.keymap.key_of(action_id), ACTIONS[action_id].word) for action_id in wanted]
    keys = [_key(key, word) for key, word in named if key]
    # The last one is the way out: help, or back.
    while len(keys) > 1 and sum(map(line_width, keys)) + 1 - GAP >= width:
        del keys[-2]
    *pieces, (last, role) = (piece for key in keys for piece in key)
    left: Line = ((" ", ""), *pieces, (last.rstrip(), role))
    right = () if first else _palette(keyboard.keymap)
    return spread(left, right if line_width(left) + GAP + line_width(right) < width else (), width)


def chord_lines(keyboard: Keyboard, width: int, why_not: Callable[[str], str] = lambda action_id: "") -> list[Line]:
    """What may follow a begun chord, in columns; what cannot be done now is muted."""
    ordered = sorted(keyboard.continuations(), key=lambda one: (one[0].casefold(), one[0]))
    found = [
        (shown(key), ACTIONS[action_id].label, "muted" if why_not(action_id) else "") for key, action_id in ordered
    ]
    if not found:
        return []
    cell = max(cell_width(key) + cell_width(label) for key, label, _dim in found) + 4
    columns = max(min((width - 2) // cell, 4), 1)
    rows = -(-len(found) // columns)
    lines: list[Line] = []
    for row in range(rows):
        pieces: list[Piece] = [(" ", "")]
        for key, label, dim in found[row::rows]:
            gap = cell - cell_width(key) - cell_width(label) - 1
            pieces += [(key, dim or "key"), (f" {label}" + " " * gap, dim or "text")]
        lines.append(cropped(tuple(pieces), width))
    return lines


def _key(key: str, word: str) -> Line:
    return (key, "key"), (f" {word}" + " " * GAP, "muted")


def _palette(keymap: Keymap) -> Line:
    key = keymap.key_of("app.palette")
    return ((key, "key"), (" " + ACTIONS["app.palette"].word + " ", "muted")) if key else ()
