"""Twelve channels at once, a console that syncs them and a gateway that is called; both are killed, and lines cut."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from omnitui.errors import OmniError
from omnitui.model.states import SendState
from omnitui.paths import Profile
from omnitui.services.secrecy.secrets import joined
from omnitui.services.session import Session
from omnitui.store.reads import oplog
from tests.support.gateway import Gateway
from tests.support.mail_servers import MailServers
from tests.support.soak_channels import IN_A_ROW, Channel, World
from tests.support.soak_console import FINE
from tests.support.terminal import Terminal
from tests.support.vendors import PUBLIC

ROOT = Path(__file__).resolve().parents[2]
THEIRS = re.compile(r"question-[a-z]+-\d+")
SETTLED = (SendState.ACCEPTED, SendState.DELIVERED, SendState.READ)
SAID = (SendState.FAILED, SendState.BLOCKED, SendState.UNKNOWN, SendState.CANCELED)
BEHIND = "waiting behind such a one"
PATIENCE = 240.0


@dataclass
class Found:
    """What became of everything."""

    written: int = 0
    answers: int = 0
    lost: list[str] = field(default_factory=list)
    """Messages of customers that are not in the cache."""
    twice: list[str] = field(default_factory=list)
    """Those that are there more than once."""
    repeated: list[str] = field(default_factory=list)
    """Answers that customers got more than once."""
    lies: list[str] = field(default_factory=list)
    """Answers that are shown as sent and did not arrive, or the other way round."""
    states: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    called_again: int = 0
    idle_ms: float = 0.0
    """How late the console's loop was while nothing happened: of 100 times the 95th."""
    busy_ms: float = 0.0
    """The same while all of it happened."""
    floor_ms: float = 0.0
    """How late meanwhile a loop was that had nothing to do, on the same machine."""


def lateness(file: Path) -> float:
    """Of what has been measured, the 95th of 100, in milliseconds."""
    late: Counter[int] = Counter()
    for line in file.read_text().splitlines() if file.exists() else ():
        # A process that is killed may leave half a line.
        with suppress(ValueError):
            late.update({int(part): count for part, count in json.loads(line).items()})
    passed = 0
    for part in sorted(late):
        passed += late[part]
        if passed >= late.total() * 0.95:
            return part / FINE
    return 0.0


class Soak:
    """One run in a folder."""

    def __init__(self, folder: Path, mail: MailServers, seed: int) -> None:
        self._folder = folder
        self._chance = random.Random(seed)
        self._late = folder / "late"
        self._env = {"OMNITUI_HOME": str(folder / "home"), "PYTHONPATH": f"{ROOT}:{ROOT / 'connectors'}"}
        self.gateway = Gateway(folder / "home", env=dict(self._env))
        self.world = World(folder, self.gateway, mail)
        self.found = Found()
        self._console: Terminal | None = None
        self._written: dict[str, list[str]] = {}
        """By channel what its customers wrote, in order."""
        self._answered: set[tuple[str, int]] = set()
        self._answers: dict[str, str] = {}
        """By their words the ops of our answers."""
        self._session: Session | None = None

    async def run(self, seconds: float, rate: float, replies: float, kills: float, idle: float) -> Found:
        """Let `rate` messages and `replies` a second come and go for some seconds; every `kills` a process dies."""
        # Lines that are cut are what this is about.
        logging.getLogger("websockets.server").setLevel(logging.CRITICAL)
        async with self.world:
            await asyncio.to_thread(self._prepare)
            try:
                if idle:
                    await self._idle(idle)
                await self._measured_storm(seconds, rate, replies, kills)
                await self._settle()
                await self._judge()
            finally:
                await asyncio.to_thread(self._end)
        assert self.world.hooks is not None
        self.found.called_again = self.world.hooks.again
        return self.found

    def _prepare(self) -> None:
        place = self._folder / "home" / "default"
        self._session = Session.open(Profile("default", place / "config", place / "data", place / "state"))
        for channel in self.world.channels:
            names = {name: f"SOAK_{channel.name}_{name}".upper() for name in channel.secrets}
            self._env |= {names[name]: value for name, value in channel.secrets.items()}
            ref = joined({name: f"env:{variable}" for name, variable in names.items()})
            self._session.accounts.add(channel.kind, channel.name, dict(channel.settings), secret_ref=ref, hold=0)
        self.gateway.file.write_text(f'listen = "127.0.0.1:{self.gateway.port}"\npublic_url = "{PUBLIC}"\n')
        self.gateway.file.chmod(0o600)
        self.gateway.env |= self._env
        self.gateway.start()
        self._start_console()

    def _start_console(self) -> None:
        argv = [sys.executable, "-m", "tests.support.soak_console", str(self._late)]
        self._console = Terminal(argv, columns=140, lines=40, env={**os.environ, **self._env}, cwd=ROOT)

    def _end(self) -> None:
        if self._console is not None:
            self._console.close()
        if self.gateway.process is not None and self.gateway.process.poll() is None:
            self.gateway.end(signal.SIGKILL)
        if self._session is not None:
            self._session.close()

    async def _idle(self, seconds: float) -> None:
        """Until all accounts have been asked once, and then some time in which nothing happens."""
        await self._until(lambda: len(self._ledger()) == len(self.world.channels), "all accounts in step")
        self._late.unlink(missing_ok=True)
        await asyncio.sleep(seconds)
        self.found.idle_ms = lateness(self._late)

    def _ledger(self) -> list[str]:
        assert self._session is not None
        rows = self._session.cache.read(
            lambda db: db.execute(
                "SELECT a.name FROM ledger l JOIN account a ON a.pk = l.account_pk"
                " WHERE l.scope = '' AND l.health = 'ok'"
            ).fetchall()
        )
        return [name for (name,) in rows]

    async def _measured_storm(self, seconds: float, rate: float, replies: float, kills: float) -> None:
        floor = self._folder / "floor"
        argv = ["-m", "tests.support.soak_console", str(floor), "nothing"]
        beside = await asyncio.create_subprocess_exec(sys.executable, *argv, env={**os.environ, **self._env}, cwd=ROOT)
        try:
            self._late.unlink(missing_ok=True)
            await self._storm(seconds, rate, replies, kills)
            self.found.busy_ms, self.found.floor_ms = lateness(self._late), lateness(floor)
        finally:
            beside.kill()
            await beside.wait()

    async def _storm(self, seconds: float, rate: float, replies: float, kills: float) -> None:
        ends = asyncio.get_running_loop().time() + seconds
        async with asyncio.TaskGroup() as tasks:
            for number, channel in enumerate(self.world.channels):
                pace = len(self.world.channels) / rate
                tasks.create_task(self._write(channel, ends, pace, number / len(self.world.channels) * pace))
            tasks.create_task(self._answer(ends, replies))
            tasks.create_task(self._spoil(ends))
            tasks.create_task(self._kill(ends, kills))

    async def _write(self, channel: Channel, ends: float, pace: float, begin: float) -> None:
        """Customers of one channel write, one after the other some messages each."""
        said, due = self._written.setdefault(channel.name, []), asyncio.get_running_loop().time() + begin
        async with asyncio.TaskGroup() as tasks:
            while (now := asyncio.get_running_loop().time()) < ends:
                await asyncio.sleep(max(0.0, due - now))
                due += pace
                number = len(said)
                text = f"question-{channel.name}-{number}"
                said.append(text)
                customer = number // IN_A_ROW % channel.customers
                tasks.create_task(channel.writes(customer, number, text))

    async def _answer(self, ends: float, replies: float) -> None:
        """Answer customers who wait."""
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(1 / replies)
            channel = self._chance.choice(self.world.channels)
            waiting = range((len(self._written[channel.name]) - 2) // IN_A_ROW)
            open_ = [turn for turn in waiting if (channel.name, turn) not in self._answered]
            if not open_:
                continue
            turn = self._chance.choice(open_)
            await asyncio.to_thread(self._reply, channel.name, turn)

    def _reply(self, name: str, turn: int) -> bool:
        """Answer the customer whose turn it was, once their last message has come in; whether there is an answer."""
        assert self._session is not None
        if (name, turn) in self._answered:
            return True
        last = self._written[name][turn * IN_A_ROW + IN_A_ROW - 1]
        found = self._session.cache.read(
            lambda db: db.execute(
                "SELECT c.id FROM message m JOIN conversation c ON c.pk = m.conversation_pk"
                " WHERE m.pk > (SELECT max(pk) FROM message) - 20000 AND m.text LIKE ?",
                (f"%{last}%",),
            ).fetchone()
        )
        if found is None:
            return False
        text = f"answer-{name}-{turn}"
        try:
            self._answers[text] = self._session.operations.reply(found[0], text, hold=0).id
        except OmniError as error:
            self.found.faults[f"{name}: {error.message}"] += 1
            return False
        self._answered.add((name, turn))
        return True

    async def _spoil(self, ends: float) -> None:
        """Cut lines, lose answers, and refuse as too often."""
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(self._chance.uniform(0.3, 2.5))
            channel, what = self._chance.choice(self.world.channels), self._chance.random()
            if what < 0.4:
                await channel.cut()
                self.found.faults["lines cut"] += 1
            elif what < 0.7:
                channel.proxies[-1].cut_behind = f"answer-{channel.name}".encode()
                self.found.faults["answers lost"] += 1
            elif self._now() < ends - 60:
                # Some vendors do not say how long, and are left alone for a minute.
                channel.limit(self._chance.uniform(0.5, 4.0))
                self.found.faults["calls refused with 429"] += 1

    async def _kill(self, ends: float, every: float) -> None:
        """Kill the console and the gateway by turns, and start them again."""
        for turn in range(1_000):
            await asyncio.sleep(min(every * self._chance.uniform(0.7, 1.3), max(0.0, ends - self._now())))
            if self._now() > ends - 0.5 and len(self.found.kills) == 2:
                return
            if turn % 2:
                await asyncio.to_thread(self.gateway.end, signal.SIGKILL)
                await asyncio.sleep(self._chance.uniform(0, every / 10))
                await asyncio.to_thread(self.gateway.start)
                self.found.kills["gateway"] += 1
            else:
                assert self._console is not None
                os.killpg(self._console.process.pid, signal.SIGKILL)
                await asyncio.to_thread(self._console.close)
                await asyncio.sleep(self._chance.uniform(0, every / 10))
                self._start_console()
                self.found.kills["console"] += 1

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _settle(self) -> None:
        """Until everything has come in and nothing waits to leave."""
        for channel in self.world.channels:
            for proxy in channel.proxies:
                proxy.cut_behind = b""
        wanted = {text for said in self._written.values() for text in said}

        answered = {name for name, _turn in self._answered}
        names = [channel.name for channel in self.world.channels if channel.name not in answered]

        def done() -> bool:
            # One answer on each channel at least, on lines that are whole.
            return (
                wanted <= set(self._there())
                and all(list(map(partial(self._reply, turn=0), names)))
                and not self._waiting()
            )

        try:
            await self._until(done, "all in step")
        except TimeoutError:
            # What is missing is judged.
            self.found.faults["not settled in time"] += 1

    def _there(self) -> Counter[str]:
        """Customers' messages in the cache."""
        assert self._session is not None
        rows = self._session.cache.read(
            lambda db: db.execute(
                "SELECT text FROM message WHERE direction = 'incoming' AND deleted_at IS NULL"
            ).fetchall()
        )
        return Counter(found[0] for (text,) in rows for found in THEIRS.finditer(text or ""))

    def _states(self) -> dict[str, tuple[str, str]]:
        """By our answers' words their states, with the reasons. What waits behind such a one is `behind`."""
        assert self._session is not None
        rows = self._session.cache.read(
            lambda db: db.execute(
                "SELECT o.id, b.state, b.reason, b.conversation_pk FROM outbox b JOIN op o ON o.pk = b.op_pk"
            ).fetchall()
        )
        stuck = {conversation for _own, state, _why, conversation in rows if state in SAID}
        known = {
            own: (BEHIND if state == SendState.QUEUED and conversation in stuck else state, why)
            for own, state, why, conversation in rows
        }
        return {text: known.get(op, ("nowhere", "")) for text, op in self._answers.items()}

    def _waiting(self) -> list[str]:
        return [text for text, (state, _why) in self._states().items() if state not in (*SETTLED, *SAID, BEHIND)]

    async def _judge(self) -> None:
        found, there = self.found, self._there()
        wanted = [text for said in self._written.values() for text in said]
        found.written, found.answers = len(wanted), len(self._answers)
        assert self._session is not None
        assert self._session.cache.read(oplog.verify_chain)
        assert self._session.cache.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
        found.lost = [text for text in wanted if not there[text]]
        found.twice = [text for text, count in there.items() if count > 1]
        arrived: Counter[str] = Counter()
        for channel in self.world.channels:
            arrived += await channel.answers()
        found.repeated = [text for text, count in arrived.items() if count > 1]
        for text, (state, why) in self._states().items():
            found.states[state] += 1
            wrong = (arrived[text] != 1) if state in SETTLED else (state != SendState.UNKNOWN and arrived[text])
            if wrong or state not in (*SETTLED, *SAID, BEHIND):
                found.lies.append(f"{text}: {state} ({why}), arrived {arrived[text]} times")

    async def _until(self, met: Any, what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not await asyncio.to_thread(met):
            if time.monotonic() > until:
                raise TimeoutError(f"waited in vain for {what}")
            assert self._console is not None
            assert self._console.process.poll() is None, self._console.screen()
            await asyncio.sleep(0.25)
