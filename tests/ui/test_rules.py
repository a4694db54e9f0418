"""Rules by keys: tried before they are switched on, their firings taken back, one put together in the form."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path

from omnitui.model.states import SendState
from omnitui.services.rules import reading as rules
from omnitui.services.rules import standing as rule_standing
from omnitui.services.rules.ruling import Ruling
from omnitui.services.session import Session
from omnitui.store.outbox import move
from omnitui.store.reads import outbox
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, a_message, conversation
from tests.support.ruled import a_rule, ruled

FILE = """# mine
[seen]
title = "Seen 見た"
on = "message"
when = "-label:seen"

[[seen.do]]
label = "+seen"
"""


def standing(session: Session) -> rule_standing.Standing:
    found = rules.read(session.profile, session.settings)
    return rule_standing.standings(session, found)[0]


async def test_rule_is_tried_before_it_is_switched_on_and_its_firing_is_taken_back(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        session.profile.rules_file.parent.mkdir(parents=True, exist_ok=True)
        session.profile.rules_file.write_text(FILE, "utf-8")
        talk = a_conversation(session.cache, "Hello", contact="Ann Stone")
        async with a_console(session, 100, 30) as person:
            await person.sees("Ann Stone")
            await person.press("g", "R")
            await person.sees("off     Seen 見た")
            await person.press("enter")
            await person.sees("try it on all that has happened")
            await person.press("down", "enter")
            await person.sees("it would have fired 1 time on 1 conversation")
            await person.sees("labels: +#seen")
            assert not standing(session).rule.enabled
            await person.press("down", "enter")
            await person.sees("Seen 見た · on")
            assert standing(session).rule.enabled
            assert standing(session).tried
            ruling = Ruling(session)
            ruling.put_in_force(rules.read(session.profile, session.settings).rules)
            a_message(session.cache, talk.id, "Once more", at=session.cache.clock.now())
            ruling.work()
            assert conversation(session.cache, talk.id).labels == ("seen",)
            await person.press("escape")
            await person.sees("fired 1 time")
            await person.press("enter")
            await person.sees("a message came and -label:seen")
            await person.type("came")
            await person.misses("switch it off")
            await person.press("enter")
            await person.sees("take back just that")
            await person.press("down", "enter")
            await person.sees("undone")
        assert session.profile.rules_file.read_text("utf-8").startswith("# mine\n")
        assert conversation(session.cache, talk.id).labels == ()


async def test_of_a_firing_whose_reply_has_left_the_rest_is_taken_back_where_that_is_wanted(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        ruling = ruled(session, a_rule("thanks", "message", '{reply = "thank you"}, {label = ["+new"]}'))
        talk = a_conversation(session.cache, "Hello", contact="Ann Stone")
        ruling.work()
        (reply,) = session.cache.read(outbox.entries)
        for state in (SendState.QUEUED, SendState.SENDING, SendState.ACCEPTED):
            session.cache.write(partial(move, op_id=reply.op_id, to=state))
        async with a_console(session, 80, 24) as person:
            await person.sees("Ann Stone")
            await person.press("g", "R")
            await person.sees("fired 1 time")
            await person.press("enter")
            await person.sees("switch it off")
            await person.press(*"came")
            await person.misses("switch it off")
            await person.press("enter")
            await person.sees("take back just that")
            await person.press("down", "enter")
            await person.sees("Take back the rest?")
            await person.press("down", "enter")
            await person.sees("undone")
        assert conversation(session.cache, talk.id).labels == ()
        left = session.cache.read(outbox.entry, reply.op_id)
        assert left is not None
        assert left.state is SendState.ACCEPTED


async def test_rule_is_put_together_line_by_line(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        session.profile.rules_file.parent.mkdir(parents=True, exist_ok=True)
        a_conversation(session.cache, "Hello", contact="Ann Stone")
        async with a_console(session, 80, 24) as person:
            await person.sees("Ann Stone")
            await person.press("g", "R")
            await person.sees("a new rule")
            await person.press("enter")
            await person.sees("> name")
            await person.press("enter")
            await person.sees("ctrl+s: take it")
            await person.type("Late")
            await person.press("ctrl+s")
            await person.sees("> set off by")
            await person.press("enter")
            await person.sees("What sets it off?")
            await person.type("2h after message")
            await person.sees("> 2h after message")
            await person.press("enter")
            await person.sees("> when")
            await person.press("enter")
            await person.sees("take this query")
            await person.type("is:open")
            await person.sees("Ann Stone")
            await person.press("enter")
            await person.sees("> one more step")
            await person.press("enter")
            await person.sees("What shall it do?")
            await person.type("prio")
            await person.sees("> priority")
            await person.press("enter")
            await person.misses("What shall it do?")
            await person.sees("say how much it matters")
            await person.type("high")
            await person.sees("> high")
            await person.press("enter")
            await person.sees("> keep it in rules.toml")
            await person.press("up")
            await person.sees("> one more step")
            await person.press("enter")
            await person.sees("What shall it do?")
            await person.type("assign")
            await person.sees("> assign")
            await person.press("enter")
            await person.sees("> whoever is found")
            await person.press("enter")
            await person.sees("Who gets it?")
            await person.press("ctrl+s")
            await person.sees("assign by skill+language, load")
            await person.sees("> keep it in rules.toml")
            await person.press("enter")
            await person.sees("off     Late")
        made = tomllib.loads(session.profile.rules_file.read_text("utf-8"))
    assert made["late"] == {
        "title": "Late",
        "on": "2h after message",
        "when": "is:open",
        "enabled": False,
        "do": [{"priority": "high"}, {"assign": {"by": ["skill+language", "load"]}}],
    }
