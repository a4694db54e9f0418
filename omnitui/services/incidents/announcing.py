"""Telling all customers of an incident: written once, made into what each channel takes, sent as one act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Literal

from omnitui.clock import Millis
from omnitui.desk.acting.steps import INCIDENT
from omnitui.desk.naming import first_name
from omnitui.errors import NotFound, OmniError, Refused
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.incidents import Incident
from omnitui.model.operations import Op
from omnitui.model.people import Agent
from omnitui.model.states import ObjectKind, Verb
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import NeedTag, NeedTemplate, TextUnit, why_barred
from omnitui.services.acting import outgoing
from omnitui.services.acting.recording import Intent, record
from omnitui.services.acting.undoing import TOLD_BY
from omnitui.services.acting.writing import Writing
from omnitui.services.incidents.hearers import once
from omnitui.services.incidents.wording import Words
from omnitui.services.texts import templates
from omnitui.services.texts.templates import Filled
from omnitui.store.cache import Cache
from omnitui.store.reads import accounts, inbox, incidents, merging, people
from omnitui.store.reads.replying import reply_target
from omnitui.store.writer import Tx
from omnitui.sync.allowance import allowance, policy_of
from omnitui.text.surrogates import mended
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.sdk.contract import Template

Place = tuple[Ulid, str, str]
"""An account, a channel of it, and the language of the customers: "ja"; empty where it is not known."""
By = Literal["text", "tag", "template"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is to be told; texts may be templates, as those of macros are."""

    text: str
    languages: Mapping[str, str] = field(default_factory=dict)
    """In other words for those who speak a language, by that: "ja"."""
    channels: Mapping[str, str] = field(default_factory=dict)
    """In other words on a channel, in every language."""
    places: Mapping[Place, str] = field(default_factory=dict)
    """In other words in one place alone; the strongest of these."""
    templates: Mapping[Place, Filled] = field(default_factory=dict)
    """The approved template for those whose window has closed. A blank without a value is filled from the card."""
    tagged: frozenset[Place] = frozenset()
    """Where the channel's tag for after the window is taken."""
    left_out: frozenset[Place] = frozenset()
    """Who is told nothing."""

    def words(self, place: Place) -> str:
        """What is told in a place."""
        _account, channel, language = place
        for words in (self.places.get(place), self.channels.get(channel), self.languages.get(language)):
            if words is not None:
                return words
        return self.text


@dataclass(frozen=True, slots=True)
class Told:
    """One customer who can be told."""

    conversation: Conversation
    by: By
    text: str


@dataclass(frozen=True, slots=True)
class Variant:
    """What becomes of an announcement in one place."""

    place: Place
    account: str
    text: str
    used: int
    """How long that is, in the channel's own unit."""
    limit: int | None
    """How long it may be; None: as long as one likes."""
    unit: TextUnit
    wrong: str
    """What is wrong with the text there; empty where nothing is."""
    tag: str
    """The channel's tag for after its window; empty where nobody there needs it, or it has none."""
    templates: tuple[Template, ...]
    """Those that may be chosen, in the customers' language first; empty where nobody there needs one."""
    told: tuple[Told, ...]
    left: tuple[tuple[Conversation, str], ...]
    """Who cannot be told, each with the reason."""
    also: tuple[tuple[Conversation, str], ...] = ()
    """Further conversations of those who are told, each with the ref of the one in which they are."""

    @property
    def total(self) -> int:
        return len(self.told) + len(self.left)


@dataclass(frozen=True, slots=True)
class Announced:
    """What an announcement came to."""

    ops: tuple[Op, ...]
    """The replies, and what the incident keeps of them, as one act."""
    sent: tuple[Conversation, ...]
    left: tuple[tuple[Conversation, str], ...]
    """Who was not told, each with the reason."""


class Announcing(Writing):
    """Adds announcements to what agents write.

    Args:
        cache: Where everything lies.
        holds: Undo times by channel.
        zone: By whose clock a text that names the day or the time says it.
    """

    def __init__(self, cache: Cache, holds: Mapping[str, Millis] | None = None, zone: tzinfo = UTC) -> None:
        super().__init__(cache, holds)
        self._zone = zone

    def foresee_announcement(self, incident_id: Ulid, said: Announcement) -> list[Variant]:
        """What `announce` would do now, place by place, the most customers first."""
        return self._cache.read(lambda db: self._variants(db, incident_id, said))

    def announce(
        self, incident_id: Ulid, said: Announcement, *, hold: Millis | None = None, seen: Incident | None = None
    ) -> Announced:
        """Tell all customers of an incident: one commit, one group of ops, one undo.

        Everything is held as long as the channel with the longest undo time says, unless `hold` is given.

        Args:
            incident_id: Which.
            said: What is told.
            hold: The undo time.
            seen: The incident as its author saw it.

        Raises:
            NotFound: There is no such incident.
            Refused: Nobody can be told, or somebody else has told them something since `seen`.
        """
        incident, variants = self._cache.read(
            lambda db: (_found(db, incident_id), self._variants(db, incident_id, said))
        )
        left = [one for variant in variants for one in variant.left]
        ready: list[tuple[Conversation, Callable[[Tx, Ulid], Op]]] = []
        wait = hold if hold is not None else self._longest(variants)
        for variant in variants:
            for one in variant.told:
                try:
                    ready.append((one.conversation, self._telling(incident, said, variant, one, wait)))
                except OmniError as error:
                    left.append((one.conversation, error.message))

        ends = {len(ref) for variant in variants for _row, ref in variant.also}
        told = {row.id[-end:]: row.id for row, _reply in ready for end in ends}
        also = [(row, told[ref]) for variant in variants for row, ref in variant.also if ref in told]

        def work(tx: Tx) -> Announced:
            now = _found(tx.db, incident_id)
            if seen is not None and now.told_at != seen.told_at:
                hint = _("read it, and send again what is to be said all the same")
                raise Refused(_("they have just been told: {text}").format(text=now.told), hint=hint)
            group = tx.ids.new()
            made: list[Op] = []
            sent: dict[Ulid, tuple[Conversation, Op]] = {}
            missed = left[:]
            for conversation, reply in ready:
                try:
                    op = reply(tx, group)
                    made.append(op)
                    sent[conversation.id] = conversation, op
                except Refused as error:
                    missed.append((conversation, error.message))
            made += [self._elsewhere(tx, group, incident, row, *sent[own]) for row, own in also if own in sent]
            if made:
                after = {"told": mended(said.text), "told_at": tx.now()}
                intent = Intent(Verb.INCIDENT, ObjectKind.INCIDENT, incident_id, after, reason=incident.title)
                kept = record(tx, self._me.id, group, intent)
                made += [kept] if kept is not None else []
            return Announced(tuple(made), tuple(row for row, _op in sent.values()), tuple(missed))

        done = self._cache.write(work)
        if not done.sent:
            raise Refused(
                _("nobody can be told: {why}").format(
                    why=done.left[0][1] if done.left else _("no conversation is linked to it")
                )
            )
        return done

    def _elsewhere(
        self, tx: Tx, group: Ulid, incident: Incident, row: Conversation, place: Conversation, reply: Op
    ) -> Op:
        """The line of a conversation that says where its customer was told: it waits for an answer of its own still."""
        op_id = tx.ids.new()
        text = _("told of “{incident}” in {ref}, by {channel}").format(
            incident=incident.title, ref=inbox.ref(tx.db, place.id), channel=place.channel
        )
        line = outgoing.activity(row, self._me, text, tx.ids, tx.now(), op_id)
        fields = {**outgoing.as_fields(line), TOLD_BY: reply.id}
        intent = Intent(Verb.INCIDENT, ObjectKind.MESSAGE, line.id, fields, row.id, incident.title, op_id=op_id)
        op = record(tx, self._me.id, group, intent)
        assert op is not None
        return op

    def _telling(
        self, incident: Incident, said: Announcement, variant: Variant, one: Told, wait: Millis
    ) -> Callable[[Tx, Ulid], Op]:
        template = None
        if one.by == "template":
            template = self._cache.read(lambda db: self._filled(db, one.conversation, said.templates[variant.place]))
        return self._replying(
            one.conversation.id,
            one.text,
            hold=wait,
            template=template,
            tag=variant.tag if one.by == "tag" else "",
            reason=f"{INCIDENT}{incident.title}",
        )

    def _longest(self, variants: Sequence[Variant]) -> Millis:
        """The longest undo time of the channels: what is one act leaves as one."""
        waits = [0]
        for variant in variants:
            if variant.told:
                target = self._cache.read(reply_target, variant.told[0].conversation.id)
                waits += [self._hold(target, None)] if target is not None else []
        return max(waits)

    def _variants(self, db: sqlite3.Connection, incident_id: Ulid, said: Announcement) -> list[Variant]:
        _found(db, incident_id)
        rows = incidents.linked(db, incident_id)
        places: dict[Place, list[Conversation]] = {}
        for row in rows:
            place = (row.account_id, row.channel, _primary(people.language(db, row.id)))
            places.setdefault(place, []).append(row)
        agents = accounts.agents(db)
        made = [self._variant(db, place, some, said, agents) for place, some in places.items()]
        made = once(db, incident_id, made)
        return sorted(made, key=lambda one: (-one.total, one.place[1], one.place[2], one.account))

    def _variant(
        self,
        db: sqlite3.Connection,
        place: Place,
        rows: Sequence[Conversation],
        said: Announcement,
        agents: Sequence[Agent],
    ) -> Variant:
        account_id, channel, language = place
        able = snapshot.read(accounts.capabilities(db, account_id), channel)
        text = said.words(place)
        words = Words(text, able, agents, self._cache.clock.now(), self._zone)
        told: list[Told] = []
        left: list[tuple[Conversation, str]] = []
        late = tagged = False
        for row in rows:
            policy = policy_of(able, row, self._cache.clock.now(), allowance(db, able, row))
            late = late or isinstance(policy, NeedTag | NeedTemplate)
            tagged = tagged or isinstance(policy, NeedTag)
            by: By = "text"
            why = _("left out by you") if place in said.left_out else why_barred(policy)
            if place not in said.left_out and why and isinstance(policy, NeedTag | NeedTemplate):
                if isinstance(policy, NeedTag) and place in said.tagged:
                    by, why = "tag", ""
                elif place in said.templates:
                    by, why = "template", ""
            if by == "template":
                filled = self._filled(db, row, said.templates[place])
                why = _unreachable(db, row)
                if filled.missing:
                    why = _("still to be filled in: {names}").format(names=", ".join(filled.missing))
                told += [Told(row, by, filled.text)] if not why else []
            else:
                own, wrong = words.of(db, row)
                why = why or wrong or _unreachable(db, row)
                told += [Told(row, by, own)] if not why else []
            left += [(row, why)] if why else []
        offered = templates.offered(db, account_id, channel) if late and able.templates else []
        offered.sort(key=lambda one: (_primary(one.language) != language, one.name, one.language))
        return Variant(
            place=place,
            account=rows[0].account,
            text=words.text,
            used=words.used,
            limit=able.text_limit,
            unit=able.text_unit,
            wrong=words.wrong,
            tag=able.tag if tagged else "",
            templates=tuple(offered),
            told=tuple(told),
            left=tuple(left),
        )

    def _filled(self, db: sqlite3.Connection, row: Conversation, wanted: Filled) -> Filled:
        """A template with what the agent gave, and the rest from what is known of this customer."""
        contact = people.contact(db, row.contact_id)
        fields = {name: str(value) for name, value in (contact.custom if contact else {}).items()}
        known = self._facts(db, row) if wanted.missing else {}
        guesses = templates.guessed(wanted.template, known, fields) if wanted.missing else ()
        given = (*wanted.values, *("",) * len(wanted.template.blanks))
        return replace(
            wanted,
            values=tuple(
                value or (guesses[at] if at < len(guesses) else "")
                for at, value in enumerate(given[: len(wanted.template.blanks)])
            ),
        )

    def _facts(self, db: sqlite3.Connection, row: Conversation) -> dict[str, str]:
        return {
            "contact.name": row.contact,
            "contact.first_name": first_name(row.contact),
            "agent.name": self._me.name,
            "conversation.subject": row.subject,
            "conversation.ref": inbox.ref(db, row.id),
        }


def _unreachable(db: sqlite3.Connection, row: Conversation) -> str:
    """Why nothing reaches the customer of a conversation; empty where something does."""
    target = None if row.external_id else reply_target(db, merging.way(db, row.id))
    return _("no address of this customer is known") if target is not None and not target.contact else ""


def _found(db: sqlite3.Connection, incident_id: Ulid) -> Incident:
    found = incidents.incident(db, incident_id)
    if found is None:
        raise NotFound(_("There is no incident {id}.").format(id=incident_id))
    return found


def _primary(language: str) -> str:
    """A language without its country: "ja" of "ja-JP"."""
    return language.replace("_", "-").split("-")[0].lower()
