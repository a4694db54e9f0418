"""The embedded world: the same for the same seed, alive when spoken to, and safe from crashes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from omnitui_demo.client import World
from omnitui_demo.mapping import events
from omnitui_demo.world import Beat, Sent, beats, cast, scenes

from omnitui.clock import DAY, MINUTE, FrozenClock
from omnitui.sdk import MessageReceived, Rated, Receipt, SendState
from tests.support.demo_rig import DemoRig

START = 1_772_411_400_000


def _act(verb: str = "reply", channel: str = "line", customer: str = "U-misaki", key: str = "k") -> Sent:
    return Sent(START, key, verb, "s000", channel, customer, "お待たせしました")


def _after(seed: int, *acts: Sent) -> list[Beat]:
    quiet = {beat.key for beat in beats(seed, START, [])}
    return [beat for beat in beats(seed, START, acts) if beat.key not in quiet]


def test_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    assert beats(1, START, []) == beats(1, START, [])
    assert beats(1, START, []) != beats(2, START, [])


def test_beats_are_in_order_and_named_once() -> None:
    found = beats(1, START, [_act()])
    assert [(b.at, b.key) for b in found] == sorted({(b.at, b.key) for b in found})


def test_every_beat_becomes_events() -> None:
    assert all(events(beat) for beat in beats(1, START, [_act(), _act("resolved", key="r")]))


def test_most_of_the_world_has_happened_before_the_agent_sits_down() -> None:
    found = beats(1, START, [])
    past = [beat for beat in found if beat.at <= START]
    assert len(past) > 600
    assert min(beat.at for beat in found) > START - 200 * DAY
    assert {scene["channel"] for scene in scenes()} == {inbox["channel"] for inbox in cast()["inbox"]}


def test_customers_go_on_writing_while_the_agent_works() -> None:
    live = [beat for beat in beats(1, START, []) if beat.at > START and beat.kind == "message"]
    assert len(live) >= 6
    assert live[0].at - START < MINUTE


def test_a_reply_is_delivered_read_and_mostly_answered() -> None:
    answered = 0
    for seed in range(20):
        following = [event for beat in _after(seed, _act()) for event in events(beat)]
        states = [event.state for event in following if isinstance(event, Receipt)]
        assert states == [SendState.DELIVERED, SendState.READ]
        answered += any(isinstance(event, MessageReceived) for event in following)
    assert 10 <= answered < 20


def test_mail_brings_no_receipts() -> None:
    act = _act(channel="email", customer="misaki.sato@example.jp")
    following = [event for seed in range(10) for beat in _after(seed, act) for event in events(beat)]
    assert following
    assert not [event for event in following if isinstance(event, Receipt)]


def test_resolving_is_often_rated() -> None:
    rated = [event for seed in range(20) for b in _after(seed, _act("resolved")) for event in events(b)]
    assert 8 <= len(rated) <= 20
    assert all(isinstance(event, Rated) and 1 <= event.score <= 5 for event in rated)


def test_world_keeps_its_first_day_and_what_was_sent(tmp_path: Path) -> None:
    World(tmp_path, 7, START).send(_act())
    again = World(tmp_path, 99, START + DAY)
    assert (again.seed, again.start) == (7, START)
    assert again.knows("k")


def test_the_same_act_twice_is_one(tmp_path: Path) -> None:
    world = World(tmp_path, 1, START)
    world.send(_act())
    world.send(_act())
    assert len((tmp_path / "sent.jsonl").read_bytes().splitlines()) == 1


def test_a_line_cut_by_a_crash_is_forgotten_and_written_over(tmp_path: Path) -> None:
    World(tmp_path, 1, START).send(_act())
    log = tmp_path / "sent.jsonl"
    log.write_bytes(log.read_bytes() + b'{"at": 17, "key": "ha')
    world = World(tmp_path, 1, START)
    assert not world.knows("ha")
    world.send(_act(key="k2"))
    assert {World(tmp_path, 1, START).knows(key) for key in ("k", "k2")} == {True}
    assert len(log.read_bytes().splitlines()) == 2


async def test_a_customer_who_blocked_us_cannot_be_reached(tmp_path: Path) -> None:
    rig = DemoRig(tmp_path, FrozenClock(START))
    outcome = await rig.connector().perform(replace(rig.outbound("聞こえますか"), contact="U-sakura"))
    assert "blocked" in str(outcome)
