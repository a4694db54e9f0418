"""Colleagues whom only the settings name."""

from __future__ import annotations

from pathlib import Path

from omnitui.model.people import Agent
from omnitui.paths import Profile
from omnitui.services.session import Session
from omnitui.services.triage.colleagues import with_address
from omnitui.store.reads import accounts


def test_who_is_named_in_the_settings_is_an_agent_from_the_next_start_once(tmp_path: Path) -> None:
    home = Profile("desk", tmp_path / "config", tmp_path / "data", tmp_path / "state")
    home.config.mkdir()
    home.settings_file.write_text(
        '[teams]\nbilling = ["me", "Mia Wong", "Ken Sato", "billing@example.com"]\n'
        '[agents."mia wong"]\nrank = 2\n[agents."aki@example.jp"]\nrank = 3\n'
    )
    home.settings_file.chmod(0o600)
    for _again in range(2):
        with Session.open(home) as session:
            found = [one for one in session.cache.read(accounts.agents) if not one.me]
            assert sorted((one.name, one.addresses) for one in found) == [
                ("Ken Sato", ()),
                ("aki@example.jp", ("aki@example.jp",)),
                ("mia wong", ()),
            ]


def test_who_was_known_by_name_is_who_the_back_end_tells_of() -> None:
    agents = [Agent("A", "Ken Sato", me=True), Agent("B", "mia wong"), Agent("C", "Mia Wong", ("m@example.com",))]
    assert with_address(agents, "Mia Wong", "mia@example.jp") == Agent("B", "Mia Wong", ("mia@example.jp",))
    assert with_address(agents, "Ken Sato", "ken@example.jp") is None
