"""Rules tried on stories made by hand: what the rule itself does counts from there on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from omnitui.clock import HOUR, MINUTE, Millis
from omnitui.desk.acting import steps
from omnitui.desk.acting.steps import Step
from omnitui.desk.querying.asof import Asked, Then
from omnitui.desk.querying.parsing import parse
from omnitui.desk.rules.backtest import Trial
from omnitui.desk.rules.outcomes import conversation, settled
from omnitui.desk.rules.rule import EVER, MOST, Every, Rule
from omnitui.desk.rules.stories import INCOMING, SHIFT, Firing, Said, Story
from omnitui.desk.rules.tables import on_called
from omnitui.model.states import Status

NOW: Millis = 1_750_000_000_000


def said(*times: Millis, role: int = 1) -> list[Said]:
    return [(NOW + at) << SHIFT | role | (0 if role == 2 else INCOMING) for at in times]


def run(
    on: str,
    when: str,
    deeds: Sequence[Step],
    messages: Sequence[Said],
    *,
    once: Millis = 0,
    until: Millis = 10 * HOUR,
    times: Sequence[Millis] = (),
) -> tuple[Trial, list[Firing]]:
    """What a rule would have done in one conversation that begins at NOW."""
    end = NOW + until
    asked = Asked(lambda at: parse(when, now=at, me="", zone=UTC), end)
    trigger = on_called(on)
    rule = Rule("r", "R", (trigger,), (), when, once=once)
    every = [(NOW + at, trigger) for at in times if isinstance(trigger, Every)]
    trial = Trial(
        rule,
        asked,
        lambda then: steps.foresee(conversation(then), deeds, then.at),
        since=0,
        now=end,
        most=1_000,
        names={},
        settled=settled(deeds),
        times=every,
    )
    trial.tell(Story("c", Then((), NOW), sorted(messages)))
    return trial, trial.firings[::-1]


def at(found: Sequence[Firing]) -> list[Millis]:
    return [one.at - NOW for one in found]


def test_label_that_the_rule_puts_on_keeps_it_from_firing_again() -> None:
    trial, found = run("message", "-label:seen", [steps.label(["seen"])], said(0, MINUTE, HOUR))
    assert (at(found), trial.already) == ([0], 0)
    trial, found = run("message", "", [steps.label(["seen"])], said(0, MINUTE, HOUR))
    assert (at(found), trial.already) == ([0], 2)
    assert [(one.field, one.before, one.after) for one in found[0].changes] == [("labels", [], ["seen"])]


def test_customer_who_writes_opens_again_what_the_rule_resolved() -> None:
    _trial, found = run("message", "is:open", [steps.status(Status.RESOLVED)], said(0, MINUTE))
    assert at(found) == [0, MINUTE]
    _trial, found = run("reopened", "", [steps.label(["again"])], said(0, MINUTE))
    assert at(found) == []
    _trial, found = run("message", "is:open", [steps.status(Status.CLOSED)], said(0, MINUTE))
    assert at(found) == [0]


def test_reply_of_the_rule_answers_the_customer() -> None:
    wanted = [steps.reply("We look.")]
    _trial, found = run("30m after message", "unanswered:>20m", wanted, said(0))
    assert at(found) == []  # the query has to hold as it happens, too
    _trial, found = run("30m after message", "is:unanswered", wanted, said(0, 10 * MINUTE, 5 * HOUR))
    assert at(found) == [40 * MINUTE, 5 * HOUR + 30 * MINUTE]  # the time ran anew
    _trial, found = run(
        "30m after message", "is:unanswered", wanted, [*said(0), *said(10 * MINUTE, role=2)]
    )  # fmt: skip
    assert at(found) == []  # somebody answered meanwhile


def test_automatic_mail_sets_rules_off_and_answers_nothing() -> None:
    _trial, found = run("message", "-is:unanswered", [steps.note("n")], said(0, role=3))
    assert at(found) == [0]


def test_rule_that_fires_once_fires_once() -> None:
    messages = said(0, HOUR, 3 * HOUR)
    assert at(run("message", "", [steps.note("n")], messages, once=EVER)[1]) == [0]
    assert at(run("message", "", [steps.note("n")], messages, once=2 * HOUR)[1]) == [0, 3 * HOUR]


def test_rule_that_fires_too_often_is_said_to_be_cut() -> None:
    trial, found = run("message", "", [steps.note("n")], said(*(n * MINUTE for n in range(MOST + 3))))
    assert len(found) == MOST
    assert trial.cut == ("c", NOW + MOST * MINUTE)


def test_times_that_come_again_ask_of_every_moment() -> None:
    wanted = [steps.label(["late"])]
    _trial, found = run("every day 9:00", "unanswered:>2h", wanted, said(0), times=(HOUR, 3 * HOUR, 5 * HOUR))
    assert at(found) == [3 * HOUR]


def test_what_cannot_be_done_is_counted_with_its_reason() -> None:
    from omnitui.desk.times.until import Until

    trial, found = run("message", "", [steps.snooze(Until(lead=HOUR))], said(0, MINUTE))
    assert found == []
    assert trial.reasons == {"it has no reply window": 2}
