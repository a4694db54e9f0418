"""What a connector's tests provide: the connector, and a back end that can be made to misbehave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from omnitui.clock import Millis
from omnitui.sdk.contract import Connector
from omnitui.sdk.events import Batch
from omnitui.sdk.outbound import Outbound


class Nonconformity(AssertionError):
    """The connector broke a rule of the contract; the message names it."""


class Rig(Protocol):
    """A connector and its back end. The back end outlives connectors, as a server outlives its clients."""

    lacks: ClassVar[Mapping[str, str]]
    """Checks that cannot be run on this back end, by name, each with the reason."""

    def connector(self) -> Connector:
        """A new connector on the same account, as after a restart."""
        ...

    async def customer_writes(self, text: str) -> None:
        """A customer sends `text`, which occurs nowhere else."""
        ...

    async def redeliver(self) -> None:
        """The back end hands out the newest customer message once more."""
        ...

    async def unknown_event(self) -> None:
        """The back end reports something of a kind that the connector does not know."""
        ...

    def outbound(self, text: str) -> Outbound:
        """A reply to a customer, with a key of its own."""
        ...

    async def copies(self, op: Outbound) -> int:
        """How many copies of this reply reached the customer."""
        ...

    async def cut(self, *, after_send: bool) -> None:
        """The next send loses its connection: before anything left, or after all of it left and before the answer."""
        ...

    async def limit(self, after: Millis) -> None:
        """The back end refuses everything for `after` milliseconds as too much."""
        ...

    async def sign_out(self) -> None:
        """The back end stops to accept the credentials."""
        ...

    def text_of(self, batch: Batch) -> str:
        """All that customers wrote in a batch, readable: raw mail decoded, for instance."""
        ...
