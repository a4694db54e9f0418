"""The embedded world as a pure function: the same seed, start and acts of the agent give the same beats, for ever."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any, Literal

from omnitui.sdk import DAY, MINUTE, SECOND, Millis

PAST_MATTERS = 140
"""How many settled conversations lie in the months before the start."""

STIRRED = ("says", "repeats", "polls")
"""Acts not of the agent but of customers, put into the log from outside: to try something, or to test."""

Kind = Literal["person", "message", "receipt", "state", "rating", "poll"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What the agent did, as the world remembers it."""

    at: Millis
    key: str
    """The idempotency key: the same one is the same act."""
    verb: str
    conversation: str
    channel: str
    customer: str
    """The customer's address on the channel."""
    text: str


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happens; beats are ordered by (at, key)."""

    at: Millis
    key: str
    kind: Kind
    values: Mapping[str, Any]


@cache
def cast() -> dict[str, Any]:
    """Customers, agents, inboxes and topics."""
    return tomllib.loads(files("omnitui_demo").joinpath("cast.toml").read_text("utf-8"))


@cache
def scenes() -> list[dict[str, Any]]:
    """The conversations on the desk at the start and soon after."""
    found: list[dict[str, Any]] = tomllib.loads(files("omnitui_demo").joinpath("scenes.toml").read_text("utf-8"))[
        "scene"
    ]
    return found


def customer_at(channel: str, address: str) -> Mapping[str, Any]:
    """The customer with this address; one without a script where the agent wrote to somebody else."""
    customers: list[dict[str, Any]] = cast()["customer"]
    for customer in customers:
        if customer.get(channel) == address:
            return customer
    return {"key": address, "name": address, "language": "en", channel: address}


def beats(seed: int, start: Millis, sent: Sequence[Sent]) -> list[Beat]:
    """All that happened and will happen, in order, if the agent does nothing more."""
    found = [*_people(start), *_past(seed, start), *_desk(start)]
    for number, act in enumerate(sent):
        found += _spoken(act) if act.verb in STIRRED else _answer(seed, number, act)
    return sorted(found, key=lambda beat: (beat.at, beat.key))


def _people(start: Millis) -> Iterator[Beat]:
    for customer in cast()["customer"]:
        yield Beat(start - 130 * DAY, f"p-{customer['key']}", "person", customer)


def _past(seed: int, start: Millis) -> Iterator[Beat]:
    """Settled matters: question, answer, thanks, resolved, sometimes rated."""
    for number in range(PAST_MATTERS):
        random = Random(f"{seed}:past:{number}")
        topic = random.choice(cast()["topic"])
        language = topic["language"]
        customer = random.choice([c for c in cast()["customer"] if c["language"] == language])
        channel = random.choice([name for name in ("email", "line", "whatsapp", "webchat") if name in customer])
        words = {
            "product": random.choice(cast()["products"][language]),
            "order": f"{random.choice('ABE')}-{random.randrange(10_000, 20_900)}",
        }
        name = f"h{number:03}"
        at = start - random.randrange(3 * DAY, 120 * DAY)
        agent = random.choice(cast()["agent"])
        place = {"conversation": name, "channel": channel, "customer": customer}
        subject = topic["subject"].format(**words) if channel in ("email", "webchat") else ""
        for part, author, delay in (
            ("ask", None, 0),
            ("answer", agent, random.randrange(4, 200) * MINUTE),
            ("thanks", None, random.randrange(5, 600) * MINUTE),
        ):
            at += delay
            text = topic[part].format(**words)
            values = {**place, "agent": author, "text": text, "subject": subject, "seen": True}
            yield Beat(at, f"{name}-{part}", "message", values)
        state = {**place, "status": "resolved", "labels": [topic["label"]], "assignee": agent["address"]}
        yield Beat(at + MINUTE, f"{name}-state", "state", state)
        if random.random() < 0.45:
            rating = {**place, **_rating(random, language)}
            yield Beat(at + 90 * MINUTE, f"{name}-rating", "rating", rating)


def _desk(start: Millis) -> Iterator[Beat]:
    """What waits on the desk, and who writes soon."""
    customers = {customer["key"]: customer for customer in cast()["customer"]}
    agents = {"a": cast()["agent"][0], "k": cast()["agent"][1], "n": cast()["agent"][1]}
    for number, scene in enumerate(scenes()):
        name = f"s{number:03}"
        place = {"conversation": name, "channel": scene["channel"], "customer": customers[scene["customer"]]}
        gaps = [line[2] * MINUTE for line in scene["lines"]]
        arrives = "arrives" in scene
        at = start + scene["arrives"] * SECOND if arrives else start - scene["age"] * MINUTE - sum(gaps)
        answered = max((index + 1 for index, line in enumerate(scene["lines"]) if line[0] != "c"), default=0)
        for index, (who, text, _gap) in enumerate(scene["lines"]):
            at += gaps[index]
            values = {
                **place,
                "agent": agents.get(who),
                "note": who == "n",
                "text": text,
                "subject": scene.get("subject", ""),
                "file": scene.get("file") if index == len(gaps) - 1 else None,
                "seen": index < answered,
            }
            yield Beat(at, f"{name}-{index}", "message", values)
        state = {
            **place,
            "status": scene.get("status"),
            "labels": scene.get("labels", []),
            "priority": scene.get("priority"),
            "assignee": scene.get("assignee", ""),
        }
        yield Beat(at + 1, f"{name}-state", "state", state)


def _spoken(act: Sent) -> Iterator[Beat]:
    """What a customer was made to do: say something, be heard twice, or do what no connector knows."""
    place = {
        "conversation": act.conversation,
        "channel": act.channel,
        "customer": customer_at(act.channel, act.customer),
    }
    values = {**place, "agent": None, "text": act.text, "subject": ""}
    match act.verb:
        case "says":
            yield Beat(act.at, f"c-{act.key}", "message", values)
        case "repeats":
            original = act.key.removesuffix("~")
            yield Beat(act.at, f"c-{act.key}", "message", {**values, "external_id": f"c-{original}"})
        case _:
            yield Beat(act.at, f"c-{act.key}", "poll", values)


def _answer(seed: int, number: int, act: Sent) -> Iterator[Beat]:
    """What follows an act of the agent: receipts, mostly an answer, and a rating after a resolution."""
    random = Random(f"{seed}:{number}:{act.conversation}")
    customer = customer_at(act.channel, act.customer)
    place = {"conversation": act.conversation, "channel": act.channel, "customer": customer}
    language = customer["language"]
    if act.verb == "resolved":
        if random.random() < 0.7:
            rating = {**place, **_rating(random, language)}
            yield Beat(act.at + random.randrange(5, 15) * SECOND, f"r{number:05}-rating", "rating", rating)
        return
    at = act.at
    if act.channel != "email":
        at += SECOND
        yield Beat(at, f"r{number:05}-delivered", "receipt", {"key": act.key, "state": "delivered"})
        at += random.randrange(3, 9) * SECOND
        yield Beat(at, f"r{number:05}-read", "receipt", {"key": act.key, "state": "read"})
    if random.random() < 0.8:
        at += random.randrange(8, 25) * SECOND
        answers = cast()["answers"][language]
        text = answers[random.randrange(len(answers))]
        yield Beat(at, f"r{number:05}-text", "message", {**place, "agent": None, "text": text, "subject": ""})


def _rating(random: Random, language: str) -> dict[str, Any]:
    score = random.choice([5, 5, 5, 4, 4, 3])
    comments = cast()["comments"][language]
    return {"score": score, "comment": comments[-1] if score == 3 else random.choice(comments[:-1] or comments)}
