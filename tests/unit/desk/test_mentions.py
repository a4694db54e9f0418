"""Who is named in a note."""

from __future__ import annotations

import pytest

from omnitui.desk.mentions import begun, mentioned, offered
from omnitui.model.people import Agent

KEN, SATO, AYA = Agent("1", "Ken"), Agent("2", "Ken Sato", ("ken@example.com",)), Agent("3", "森 綾")


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("@Ken Sato please", [SATO]),
        ("@ken, and @KEN SATO", [KEN, SATO]),
        ("@Kenneth", []),
        ("＠森 綾さん", [AYA]),
        ("ask Ken", []),
        ("@Ken @Ken", [KEN]),
    ],
)
def test_agents_are_found_by_their_whole_names(text: str, agents: list[Agent]) -> None:
    assert mentioned(text, [KEN, SATO, AYA]) == agents


@pytest.mark.parametrize(
    ("line", "part"), [("@", ""), ("ask @ke", "ke"), ("a@b", None), ("確認、@森", "森"), ("@ken sato", None)]
)
def test_name_is_begun_behind_an_at_that_is_in_no_address(line: str, part: str | None) -> None:
    assert begun(line) == part


def test_agents_are_offered_by_each_part_of_the_name_and_by_address() -> None:
    assert offered("sa", [KEN, SATO]) == [SATO]
    assert offered("ken@", [KEN, SATO]) == [SATO]
    assert offered("", [KEN, AYA]) == [KEN, AYA]
