"""The console as a person meets it, without a terminal: keys in, text of the screen out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from omnitui.clock import FrozenClock
from omnitui.paths import Profile
from omnitui.sdk import snapshot
from omnitui.sdk.capabilities import Capabilities, Idempotency
from omnitui.services.session import Session
from omnitui.store import accounts
from omnitui.store.cache import Cache
from omnitui.ui.app import ConsoleApp
from omnitui.ui.last_hop.ending import screen_lines
from tests.support import idle
from tests.support.desk import an_account

WAIT = 60.0
MAIL = Capabilities(
    idempotency=Idempotency.FINDABLE, subject=True, cc=True, attachments=True, can_start=True, mail=True
)


def a_profile(folder: Path) -> Profile:
    """A profile below `folder`, with its folders."""
    found = Profile("test", folder / "config", folder / "data", folder / "state")
    found.config.mkdir(parents=True, exist_ok=True)
    found.make()
    return found


def a_session(folder: Path) -> Session:
    """An empty desk on a clock that stands still."""
    session = Session.open(a_profile(folder), clock=FrozenClock())
    able(session.cache)
    return session


def able(cache: Cache, capabilities: Capabilities = MAIL, *channels: str) -> None:
    """Say what the account of the builders can do."""
    account = an_account(cache)
    taken = snapshot.take(lambda _channel: capabilities, channels or ("email",))
    cache.write(lambda tx: accounts.set_capabilities(tx, account.id, taken))


class Person:
    """Presses keys and reads the screen."""

    def __init__(self, app: ConsoleApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> str:
        """What is on the screen."""
        return "\n".join(screen_lines(self.app))

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*[{" ": "space", "\n": "enter"}.get(char, char) for char in text])

    async def sees(self, text: str) -> None:
        """Wait until `text` is on the screen."""
        await self.until(lambda: text in self.screen, f"{text!r} on the screen")

    async def misses(self, text: str) -> None:
        """Wait until `text` is not on the screen."""
        await self.until(lambda: text not in self.screen, f"no {text!r} on the screen")

    async def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Wait for something, and fail with the screen if it does not come."""
        end = asyncio.get_running_loop().time() + WAIT
        while not condition():
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"waited in vain for {what or condition}:\n{self.screen}")
            await asyncio.sleep(0.02)


@asynccontextmanager
async def a_console(session: Session, width: int = 130, height: int = 36) -> AsyncIterator[Person]:
    """The console on a session, at rest with its first rows."""
    idle.install()
    idle.count_threads(asyncio.get_running_loop())
    app = ConsoleApp(session, sync=False)
    async with app.run_test(size=(width, height)) as pilot:
        person = Person(app, pilot)
        await person.until(lambda: app.main.desk.standing.counts is not None and bool(app.main.queue.window.rows))
        await person.until(lambda: app.main.desk.conversation is not None, "a conversation")
        yield person
