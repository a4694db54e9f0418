"""rules.toml written from the form: what a person wrote there stays."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.clock import FrozenClock
from omnitui.errors import ConfigError, OmniError, Refused
from omnitui.paths import profile
from omnitui.services.rules import reading as rules
from omnitui.services.rules import writing as rule_writing
from omnitui.services.session import Session

FILE = """# Our rules

[vip]            # the ones that pay
title = "VIP"
on = "message"   # each time
when = "label:vip"

[[vip.do]]
priority = "high"

# about the other one
[other]
on = "begun"
[[other.do]]
reply = \"\"\"
Dear {{ contact.name }},
\"\"\"
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path))
    where = profile("default")
    where.make()
    where.rules_file.parent.mkdir(parents=True, exist_ok=True)
    where.rules_file.write_text(FILE, "utf-8")
    session = Session.open(where, clock=FrozenClock())
    yield session
    session.cache.close()


def test_changed_rule_keeps_comments_and_its_neighbours(session: Session) -> None:
    table = rule_writing.table_of(session, "vip")
    table |= {"when": "is:open", "once": "12h", "do": [{"label": ["+vip", "-new"]}, {"note": "返金\n“二”"}]}
    rule_writing.save(session, "vip", table)
    text = session.profile.rules_file.read_text()
    for kept in ("# Our rules", "# the ones that pay", "# each time", "# about the other one"):
        assert kept in text
    before, after = tomllib.loads(FILE), tomllib.loads(text)
    assert after["other"] == before["other"]
    assert after["vip"] == table
    assert [one.name for one in rules.read(session.profile, session.settings).rules] == ["vip", "other"]
    # Saved again, nothing moves.
    rule_writing.save(session, "vip", table)
    assert session.profile.rules_file.read_text() == text


def test_new_rule_stands_behind_the_others(session: Session) -> None:
    name = rule_writing.name_for(session, "Refunds & returns")
    table = {"title": "Refunds & returns", "on": ["begun"], "when": "返金", "do": [{"read": True}], "enabled": False}
    rule_writing.save(session, name, table)
    text = session.profile.rules_file.read_text()
    assert text.startswith(FILE.rstrip("\n"))
    assert tomllib.loads(text)["refunds-returns"] == table
    assert rule_writing.name_for(session, "Refunds & returns") == "refunds-returns-2"
    assert rule_writing.name_for(session, "返金") == "rule"


def test_faulty_rule_is_not_written(session: Session) -> None:
    for table in ({"on": "message", "do": []}, {"on": "never", "do": [{"read": True}]}):
        with pytest.raises(ConfigError):
            rule_writing.save(session, "new", table)
    with pytest.raises(OmniError):
        rule_writing.save(session, "new", {"on": "message", "when": "is:nothing", "do": [{"read": True}]})
    assert session.profile.rules_file.read_text() == FILE


def test_steps_in_a_form_of_their_own_are_left_to_people(session: Session) -> None:
    text = 'vip = { on = "message", do = [{ read = true }] }\n'
    session.profile.rules_file.write_text(text)
    with pytest.raises(Refused):
        rule_writing.save(session, "vip", {"on": "message", "do": [{"read": False}]})
    assert session.profile.rules_file.read_text() == text
