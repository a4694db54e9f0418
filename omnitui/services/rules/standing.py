"""How the rules of a profile stand, and switching them on and off: rules.toml says which are meant to be in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnitui.clock import Millis
from omnitui.config.files import UNTAMPERED
from omnitui.config.writing import write_key
from omnitui.desk.rules.rule import Rule
from omnitui.i18n import _
from omnitui.services.keys.keymap import Problem
from omnitui.services.rules import reading as rules
from omnitui.store import rules as kept
from omnitui.store.reads import rules as reads
from omnitui.store.reads.rules import State
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.services.rules.reading import Found
    from omnitui.services.session import Session

ON, OFF, CUT = "on", "off", "cut"


@dataclass(frozen=True, slots=True)
class Standing:
    """How one rule stands."""

    rule: Rule
    state: State
    fired: int = 0
    last_at: Millis | None = None
    """When it fired last."""

    @property
    def word(self) -> str:
        """ON, OFF, or CUT where it fired too often."""
        if self.state.cut_at is not None and self.rule.enabled:
            return CUT
        return ON if self.rule.enabled else OFF

    @property
    def tried(self) -> bool:
        """Whether it was tried as it is now."""
        return self.state.tried_digest == self.rule.digest


def standings(session: Session, found: Found) -> list[Standing]:
    """How the rules of the file stand, in its order."""
    states, tally = session.cache.read(reads.states), session.cache.read(reads.tally)
    return [
        Standing(rule, states.get(rule.name, State(rule.name)), *tally.get(rule.name, (0, None)))
        for rule in found.rules
    ]


def switch(session: Session, name: str, on: bool) -> Rule:
    """Switch a rule on or off: in rules.toml, and in force at once. One that was cut is in force again.

    Raises:
        NotFound: There is no such rule without a fault.
        ConfigError: The file cannot be written.
        Refused: It stands there in a form that only a person can change.
    """
    from omnitui.services.rules.ruling import Ruling

    profile = session.profile
    rule = rules.read(profile, session.settings).get(name)
    if rule.enabled is not on:
        write_key(profile.rules_file, f"{rule.name}.enabled", "true" if on else "false", forbidden=UNTAMPERED)
    if on:
        session.cache.write(lambda tx: kept.mend(tx, rule.name))
    found = rules.read(profile, session.settings)
    Ruling(session).put_in_force(found.rules, faulty=found.faulty)
    return found.get(rule.name)


def troubles(session: Session) -> list[Problem]:
    """What somebody has to look at: rules that were cut, and those that could not do what they say."""
    found: list[Problem] = []
    for one in standings(session, rules.read(session.profile, session.settings)):
        name, state = one.rule.name, one.state
        if one.word == CUT:
            said = _("rule {name} is switched off: {why}").format(name=name, why=state.cut_why)
            found.append(Problem(said, f"omnitui rule show {name}; omnitui rule enable {name}"))
        elif one.word == ON and state.failed_at is not None:
            said = _("rule {name} could not do what it says: {why}").format(name=name, why=state.failed_why)
            found.append(Problem(said, f"omnitui rule show {name}"))
    return found
