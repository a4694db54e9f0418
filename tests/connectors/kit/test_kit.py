"""The kit finds every way of breaking the contract that we could think of: each connector here is broken on purpose."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from omnitui_demo import DemoConnector

from omnitui.sdk import (
    Accepted,
    AuthFailed,
    Batch,
    Fault,
    Health,
    Json,
    MessageReceived,
    NotFound,
    NotReady,
    Outbound,
    Outcome,
    RateLimited,
    Reconciled,
    Rejected,
    Unknown,
    Unsupported,
)
from omnitui.sdk.conformance import CHECKS, Nonconformity, checks_for
from tests.support.demo_rig import DemoRig
from tests.support.sdk import a_context

_numbers = itertools.count()


class OtherVersion(DemoConnector):
    manifest = replace(DemoConnector.manifest, sdk_version=99)


class DropsUnknown(DemoConnector):
    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        async for batch in super().inbound(cursor):
            yield replace(batch, events=tuple(e for e in batch.events if not isinstance(e, Unsupported)))


class NamesAnew(DemoConnector):
    """Gives a message another id whenever it hands it out."""

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        async for batch in super().inbound(cursor):
            yield replace(
                batch,
                events=tuple(
                    replace(e, external_id=f"{e.external_id}-{next(_numbers)}") if isinstance(e, MessageReceived) else e
                    for e in batch.events
                ),
            )


class RunsAhead(DemoConnector):
    """Hands out the cursor of the end with the first batch, so that a crash loses the rest."""

    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        end = {"at": self._clock.now(), "key": "~"}
        async for batch in super().inbound(cursor):
            yield replace(batch, cursor=end)


class DeafWhileLive(DemoConnector):
    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        caught_up = False
        async for batch in super().inbound(cursor):
            yield replace(batch, events=() if caught_up else batch.events)
            caught_up = caught_up or batch.caught_up


class EditsWithoutRevision(DemoConnector):
    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        async for batch in super().inbound(cursor):
            edits = [replace(e, text=e.text + "!") for e in batch.events if isinstance(e, MessageReceived)]
            yield replace(batch, events=(*batch.events, *edits[-1:]))


class SendsTwice(DemoConnector):
    async def perform(self, op: Outbound) -> Outcome:
        first = await super().perform(op)
        self._world._sent.append(replace(self._world._sent[-1]))
        self._world._log.open("ab").write(self._world._log.read_bytes().splitlines(keepends=True)[-1])
        return first


class Truncates(DemoConnector):
    async def perform(self, op: Outbound) -> Outcome:
        return await super().perform(replace(op, text=op.text[:20]))


class ClaimsSuccess(DemoConnector):
    """Says accepted although the link broke."""

    async def perform(self, op: Outbound) -> Outcome:
        outcome = await super().perform(op)
        return Accepted() if isinstance(outcome, Unknown) else outcome


class RaisesAfterSend(DemoConnector):
    async def perform(self, op: Outbound) -> Outcome:
        outcome = await super().perform(op)
        if isinstance(outcome, Unknown):
            raise NotReady(outcome.reason)
        return outcome


class NeverFinds(DemoConnector):
    async def reconcile(self, op: Outbound) -> Reconciled:
        return NotFound()


class GivesUpBeforeSend(DemoConnector):
    async def perform(self, op: Outbound) -> Outcome:
        try:
            return await super().perform(op)
        except NotReady as fault:
            return Rejected(fault.message)


class IgnoresLimits(DemoConnector):
    async def perform(self, op: Outbound) -> Outcome:
        try:
            return await super().perform(op)
        except RateLimited as fault:
            return Rejected(fault.message)


class MistakesSignedOut(DemoConnector):
    async def perform(self, op: Outbound) -> Outcome:
        try:
            return await super().perform(op)
        except AuthFailed as fault:
            raise NotReady(fault.message) from fault


class CheerfulCheck(DemoConnector):
    async def check(self) -> Health:
        return Health(ok=True, message="fine")


class DiesOnClose(DemoConnector):
    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        async for batch in super().inbound(cursor):
            yield batch
        raise Fault("the stream is gone")


class NeverEnds(DemoConnector):
    async def close(self) -> None:
        """Does nothing."""


class ForgetsHistory(DemoConnector):
    async def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        async for batch in super().inbound(cursor):
            yield batch if cursor else replace(batch, events=())


BROKEN: list[tuple[type[DemoConnector], str]] = [
    (OtherVersion, "manifest"),
    (DeafWhileLive, "arrival"),
    (RunsAhead, "cursor_replay"),
    (NamesAnew, "duplicates"),
    (EditsWithoutRevision, "disorder"),
    (DropsUnknown, "unknown_event"),
    (SendsTwice, "send"),
    (Truncates, "oversize_text"),
    (GivesUpBeforeSend, "cut_before_send"),
    (ClaimsSuccess, "cut_after_send"),
    (RaisesAfterSend, "cut_after_send"),
    (NeverFinds, "cut_after_send"),
    (IgnoresLimits, "rate_limit"),
    (MistakesSignedOut, "signed_out"),
    (CheerfulCheck, "signed_out"),
    (DiesOnClose, "closing"),
    (NeverEnds, "closing"),
    (ForgetsHistory, "backfill"),
]


@pytest.mark.parametrize(("broken", "check_name"), BROKEN, ids=lambda value: getattr(value, "__name__", value))
async def test_kit_names_the_broken_rule(
    broken: type[DemoConnector], check_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnitui.sdk.conformance.checks.PATIENCE_SECONDS", 3.0)

    class BrokenRig(DemoRig):
        def connector(self) -> DemoConnector:
            made = broken(a_context(self.folder, clock=self.clock))
            self.connectors.append(made)
            return made

    check = next(check for check in CHECKS if check.name == check_name)
    with pytest.raises(Nonconformity):
        await check.run(BrokenRig(tmp_path))


def test_every_check_is_tried_on_a_broken_connector() -> None:
    assert {name for _, name in BROKEN} == {check.name for check in CHECKS}


def test_a_rig_cannot_excuse_itself_from_a_check_that_does_not_exist() -> None:
    class LaxRig(DemoRig):
        lacks: ClassVar[Mapping[str, str]] = {"no_such_check": "because"}

    with pytest.raises(Nonconformity, match="no_such_check"):
        checks_for(LaxRig)
