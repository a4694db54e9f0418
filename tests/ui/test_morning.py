"""A morning's triage by keys alone: what the table of docs/triage.md says is pressed, pressed in one console."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnitui.clock import HOUR
from omnitui.desk.promises.agreements import dump
from omnitui.desk.promises.sla import Policy
from omnitui.model.conversations import Conversation
from omnitui.model.states import Priority, SendState, Status
from omnitui.services.actions.action import READING, Scope
from omnitui.services.session import Session
from omnitui.services.texts import canned
from omnitui.services.triage import reasons
from omnitui.store import sla
from omnitui.store.reads import inbox, outbox
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation, an_agent

PAGE = Path(__file__).parents[2] / "docs" / "triage.md"
ROW = re.compile(r"\| (?P<task>[^|]+) \|(?P<keys>[^|]+)\| (?P<n>\d+) \| (?P<clicks>\d+) \|[^|]+\|")
ALL = "All ten"
CHAT = ("Ann", "Bo", "Cem", "Dora", "Eve", "Finn", "Gil", "Hal", "Ida", "Jun", "Kim", "Lea", "Mia", "Ned")


class Hand:
    """Presses keys for one task and keeps them; text between them is typed either way, and not counted."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.pressed: list[str] = []

    async def press(self, *keys: str) -> None:
        self.pressed += keys
        await self.person.press(*keys)

    async def words(self, text: str) -> None:
        self.pressed.append("…")
        await self.person.type(text)

    async def after(self, condition: Callable[[], bool], *keys: str) -> None:
        """Keys for what is on the screen only once `condition` holds."""
        await self.person.until(condition)
        await self.press(*keys)

    async def seeing(self, text: str, *keys: str) -> None:
        await self.person.sees(text)
        await self.press(*keys)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        cache = opened.cache
        reasons.give(opened.profile, reasons.EXAMPLE)
        canned.give(opened.profile, {"refund.md": "---\ntitle: Refund\n---\nIt is refunded."})
        an_agent(cache, "Mei")
        cache.write(lambda tx: sla.put_in_force(tx, dump((Policy("Gold", "label:gold", first=HOUR),))))
        a_conversation(cache, "The kettle leaks", contact="Zoe", status=Status.RESOLVED)
        for name in reversed(CHAT):
            a_conversation(cache, f"text of {name}", contact=name, subject=f"About {name}")
        a_conversation(cache, "Where is it?", contact="Gus", labels=["gold"])
        a_conversation(cache, "And my refund?", contact="Ann", subject="About Ann")
        yield opened


def rows(session: Session) -> dict[str, Conversation]:
    found = session.cache.read(inbox.page, session.query("is:all"))
    return {one.contact: one for one in reversed(found)}


def table() -> dict[str, tuple[str, int, int]]:
    """The rows of the page: what is pressed for a task, how many keys that is said to be, and how many clicks."""
    found = (ROW.fullmatch(line) for line in PAGE.read_text("utf-8").splitlines())
    return {row["task"]: (row["keys"].strip(), int(row["n"]), int(row["clicks"])) for row in found if row is not None}


async def test_morning_is_worked_through_by_the_keys_that_the_page_says(session: Session) -> None:
    done: dict[str, list[str]] = {}
    async with a_console(session) as person:
        queue, desk = person.app.main.queue, person.app.main.desk
        me = session.cache.me().id

        async def task(name: str, count: int, *contacts: str) -> Hand:
            """The list at rest with so many rows, and with one of these selected, where any are named."""
            await person.until(lambda: len(queue.window.rows) == count, f"{count} rows")
            chosen = contacts or tuple(CHAT)
            await person.until(
                lambda: queue.selected_row is not None and queue.selected_row.contact in chosen, f"{contacts} selected"
            )
            await person.until(lambda: desk.shown == queue.selected and desk.conversation is not None, "it is shown")
            await person.until(
                lambda: person.app.main.scope is Scope.LIST and person.app.screen is person.app.main,
                "the list has the keys",
            )
            hand = Hand(person)
            done[name] = hand.pressed
            return hand

        def having(status: Status) -> set[str]:
            return {name for name, one in rows(session).items() if one.status is status}

        hand = await task("Show two of one customer as one, the likeliest", 16, "Ann")
        await hand.press("g", "j")
        await hand.seeing("same subject", "enter")
        await person.sees("shown as one")

        hand = await task("Take the most urgent one that nobody has", 15, "Ann")
        await hand.press("D")
        await person.until(lambda: rows(session)["Gus"].assignee_id == me)

        hand = await task("Answer with a canned response and resolve", 15, "Gus")
        await hand.press("r")
        await person.until(lambda: bool(person.app.main.composer.shelf.canned), "canned responses")
        await hand.words(";refund")
        await hand.seeing(";refund Refund", "tab")
        await hand.seeing("It is refunded.", "ctrl+s")
        await person.until(lambda: [one.state for one in session.cache.read(outbox.entries)] == [SendState.HELD])
        await person.until(lambda: person.app.main.scope in READING, "nothing is written")
        await hand.press("d", "d")
        await person.until(lambda: rows(session)["Gus"].status is Status.RESOLVED)
        await hand.press("escape")

        hand = await task("Resolve with a contact reason", 14, "Bo")
        await hand.press("d", "r")
        await hand.seeing("Why did the customer write?", "b")
        await hand.seeing("Refund", "r")
        await person.until(lambda: rows(session)["Bo"].contact_reason == "billing/refund")

        hand = await task("Put off until tomorrow morning", 13, "Cem")
        await hand.press("s", "t")
        await person.until(lambda: rows(session)["Cem"].status is Status.SNOOZED)

        hand = await task("Hand to a colleague with a note and a priority", 12, "Dora")
        await hand.press("d", "h")
        await person.sees("Hand off")
        await hand.words("mei")
        await hand.press("tab")
        await hand.words("please call her")
        await hand.press("tab")
        await hand.words("high")
        await hand.press("ctrl+s")
        await person.until(lambda: rows(session)["Dora"].priority is Priority.HIGH)
        assert rows(session)["Dora"].assignee_id not in (None, me)

        hand = await task("Resolve three in a row", 12, "Dora")
        await hand.press("j")
        await hand.after(lambda: queue.selected_row is not None and queue.selected_row.contact == "Eve", "d", "2", "j")
        await person.until(lambda: having(Status.RESOLVED) >= {"Eve", "Finn", "Gil"})

        hand = await task("Take that back", 9)
        await hand.press("u")
        await person.until(lambda: not having(Status.RESOLVED) & {"Eve", "Finn", "Gil"})

        hand = await task("Put a label on five", 12)
        await hand.press("5", "l")
        await person.sees("Enter puts it on")
        await hand.words("vip")
        await hand.seeing("new label #vip", "enter")
        await person.until(lambda: sum("vip" in one.labels for one in rows(session).values()) == 5)

        hand = await task("Find an old conversation by a word, and open it", 12)
        await hand.press("slash")
        await person.sees("Search all messages")
        await hand.words("leaks")
        await hand.seeing("Zoe", "enter")
        await person.until(lambda: desk.shown == rows(session)["Zoe"].id)
    said = table()
    assert said.pop(ALL)[1:] == tuple(map(sum, zip(*((n, clicks) for _keys, n, clicks in said.values()), strict=True)))
    pressed = {name: (" ".join(map(spelled, keys)), sum(key != "…" for key in keys)) for name, keys in done.items()}
    assert pressed == {name: (keys, n) for name, (keys, n, _clicks) in said.items()}


def spelled(key: str) -> str:
    """A key as the page writes it."""
    return key if key == "…" else f"`{ {'slash': '/'}.get(key, key) }`"
