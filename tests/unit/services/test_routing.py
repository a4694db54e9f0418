"""Conversations given to agents by steps: whom settings and the cache name, exactly by turn, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.config.settings import Agent as Known
from omnitui.desk.acting.macros import parsed
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import MessageKind, Status
from omnitui.paths import Profile
from omnitui.services.acting.performing import Performed
from omnitui.services.session import Session
from omnitui.services.texts import macros
from omnitui.services.triage.away import leave
from omnitui.store.arriving import inflow
from omnitui.store.reads import history, presence
from tests.support.desk import a_conversation, an_agent, conversation

TEAM = {"billing": ("Mia Wong", "Ken Sato", "billing@example.com")}


def opened(folder: Path) -> Session:
    made = Session.open(
        Profile("default", folder / "config", folder / "data", folder / "state"), clock=FrozenClock(1_750_000_000_000)
    )
    made.settings = replace(made.settings, teams=TEAM)
    return made


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with opened(tmp_path) as made:
        for name in ("Mia Wong", "Ken Sato"):
            an_agent(made.cache, name)
        yield made


def knowing(session: Session, **agents: Known) -> None:
    names = {"mia": "Mia Wong", "ken": "Ken Sato"}
    session.settings = replace(session.settings, agents={names[key]: value for key, value in agents.items()})


def give(session: Session, ids: list[Ulid], by: object, team: str = "billing") -> Performed:
    macro, faults = parsed("give", {"do": [{"assign": {"by": by, "team": team}}]})
    assert faults == []
    return session.operations.perform(macros.plan(session, macro, ids), macros.reason_of(macro))


def names(session: Session, ops: tuple[Op, ...]) -> list[str]:
    return [conversation(session.cache, op.object_id).assignee for op in ops]


def test_conversation_goes_to_the_skill_that_settings_name_and_the_log_says_why(session: Session) -> None:
    knowing(session, mia=Known(skills=("label:refund",)), ken=Known(skills=("channel:line", "label:vip")))
    refund = a_conversation(session.cache, labels=["refund"])
    (op,) = give(session, [refund.id], "skill").ops
    assert names(session, (op,)) == ["Mia Wong"]
    assert op.reason == "macro give; Mia Wong: has the skill"
    session.operations.undo(op.id)
    assert conversation(session.cache, refund.id).assignee_id is None


def test_conversation_goes_to_who_speaks_the_contacts_language_or_served_them_last(session: Session) -> None:
    knowing(session, mia=Known(languages=("en",)), ken=Known(languages=("ja",)))
    first, other = a_conversation(session.cache, contact="Ann"), a_conversation(session.cache, contact="Ann")
    session.cache.write(lambda tx: inflow.change_contact(tx, first.contact_id, {"language": "ja_JP"}))
    assert names(session, give(session, [first.id], "language").ops) == ["Ken Sato"]
    assert names(session, give(session, [other.id], ["sticky", "rank"]).ops) == ["Ken Sato"]


def test_who_is_away_or_full_is_passed_over(session: Session) -> None:
    knowing(session, mia=Known(most_open=1))
    three = [a_conversation(session.cache).id for _ in range(3)]
    assert names(session, give(session, three[:2], "round_robin").ops) == ["Ken Sato", "Mia Wong"]
    assert names(session, give(session, three[2:], "round_robin").ops) == ["Ken Sato"]
    leave(session, "1h", an_agent(session.cache, "Ken Sato").id)
    left = give(session, [a_conversation(session.cache).id], "load")
    assert left.ops[0].conversation_id is not None
    line = session.cache.read(history.page, left.ops[0].conversation_id)[-1]
    assert line.kind is MessageKind.ACTIVITY
    assert line.text == "given to nobody: nobody is free: Ken Sato is away, Mia Wong has 1 open"
    assert conversation(session.cache, left.ops[0].conversation_id).assignee_id is None
    session.operations.undo(left.ops[0].id)
    assert MessageKind.ACTIVITY not in [one.kind for one in session.cache.read(history.page, line.conversation_id)]


def test_turns_last_over_restarts_and_are_exact_where_two_give_at_once(session: Session, tmp_path: Path) -> None:
    ids = [a_conversation(session.cache).id for _ in range(21)]
    assert names(session, give(session, ids[:1], "round_robin").ops) == ["Ken Sato"]

    def some(mine: list[Ulid]) -> None:
        with opened(tmp_path) as other:
            for one in mine:
                give(other, [one], "round_robin")

    threads = [threading.Thread(target=some, args=(ids[number::2],)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    held = Counter(conversation(session.cache, one).assignee for one in ids[1:])
    assert held == {"Mia Wong": 10, "Ken Sato": 10}
    given = session.cache.read(lambda db: db.execute("SELECT after FROM op_payload ORDER BY op_pk").fetchall())
    assert all(one != two for one, two in pairwise(given))


GIVES = """
import sys
from pathlib import Path
from omnitui.clock import FrozenClock
from omnitui.paths import Profile
from omnitui.services.rules import reading as rules
from omnitui.services.rules.ruling import Ruling
from omnitui.services.session import Session
from omnitui.store.reads import rules as reads

folder = Path(sys.argv[1])
profile = Profile("default", folder / "config", folder / "data", folder / "state")
with Session.open(profile, clock=FrozenClock(1_750_000_000_000)) as session:
    ruling = Ruling(session)
    ruling.put_in_force(rules.read(session.profile, session.settings).rules)
    print("in force", flush=True)
    sys.stdin.readline()
    turns = 0
    while session.cache.read(reads.events, 1):
        turns += ruling.work()
    print(turns, flush=True)
"""


def test_two_processes_whose_rules_give_by_turn_give_each_conversation_once_and_evenly(
    session: Session, tmp_path: Path
) -> None:
    session.profile.config.mkdir(parents=True, exist_ok=True)
    settings = session.profile.config / "config.toml"
    settings.write_text('[teams]\nbilling = ["Mia Wong", "Ken Sato"]\n', "utf-8")
    settings.chmod(0o600)
    step = 'do = [{assign = {by = "round_robin", team = "billing"}}]'
    session.profile.rules_file.write_text(f'[give]\non = "begun"\nenabled = true\n{step}\n', "utf-8")
    two = [
        subprocess.Popen(
            [sys.executable, "-c", GIVES, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for one in two:
        assert one.stdout is not None
        assert one.stdout.readline() == "in force\n"
    ids = [a_conversation(session.cache, contact=f"Person {number}").id for number in range(61)]
    for one in two:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    turns = [int(one.communicate(timeout=120)[0]) for one in two]
    assert all(turns), "both had a part in it"
    held = Counter(conversation(session.cache, one).assignee for one in ids)
    assert sorted(held.values()) == [30, 31]
    given = "SELECT count(*) FROM op WHERE verb = 'assign' GROUP BY object_id"
    assert session.cache.read(lambda db: db.execute(given).fetchall()) == [(1,)] * 61


def test_undo_gives_the_turn_back_where_nobody_got_one_since(session: Session) -> None:
    ids = [a_conversation(session.cache).id for _ in range(2)]
    first = give(session, ids[:2], "round_robin")
    got = names(session, first.ops)
    session.operations.undo(first.ops[0].group_id)
    again = give(session, ids[:1], "round_robin")
    assert names(session, again.ops) == got[:1]
    third = give(session, ids[1:2], "round_robin")
    assert names(session, third.ops) == got[1:]
    held = session.cache.read(presence.turns, "billing")
    session.operations.undo(again.ops[0].group_id)
    assert session.cache.read(presence.turns, "billing") == held


def test_redo_takes_the_turn_again_and_undo_of_that_gives_it_back(session: Session) -> None:
    ids = [a_conversation(session.cache).id for _ in range(5)]
    first = names(session, give(session, ids[:2], "round_robin").ops)
    held = session.cache.read(presence.turns, "billing")
    for _ in range(2):
        session.operations.undo()
        assert session.cache.read(presence.turns, "billing") == dict.fromkeys(held, 0)
        session.operations.redo()
        assert [conversation(session.cache, one).assignee for one in ids[:2]] == first
        assert session.cache.read(presence.turns, "billing") == held
    got = names(session, give(session, ids[2:3], "round_robin").ops)
    assert got == first[:1], "whose turn it is as if nothing had been taken back"
    op = give(session, ids[3:4], "round_robin").ops[0]
    session.operations.undo(op.id)
    assert names(session, give(session, ids[4:], "round_robin").ops) == first[1:]
    session.operations.redo(op.id)
    assert conversation(session.cache, ids[3]).assignee == first[1]
    later = session.cache.read(presence.turns, "billing")
    assert max(later, key=lambda one: later[one]) == conversation(session.cache, ids[3]).assignee_id


def test_redo_takes_no_second_turn_where_the_first_was_not_given_back(session: Session) -> None:
    ids = [a_conversation(session.cache).id for _ in range(2)]
    op = give(session, ids[:1], "round_robin").ops[0]
    give(session, ids[1:], "round_robin")
    held = session.cache.read(presence.turns, "billing")
    session.operations.undo(op.id)
    session.operations.redo(op.id)
    assert session.cache.read(presence.turns, "billing") == held


def test_preview_says_who_would_get_it_and_takes_no_turn(session: Session) -> None:
    one = a_conversation(session.cache)
    macro, _faults = parsed("give", {"do": [{"assign": {"by": "round_robin", "team": "billing"}}, {"label": "+x"}]})
    for _ in range(2):
        (found,) = session.operations.foresee(macros.plan(session, macro, [one.id]))
        assert found.changes[0].after == an_agent(session.cache, "Ken Sato").id
    resolved = a_conversation(session.cache, status=Status.RESOLVED)
    assert names(session, give(session, [resolved.id], "round_robin").ops) == ["Ken Sato"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"by": "dice"}, "nobody is chosen by “dice”"),
        ({"by": "load", "teem": "x"}, "there is no “teem” in “assign”"),
    ],
)
def test_fault_in_a_step_is_named(table: dict[str, str], message: str) -> None:
    _macro, faults = parsed("give", {"do": [{"read": True}, {"assign": table}]})
    assert [(one.step, one.key) for one in faults] == [(1, "assign")]
    assert message in faults[0].message


def test_team_or_skill_that_makes_no_sense_leaves_the_conversation_as_it_is(session: Session) -> None:
    one = a_conversation(session.cache)
    assert [left.why_not for left in give(session, [one.id], "load", "nobody").left] == ["there is no team “nobody”"]
    knowing(session, mia=Known(skills=("is:opne",)))
    assert "“is:opne” is no query" in give(session, [one.id], "skill").left[0].why_not
