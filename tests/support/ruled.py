"""Rules of a file in force on a desk whose clock stands still, and what they did."""

from __future__ import annotations

import json

from omnitui.clock import FrozenClock, Millis
from omnitui.ids import Ulid
from omnitui.model.conversations import Conversation
from omnitui.model.states import MessageKind
from omnitui.services.rules import reading as rules
from omnitui.services.rules.ruling import Ruling
from omnitui.services.session import Session
from omnitui.store.reads import history, inbox
from omnitui.store.reads import rules as reads


def ruled(session: Session, *tables: str) -> Ruling:
    """Put the rules of a file in force."""
    session.profile.rules_file.write_text("\n".join(tables), "utf-8")
    found = rules.read(session.profile, session.settings)
    assert not found.problems, found.problems
    ruling = Ruling(session)
    ruling.put_in_force(found.rules)
    return ruling


def a_rule(name: str, on: str | list[str], do: str, **more: str | bool) -> str:
    """A table of rules.toml that is switched on."""
    said = {"on": on, "enabled": True, **more}
    return "\n".join(
        [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in said.items()), f"do = [{do}]", ""]
    )


def clock(session: Session) -> FrozenClock:
    found = session.cache.clock
    assert isinstance(found, FrozenClock)
    return found


def later(session: Session, by: Millis) -> None:
    clock(session).advance(by)


def fired(session: Session) -> list[str]:
    """The rules that fired, in order."""
    return [one.name for one in reversed(session.cache.read(reads.firings))]


def seen(session: Session, own: Ulid) -> Conversation:
    found = session.cache.read(inbox.conversation, own)
    assert found is not None
    return found


def lines(session: Session, own: Ulid) -> list[str]:
    """What the timeline says of rules."""
    page = session.cache.read(history.page, own)
    return [one.text for one in page if one.kind is MessageKind.ACTIVITY and not one.deleted]


ADD = '{label = ["+%s"]}'
VIP = a_rule("vip", "message", ADD % "vip", when="channel:email is:open")
