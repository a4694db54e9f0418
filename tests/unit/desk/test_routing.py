"""Who gets a conversation, by each way, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omnitui.desk.sharing.routing import Candidate, Route, choose, route_in
from omnitui.errors import UsageError

MIA = Candidate("1", "Mia", skilled=True, open=3, turn=5, rank=2)
KEN = Candidate("2", "Ken", speaks=True, open=1, turn=7)
EVA = Candidate("3", "Eva", skilled=True, speaks=True, open=4, turn=2, served=True)
ALL = (MIA, KEN, EVA)


def chosen(by: str | list[str], *candidates: Candidate) -> str:
    choice = choose(route_in({"by": by}).ways, candidates or ALL)
    return choice.agent.name if choice.agent else ""


@pytest.mark.parametrize(
    ("by", "name"),
    [
        *(("sticky", "Eva"), ("skill", "Mia"), ("language", "Ken"), ("rank", "Ken"), ("load", "Ken")),
        *(("round_robin", "Eva"), ("skill+language", "Eva"), ("skill+round_robin", "Eva"), ("Skill + load", "Mia")),
        (["sticky", "load"], "Eva"),
    ],
)
def test_each_way_finds_its_agent(by: str | list[str], name: str) -> None:
    assert chosen(by) == name


def test_next_way_is_tried_where_one_finds_nobody_free_and_both_are_said() -> None:
    gone = (MIA, KEN, replace(EVA, away=True))
    choice = choose(route_in({"by": ["sticky", "skill+language", "rank"]}).ways, gone)
    assert choice.agent == KEN
    assert choice.why == (
        "nobody free has served this contact; nobody free is known to answer in the contact's language;"
        " Ken: is asked first"
    )
    assert chosen("sticky", *gone) == ""


def test_nobody_is_chosen_where_all_are_away_or_have_enough_and_each_is_named() -> None:
    choice = choose(route_in({"by": "load"}).ways, (replace(MIA, away=True), replace(KEN, most_open=1)))
    assert (choice.agent, choice.why) == (None, "nobody is free: Mia is away, Ken has 1 open")
    assert choose(route_in({"by": "load"}).ways, ()).agent is None


def test_tie_is_said_and_goes_to_the_fewest_open_then_by_turn_then_by_name() -> None:
    twins = (replace(MIA, open=1), KEN)
    choice = choose(route_in({"by": "load"}).ways, twins)
    assert choice.agent == twins[0]
    assert "2 alike by turn" in choice.why
    again = (replace(KEN, turn=0), replace(MIA, open=1, turn=0))
    assert chosen("load", *again) == "Ken"
    assert "of 2 alike the one with the fewest open" in choose(route_in({"by": "skill"}).ways, ALL).why


def test_turns_go_round_and_pass_over_who_is_away() -> None:
    turns = {one.name: 0 for one in ALL}
    got = ""
    for number in range(1, 9):
        field = [replace(one, turn=turns[one.name], open=0, away=one is EVA and number == 4) for one in ALL]
        name = chosen("round_robin", *field)
        turns[name] = number
        got += name[0]
    assert got == "EKMKEMKE"


@pytest.mark.parametrize(
    "table",
    [{}, {"by": []}, {"by": "dice"}, {"by": "load", "who": "x"}, {"by": "load", "team": 3}, {"by": ["load", 3]}],
)
def test_route_that_makes_no_sense_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        route_in(table)


def test_route_names_its_team_and_ways() -> None:
    found = route_in({"by": ["skill+load", "round_robin"], "team": " billing "})
    assert found == Route((("skill", "load"), ("round_robin",)), "billing")  # type: ignore[arg-type]
    assert str(found) == "by skill+load, round_robin in billing"
    assert str(route_in({"by": "rank"})) == "by rank"
