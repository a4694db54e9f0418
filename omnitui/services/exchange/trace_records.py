"""The JSON objects of what looks back: blame, diff, digest. docs/cli.md says what their fields mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omnitui.desk.tracing import last_set
from omnitui.model.states import ENDS, NO_END
from omnitui.services.exchange.records import Fields, time

if TYPE_CHECKING:
    from omnitui.desk.tracing import Past, Step
    from omnitui.ids import Ulid
    from omnitui.model.accounts import Json
    from omnitui.services.acting.reverting import Outlook
    from omnitui.store.reads.since import Digest


def value(field: str, held: Json) -> Json:
    """A field's value as JSON of ours has it: times as RFC 3339."""
    if field == "snoozed_until" and isinstance(held, int):
        return "incident" if held == ENDS else time(held)
    if field == "away_until" and isinstance(held, int):
        return "back" if held >= NO_END else time(held)
    return held


def blame(object_id: Ulid, field: str, found: list[Step], names: Mapping[Ulid, str]) -> Fields:
    """Why a field is as it is."""
    step = last_set(found)
    return {
        "id": object_id,
        "field": field,
        "value": value(field, step.after),
        "before": value(field, step.before),
        "since": time(step.at),
        "not_before": time(step.since or None),
        "cause": step.cause.value,
        "author_id": step.op.author_id if step.op else None,
        "author": names.get(step.op.author_id) if step.op else None,
        "op_id": step.op.id if step.op else None,
        "reason": (step.op.reason or None) if step.op else None,
        "changes": len(found) - 1,
    }


def difference(field: str, then: Past, later: Past) -> Fields:
    """A field at two times."""
    return {
        "field": field,
        "from": value(field, then.value),
        "to": value(field, later.value),
        "sure": then.sure and later.sure,
    }


def outlook(found: Outlook) -> Fields:
    """What taking an op back would do."""
    return {
        "id": found.op.id,
        "sets": {name: value(name, held) for name, held in found.sets.items()},
        "stays": {name: value(name, held) for name, held in found.stays.items()},
        "later": [op.id for op in found.later],
    }


def digest(found: Digest) -> Fields:
    """What changed after a time."""
    return {
        "since": time(found.since),
        "until": time(found.until),
        "own_acts": found.mine,
        "groups": [
            {
                "group": group.value,
                "count": found.counts[group],
                "conversations": [
                    {
                        "id": one.conversation_id,
                        "at": time(one.at),
                        "times": one.times,
                        "contact": one.contact,
                        "subject": one.subject,
                        "channel": one.channel,
                        "words": one.words or None,
                    }
                    for one in entries
                ],
            }
            for group, entries in found.groups.items()
        ],
    }
