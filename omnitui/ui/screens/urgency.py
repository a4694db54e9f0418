"""Why a conversation stands where it stands by urgency: each of its clocks with its time."""

from __future__ import annotations

from datetime import tzinfo

from omnitui.clock import Millis
from omnitui.desk.naming import CLOCK, STANDING
from omnitui.desk.promises.sla import Clock
from omnitui.desk.promises.urgency import Cause, Standing
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.services.triage.agreements import Explained, explain
from omnitui.text.widths import wrap
from omnitui.ui.desk import Desk
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import Line, plain
from omnitui.ui.panels import due_line
from omnitui.ui.screens.page import PageScreen

_ROLES = {Standing.BREACHED: "bad", Standing.AT_RISK: "warn", Standing.PAUSED: "muted", Standing.MET: "good"}


async def open_urgency(desk: Desk, conversation_id: Ulid) -> None:
    """Explain how urgent a conversation is."""
    now = desk.clock.now()
    found = await desk.cache.aread(explain, conversation_id, now)
    await desk.ask(PageScreen(_("How urgent is it?"), lambda width: explained(found, now, desk.zone, width)))


def explained(found: Explained, now: Millis, zone: tzinfo, width: int) -> list[Line]:
    """What falls due and what the agreement says of it, as lines."""
    lines: list[Line] = [((_why(found, now), "strong"),), ()]
    if found.reasons:
        lines += [((_("Falls due"), "label"),), *(due_line(one, now, zone) for one in found.reasons), ()]
    if found.policy:
        lines.append(((_("Agreement: {name}").format(name=plain(found.policy)), "label"),))
        lines += [_clock(clock, now, zone) for clock in reversed(found.clocks)]
    else:
        lines += [((line, "muted"),) for line in wrap(_("under no agreement: no policy of sla.toml fits it"), width)]
    return lines


def _why(found: Explained, now: Millis) -> str:
    conversation = found.conversation
    if found.reasons:
        first = found.reasons[0]
        name, far = _(CLOCK[first.cause]), phrases.countdown(abs(first.at - now))
        if first.at < now:
            return _("It stands above all that is due later: {clock}, {span} late.").format(clock=name, span=far)
        return _("It stands above all that is due later: {clock} in {span}.").format(clock=name, span=far)
    if conversation.unanswered_since is not None:
        waited = phrases.span(now - conversation.unanswered_since)
        return _("Nothing of it falls due; below what does, by how long it has waited: {span}.").format(span=waited)
    return _("Nothing of it falls due, and nobody waits: it stands at the end, the newest first.")


def _clock(clock: Clock, now: Millis, zone: tzinfo) -> Line:
    pieces = [
        (f"  {_(CLOCK[Cause(clock.target.value)])} ", "text"),
        (_(STANDING[clock.standing]), _ROLES.get(clock.standing, "text")),
        (" · " + _("since {when}").format(when=phrases.moment(clock.started_at, now, zone)), "muted"),
    ]
    if clock.due_at is not None:
        pieces.append((" · " + _("due {time}").format(time=phrases.moment(clock.due_at, now, zone)), "text"))
    elif clock.active:
        pieces.append((" · " + _("{span} left").format(span=phrases.countdown(clock.left)), "text"))
    if clock.ended_at is not None:
        pieces.append((" · " + _("ended {time}").format(time=phrases.moment(clock.ended_at, now, zone)), "muted"))
    return tuple(pieces)
