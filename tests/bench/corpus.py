"""A deterministic stream of support conversations, half Japanese, for measurements at any size.

The same (seed, number) gives the same conversation, whatever was made before it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from omnitui.clock import DAY, MINUTE, Millis
from tests.bench import phrases

START: Final[Millis] = 1_735_689_600_000
"""2025-01-01T00:00:00Z."""
STEP: Final[Millis] = 200_000
"""Between the beginnings of two conversations: 205,000 of them, a million messages, take 475 days."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message."""

    at: Millis
    incoming: bool
    text: str


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation with everything said in it."""

    number: int
    channel: str
    customer: str
    address: str
    subject: str
    status: str
    priority: str
    assigned: bool
    labels: tuple[str, ...]
    lines: tuple[Line, ...]


def talk(seed: int, number: int) -> Talk:
    """The conversation of that number: one to sixteen messages, five on average."""
    dice = random.Random(f"{seed}/{number}")
    customer_number = int(dice.random() ** 1.6 * (number + 1))
    japanese = customer_number % 2 == 0
    customer, address = customer_of(seed, customer_number)
    begun = START + number * STEP + dice.randrange(STEP)
    lines: list[Line] = []
    at = begun
    count = min(16, 1 + int(dice.expovariate(1 / 4.5)))
    for place in range(count):
        incoming = place == 0 or dice.random() < 0.5
        lines.append(Line(at, incoming, _body(dice, japanese, incoming)))
        at += dice.randrange(MINUTE, DAY)
    return Talk(
        number,
        _weighted(dice, phrases.CHANNELS),
        customer,
        address,
        _filled(dice, dice.choice(phrases.SUBJECTS), japanese),
        _weighted(dice, phrases.STATUSES),
        _weighted(dice, phrases.PRIORITIES),
        dice.random() < 0.6,
        tuple(sorted(set(dice.choices(phrases.LABELS, k=int(dice.random() ** 2 * 4))))),
        tuple(lines),
    )


def talks(seed: int, start: int, stop: int) -> Iterator[Talk]:
    """The conversations numbered `start` to `stop` - 1."""
    for number in range(start, stop):
        yield talk(seed, number)


def arrivals(seed: int, start: int, stop: int) -> Iterator[tuple[Talk, int]]:
    """The messages of those conversations in the order in which they come: a conversation and the place of its line."""
    waiting: list[tuple[Millis, int, int, Talk]] = []
    for one in talks(seed, start, stop):
        while waiting and waiting[0][0] < one.lines[0].at:
            _at, _number, place, due = heappop(waiting)
            yield due, place
        for place, line in enumerate(one.lines):
            heappush(waiting, (line.at, one.number, place, one))
    while waiting:
        _at, _number, place, due = heappop(waiting)
        yield due, place


def end(count: int) -> Millis:
    """A time later than every message of the first `count` conversations."""
    return START + count * STEP + 20 * DAY


def customer_of(seed: int, number: int) -> tuple[str, str]:
    """Name and address of a customer; even numbers are Japanese."""
    dice = random.Random(f"{seed}/customer/{number}")
    if number % 2 == 0:
        family, given = dice.choice(phrases.FAMILY), dice.choice(phrases.GIVEN)
        return f"{family[0]} {given[0]}", f"{given[1]}.{family[1]}{number}@example.jp".lower()
    given_en, family_en = dice.choice(phrases.GIVEN_EN), dice.choice(phrases.FAMILY_EN)
    return f"{given_en} {family_en}", f"{given_en}.{family_en}{number}@example.com".lower()


def wanted(seed: int, count: int) -> list[str]:
    """Search queries of the kinds that agents type: words, two and more Japanese characters, numbers, pairs."""
    dice = random.Random(f"{seed}/wanted")
    found: list[str] = []
    while len(found) < count:
        one = talk(seed, dice.randrange(10_000))
        text = dice.choice(one.lines).text
        kind = len(found) % 4
        if kind == 0:
            words = [word.strip(".,?。、")[:8] for word in text.split()]
            found.append(max(dice.choices(words, k=2), key=len))
        elif kind == 3:
            goods = dice.choice(phrases.GOODS)
            found.append(f"{goods[one.customer.isascii()]} {dice.choice(phrases.PLACES)[one.customer.isascii()]}")
        else:
            size = 2 if kind == 1 else dice.randrange(3, 7)
            kanji = [at for at in range(len(text) - size) if all("一" <= char <= "鿿" for char in text[at : at + 2])]
            if kanji:
                at = dice.choice(kanji)
                found.append(text[at : at + size].strip("。、 "))
    return found


def _body(dice: random.Random, japanese: bool, incoming: bool) -> str:
    first = dice.choice(phrases.ASKED if incoming else phrases.ANSWERED)
    more = dice.choices(phrases.ADDED, k=int(dice.expovariate(0.35)))
    sentences = [_filled(dice, pair, japanese) for pair in (first, *more)]
    return ("" if japanese else " ").join(sentences)


def _filled(dice: random.Random, pair: tuple[str, str], japanese: bool) -> str:
    side = 0 if japanese else 1
    return pair[side].format(
        g=dice.choice(phrases.GOODS)[side],
        n=f"{dice.choice('ABCDEFGHJK')}{dice.randrange(10**6):06}",
        d=dice.randrange(2, 30),
        p=dice.choice(phrases.PLACES)[side],
        y=dice.randrange(8, 900) * 100,
    )


def _weighted(dice: random.Random, pairs: tuple[tuple[str, int], ...]) -> str:
    return dice.choices([word for word, weight in pairs], [weight for word, weight in pairs])[0]
