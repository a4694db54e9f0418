"""A day of one mail in and one reply out over real servers, in a process that dies or loses a line at any step.

What was done is acknowledged by a line in `acknowledged` once its call returned. What is cut short is gone on with by
the next process, for which an hour passes between two looks.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from omnitui.clock import HOUR
from omnitui.model.states import SendState
from omnitui.paths import profile
from omnitui.services.channels import connectors
from omnitui.services.session import Session
from omnitui.store.reads import accounts as account_reads
from omnitui.store.reads import history, inbox, oplog, outbox
from omnitui.sync import engine as engines
from omnitui.sync.engine import Engine
from tests.support.forked import cut
from tests.support.mail_servers import MailServers, a_mail
from tests.support.sync_desk import PARSER
from tests.support.travel import TravelClock

QUESTION, ANSWER, LABEL = "Where is it?", "It left yesterday.", "urgent"
ACTS = ("reply", "read", "label")
TRIES = 4
"""How often a day that is cut looks again; the one after it settles the rest."""
LAST_TRIES = 20
_ON_ITS_WAY = (SendState.HELD, SendState.QUEUED, SendState.SENDING, SendState.DEFERRED)


@dataclass
class WireDay:
    """The day of one agent and one customer, both of them nobody else's."""

    servers: MailServers
    home: Path
    settings: Mapping[str, str]
    address: str = field(init=False)
    customer: str = field(init=False)

    def __post_init__(self) -> None:
        # What is imported here is not imported by every process anew.
        connectors.load("email")
        self.home.mkdir(parents=True)
        self.address, self.customer = self.servers.user(), self.servers.user("customer")
        mail = a_mail(text=QUESTION, sender=self.customer, to=self.address)
        self.servers.deliver(self.address, mail, self.customer)

    def live(
        self, *, last: bool = False, seconds: float | None = None, born: Callable[[int], object] = lambda _pid: None
    ) -> bool:
        """Live the day, or the rest of it; whether it was killed."""
        return cut(lambda: asyncio.run(self._live(last)), self.home / "errors", seconds=seconds, born=born)

    def _session(self, clock: TravelClock | None = None) -> Session:
        os.environ["OMNITUI_HOME"] = str(self.home)
        os.environ["TEST_MAIL_PASSWORD"] = "secret"
        return Session.open(profile("desk"), clock=clock)

    async def _live(self, last: bool) -> None:
        engines.QUIET_SECONDS = 0.01
        clock = TravelClock()
        session = self._session(clock)
        if not session.cache.read(account_reads.accounts):
            settings = {"address": self.address, "folders": "INBOX, Sent", **self.settings}
            session.accounts.add("email", "mail", settings, secret_ref="env:TEST_MAIL_PASSWORD", hold=0)
        engine = Engine(session.cache, session.accounts.connect, parser=PARSER)
        for _try in range(LAST_TRIES if last else TRIES):
            await engine.once()
            talks = session.cache.read(inbox.page, session.query(""), limit=10)
            if talks and not self._act(session, talks[0].id) and not self._waits(session):
                break
            if last:
                clock.slept += HOUR
        session.cache.close()

    def _waits(self, session: Session) -> bool:
        return bool(session.cache.read(outbox.entries, _ON_ITS_WAY)) or any(
            one.is_file() for one in self.home.rglob("sent/*")
        )

    def _act(self, session: Session, talk: str) -> bool:
        """Do what is to be done yet; whether there was something."""
        acknowledged = self.home / "acknowledged"
        done = acknowledged.read_text().split() if acknowledged.exists() else []
        operations = session.operations
        for name in ACTS[len(done) :]:
            # A process that was killed may have done it without saying so.
            if name == "reply" and ANSWER not in _texts(session, talk):
                operations.reply(talk, ANSWER)
            elif name == "read":
                operations.mark_read([talk])
            elif name == "label":
                operations.label([talk], add=(LABEL,))
            with acknowledged.open("a") as file:
                file.write(f"{name}\n")
        return len(done) < len(ACTS)

    def check(self) -> SendState:
        """What has to hold once the day is over, wherever it was cut; gives what is said of the reply."""
        assert (self.home / "acknowledged").read_text().split() == list(ACTS)
        got, filed = self.servers.messages(self.customer), self.servers.messages(self.address, "Sent")
        before = dict(os.environ)
        session = self._session()
        try:
            (talk,) = session.cache.read(inbox.page, session.query(""), limit=10)
            shown = _texts(session, talk.id)
            assert sorted(shown) == [ANSWER, QUESTION], shown
            (reply,) = [one for one in session.cache.read(history.page, talk.id) if one.op_id]
            assert reply.state is not None
            assert len(got) <= 1, "the customer got it twice"
            if reply.state is SendState.ACCEPTED:
                assert len(got) == 1, "called sent, but it never arrived"
                assert len(filed) == 1, f"{len(filed)} copies in Sent"
            else:
                assert reply.state is SendState.UNKNOWN, reply.state
                assert len(filed) <= len(got)
            left = session.cache.read(outbox.entries)
            assert [entry.state for entry in left if entry.op_id != reply.op_id] == []
            (flags,) = self.servers.flags(self.address).values()
            assert {"\\Seen", LABEL} <= flags, flags
            assert session.cache.read(oplog.verify_chain)
            assert session.cache.read(lambda db: db.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
            assert session.cache.read(lambda db: db.execute("PRAGMA foreign_key_check").fetchall()) == []
            return reply.state
        finally:
            session.cache.close()
            os.environ.clear()
            os.environ.update(before)


def _texts(session: Session, talk: str) -> list[str]:
    return [one.text.strip() for one in session.cache.read(history.page, talk)]
