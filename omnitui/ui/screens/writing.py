"""Small choices while one writes: when it leaves, which canned response, which earlier draft, what to take away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from omnitui.clock import HOUR, Millis
from omnitui.desk.times.until import leaving, whose, zone_called
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.conversations import Draft
from omnitui.store.reads import drafts
from omnitui.ui.desk import Desk
from omnitui.ui.drafts.offering import Offer
from omnitui.ui.look import phrases
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen, among, distinct, fitting
from omnitui.ui.widgets.choices import Choice
from omnitui.values import dataclass

MORNING = 9


@dataclass(frozen=True, slots=True)
class Leaving:
    """When something leaves: after a hold, or at a time."""

    hold: Millis | None = None
    """None: as long as the channel says."""
    at: Millis | None = None


async def pick_sending(desk: Desk, hold: Millis) -> Leaving | None:
    """Ask when it is to leave."""
    now = desk.clock.now()
    today = phrases.local(now, desk.zone).replace(hour=MORNING, minute=0, second=0, microsecond=0)
    monday = today + timedelta(days=7 - today.weekday())
    held = _("in {span}, as always").format(span=phrases.span(hold)) if hold else _("now, as always")
    contact = desk.picture.card.contact if desk.conversation and desk.picture and desk.picture.card else None
    theirs = zone_called(contact.time_zone) if contact is not None else None
    offers = [
        Choice(Leaving(), ((held, "text"),)),
        Choice(Leaving(hold=0), ((_("now, without time for undo"), "text"),)),
        _time(desk, _("in an hour"), now + HOUR),
        _time(desk, _("tomorrow morning"), _millis(today + timedelta(days=1))),
        _time(desk, _("Monday morning"), _millis(monday)),
    ]
    if theirs is not None and theirs != desk.zone:
        at, zone = leaving("tomorrow 9 their time", now=now, mine=desk.zone, theirs=theirs)
        offers.append(_time(desk, _("tomorrow morning, their time"), at, zone))
    offers = distinct(offers)

    async def source(text: str) -> Sequence[Choice]:
        found = [one for _score, one in fitting(text, offers)] if text.strip() else offers[:]
        if text.strip():
            try:
                at, zone = leaving(text, now=desk.clock.now(), mine=desk.zone, theirs=theirs)
            except OmniError:
                if not found:
                    raise
            else:
                unknown = whose(text)[1] and theirs is None
                found.insert(0, _time(desk, text, at, zone, unknown=unknown))
        return found

    hint = _("or type a time: 2h, tomorrow 14:00, fri, tomorrow 9 their time")
    chosen = await desk.ask(PickerScreen(_("Send when?"), source, hint=hint, small=True))
    return chosen.value if chosen is not None else None


def _millis(moment: datetime) -> Millis:
    return round(moment.timestamp() * 1000)


def _time(desk: Desk, words: str, at: Millis, zone: tzinfo | None = None, *, unknown: bool = False) -> Choice:
    """A time by the agent's clock; where it was meant by the customer's, by that as well."""
    moment = phrases.moment(at, desk.clock.now(), desk.zone)
    if zone is not None and zone != desk.zone:
        there = phrases.moment(at, desk.clock.now(), zone, within=True)
        moment += " · " + _("{time} in {zone}").format(time=there, zone=zone)
    elif unknown:
        moment += " · " + _("their time zone is not known: by your clock")
    return Choice(Leaving(at=at), ((plain(words), "text"),), ((moment, "muted"),))


async def pick_canned(desk: Desk, offers: Sequence[Offer]) -> Offer | None:
    """Ask for a canned response.

    Raises:
        OmniError: There is none.
    """
    from omnitui.services.texts.canned import folder

    if not offers:
        raise OmniError(
            _("there is no canned response for this channel"),
            hint=_("put text files into {folder}").format(folder=folder(desk.session.profile)),
        )
    choices = [
        Choice(one, ((plain(one.label), "text"),), ((plain(" ".join(one.text.split())[:60]), "muted"),), words=one.text)
        for one in offers
    ]
    chosen = await desk.ask(PickerScreen(_("Put in which text?"), among(choices)))
    return chosen.value if chosen is not None else None


async def pick_earlier(desk: Desk, draft: Draft) -> Draft | None:
    """Ask for an earlier draft of this place.

    Raises:
        OmniError: There is none.
    """
    found = await desk.cache.aread(drafts.earlier, draft.conversation_id, draft.kind)
    if not draft.conversation_id:
        found += [one for one in await desk.cache.aread(drafts.firsts) if one.id != draft.id]
    if not found:
        raise OmniError(_("there is no earlier draft here"))
    now = desk.clock.now()
    choices = [
        Choice(
            one,
            ((plain(" ".join((*_to(one), *one.text.split()))), "text"),),
            ((phrases.moment(one.updated_at, now, desk.zone), "muted"),),
        )
        for one in found
    ]
    chosen = await desk.ask(PickerScreen(_("Bring back which draft?"), among(choices)))
    return chosen.value if chosen is not None else None


def _to(draft: Draft) -> list[str]:
    if draft.conversation_id:
        return []
    return [", ".join(map(str, draft.extra.get("to", ()))), str(draft.extra.get("subject", "")), "·"]


async def pick_enclosed(desk: Desk, draft: Draft) -> str | None:
    """Ask which file to take away; "" for the message that is answered."""
    choices = [Choice(path, ((plain(path.rsplit("/", 1)[-1]), "text"),)) for path in draft.attachments]
    if draft.extra.get("reply_to"):
        choices.append(Choice("", ((_("the message that is answered"), "text"),)))
    if len(choices) == 1:
        return str(choices[0].value)
    chosen = await desk.ask(PickerScreen(_("Take away what?"), among(choices), small=True))
    return str(chosen.value) if chosen is not None else None
