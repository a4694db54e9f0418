"""Incidents: begun, changed, linked to conversations, ended. Each change is an op that stays on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from omnitui.clock import Millis
from omnitui.desk.acting import steps
from omnitui.errors import NotFound, Refused, UsageError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.model.incidents import Incident, Severity
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Status, Verb
from omnitui.services.acting.performing import Performed, Performing, jobs
from omnitui.services.acting.recording import Intent, record
from omnitui.store.reads import incidents
from omnitui.store.writer import Tx
from omnitui.text.surrogates import mended

LONGEST: Final = 200
"""Characters of a title, and of the line that says how it stands."""
_SETTABLE: Final = frozenset({"title", "severity", "standing", "began_at"})


def severity(text: str) -> Severity:
    """The severity that a person means: sev2, SEV-2, 2. Raises UsageError."""
    word = text.strip().lower().replace("-", "").replace(" ", "").removeprefix("sev")
    try:
        return Severity(f"sev{word}")
    except ValueError:
        known = ", ".join(one.value for one in Severity)
        raise UsageError(_("“{word}” is no severity").format(word=text), hint=_("one of: {}").format(known)) from None


class Incidents(Performing):
    """Keeps incidents in the name of the profile's agent."""

    def open_incident(
        self,
        title: str,
        severity: Severity = Severity.SEV3,
        *,
        standing: str = "",
        began_at: Millis | None = None,
        ids: Iterable[Ulid] = (),
    ) -> list[Op]:
        """Begin an incident, with the conversations that are linked to it at once, as one act.

        Args:
            title: What it is called.
            severity: How bad it is.
            standing: How it stands, in a line for all agents.
            began_at: When it began; now, where that is not said.
            ids: Conversations of which it is the cause.

        Raises:
            Refused: It has no title or one that goes on already, the words are too long, or the time is to come.
        """
        after = self._settable(
            {
                "title": title,
                "severity": severity.value,
                "standing": standing,
                "began_at": self._cache.clock.now() if began_at is None else began_at,
            }
        )
        chosen = list(dict.fromkeys(ids))

        def work(tx: Tx) -> list[Op]:
            _refuse_twin(tx, after["title"])
            group, own = tx.ids.new(), tx.ids.new()
            intents = [Intent(Verb.INCIDENT, ObjectKind.INCIDENT, own, {"exists": True, **after})]
            intents += [_cause(one, own, after["title"]) for one in chosen]
            made = [record(tx, self._me.id, group, intent) for intent in intents]
            return [op for op in made if op is not None]

        return self._cache.write(work)

    def change_incident(self, incident_id: Ulid, fields: Mapping[str, Json]) -> list[Op]:
        """Set `title`, `severity`, `standing` or `began_at`; nothing where it is so already.

        Raises:
            NotFound: There is no such incident.
            Refused: It cannot have that value.
        """
        after = self._settable(fields)

        def work(tx: Tx) -> list[Op]:
            title = _there(tx, incident_id).title
            if after.get("title", title) != title:
                _refuse_twin(tx, after["title"])
            op = record(tx, self._me.id, tx.ids.new(), Intent(Verb.INCIDENT, ObjectKind.INCIDENT, incident_id, after))
            return [op] if op is not None else []

        return self._cache.write(work)

    def link_incident(self, incident_id: Ulid, ids: Iterable[Ulid]) -> Performed:
        """Link conversations to an incident, away from another one that they may be linked to: one group, one undo."""
        one = self._cache.read(lambda db: _there_in(incidents.incident(db, incident_id), incident_id))
        return self.perform(jobs(ids, steps.incident(incident_id, goes_on=one.goes_on)), one.title)

    def unlink_incident(self, ids: Iterable[Ulid]) -> Performed:
        """Link conversations to no incident any more."""
        return self.perform(jobs(ids, steps.incident(None)))

    def end_incident(self, incident_id: Ulid, standing: str | None = None) -> list[Op]:
        """Say that an incident is over, and wake all of its conversations that sleep until then: one act.

        Raises:
            NotFound: There is no such incident.
            Refused: It has ended already, in another console perhaps.
        """
        after = self._settable({} if standing is None else {"standing": standing})

        def work(tx: Tx) -> list[Op]:
            tx.settle()
            found = _there(tx, incident_id)
            if not found.goes_on:
                raise Refused(_("it has ended already"))
            awake = {"status": Status.OPEN.value, "snoozed_until": None}
            intents = [
                Intent(Verb.INCIDENT, ObjectKind.INCIDENT, incident_id, {**after, "ended_at": tx.now()}),
                *(
                    Intent(Verb.WAKE, ObjectKind.CONVERSATION, one, awake, one, _("the incident ended"))
                    for one in incidents.asleep(tx.db, incident_id)
                ),
            ]
            group = tx.ids.new()
            made = [record(tx, self._me.id, group, intent) for intent in intents]
            return [op for op in made if op is not None]

        return self._cache.write(work)

    def reopen_incident(self, incident_id: Ulid) -> list[Op]:
        """Say that an incident goes on after all. What was woken stays awake.

        Raises:
            NotFound: There is no such incident.
            Refused: It goes on, or another one of its title does.
        """

        def work(tx: Tx) -> list[Op]:
            found = _there(tx, incident_id)
            if found.goes_on:
                raise Refused(_("it has not ended"))
            _refuse_twin(tx, found.title)
            intent = Intent(Verb.INCIDENT, ObjectKind.INCIDENT, incident_id, {"ended_at": None})
            op = record(tx, self._me.id, tx.ids.new(), intent)
            return [op] if op is not None else []

        return self._cache.write(work)

    def _settable(self, fields: Mapping[str, Json]) -> dict[str, Json]:
        checked = dict(fields)
        if strange := sorted(set(checked) - _SETTABLE):
            raise Refused(_("An incident has no field {name}.").format(name=strange[0]))
        for name in ("title", "standing"):
            if name in checked:
                checked[name] = " ".join(mended(str(checked[name] or "")).split())
                if len(checked[name]) > LONGEST:
                    raise Refused(_("an incident's title and line have at most {n} letters").format(n=LONGEST))
        if "title" in checked and not checked["title"]:
            raise Refused(_("an incident needs a title"))
        if "severity" in checked:
            checked["severity"] = Severity(checked["severity"]).value
        if "began_at" in checked and not 0 < checked["began_at"] <= self._cache.clock.now():
            raise Refused(_("an incident cannot begin then"))
        return checked


def _there(tx: Tx, incident_id: Ulid) -> Incident:
    return _there_in(incidents.incident(tx.db, incident_id), incident_id)


def _there_in(found: Incident | None, incident_id: Ulid) -> Incident:
    if found is None:
        raise NotFound(_("There is no incident {id}.").format(id=incident_id))
    return found


def _refuse_twin(tx: Tx, title: str) -> None:
    """Two that go on under one title could not be told apart."""
    if any(one.title.casefold() == title.casefold() for one in incidents.going_on(tx.db)):
        raise Refused(_("an incident of that title goes on already"))


def _cause(conversation_id: Ulid, incident_id: Ulid, title: str) -> Intent:
    after = {"incident_id": incident_id}
    return Intent(Verb.CAUSE, ObjectKind.CONVERSATION, conversation_id, after, conversation_id, title)
