"""The contract between omnitui and a connector. What is optional is simply absent from a class that lacks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from omnitui.clock import Clock
from omnitui.ids import Ulid
from omnitui.model.accounts import Json
from omnitui.sdk.capabilities import Capabilities, Manifest
from omnitui.sdk.events import Batch
from omnitui.sdk.outbound import Outbound, Outcome, Reconciled
from omnitui.sdk.webhook import Deliveries
from omnitui.values import dataclass

if TYPE_CHECKING:
    import httpx


class Sink(Protocol):
    """Where fetched bytes go."""

    def write(self, data: bytes, /) -> object: ...


class Drawer(Protocol):
    """A place for small files with customers' words. Its methods wait for the disk: not on the loop."""

    def names(self) -> list[str]:
        """What is in it, in order."""
        ...

    def read(self, name: str, /) -> bytes | None:
        """What was written under a name; None where nothing was, or it was taken away: somebody is forgotten."""
        ...

    def write(self, name: str, data: bytes, /) -> None:
        """Keep this, on the disk when this returns. Names are letters, digits, ".", "_" and "-". Raises `OSError`."""
        ...

    def drop(self, name: str, /) -> None:
        """Remove a file; nothing happens where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """What `check` found: `ok`, one line for a person, what to do, and facts worth keeping (learnt settings)."""

    ok: bool
    message: str
    hint: str = ""
    learnt: Mapping[str, str] | None = None
    """Facts about the back end that are stored with the account: {"sent_filed_by_server": "yes"}."""
    refused: bool = False
    """Whether a setting or a secret is wrong, so that trying again does not help."""


@dataclass(frozen=True, slots=True)
class Context:
    """All that a connector gets from omnitui: made by the host, never global."""

    account_id: Ulid
    account_name: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    clock: Clock
    http: Callable[[], httpx.AsyncClient]
    """The shared client for the back end's own API; made (and httpx imported) at the first call."""
    fetch: Callable[[str, Sink, int], Awaitable[str]]
    """Write what lies at an address that a *message* names to a sink, at most so many bytes; gives its content type.
    Only from public addresses, or from hosts that the account's setting `private_hosts` names. Raises `Fault`,
    `OmniError`."""
    mark: Callable[[Ulid], Awaitable[None]]
    """Commit durably that op `op_id` is past the point of no return; returns when it is on disk."""
    log: Callable[[str], None]
    """A line for the log: no bodies, no secrets."""
    keep_secret: Callable[[str, str], Awaitable[bool]]
    """Keep what the back end gives in place of one of `secrets`: its name, its new value. From then on every start has
    it. False where it could not be kept: a command or a variable of the person's gives it."""
    drawer: Callable[[str], Drawer]
    """A place, by its name, for what the connector must keep of messages: enciphered where the cache is, and looked
    through for addresses and mail ids when a person is forgotten."""
    deliveries: Callable[[int], AsyncIterator[Deliveries]]
    """What the gateway kept for this account after a cursor (0: all), then live: for back ends that call webhooks.
    Raises `Fault`, `OmniError`."""
    state_dir: str
    """A private folder for what the connector itself must keep and nobody wrote (the demo's world); always in clear."""


class Connector(Protocol):
    """Speaks to one account at one back end. Made once per account by its class, a `Maker`; `close` ends it."""

    manifest: ClassVar[Manifest]

    def capabilities(self, channel: str = "") -> Capabilities:
        """What can be done (on `channel`, where channels differ)."""
        ...

    async def check(self) -> Health:
        """Try the login and what the account needs; never raises a `Fault`, says it in the answer."""
        ...

    def inbound(self, cursor: Json) -> AsyncIterator[Batch]:
        """All that happened after `cursor` (None: from the start), then live, until closed. Raises `Fault`."""
        ...

    async def perform(self, op: Outbound) -> Outcome:
        """Do it. Raises `Fault` only when nothing can have left; after that it returns `Unknown`."""
        ...

    async def reconcile(self, op: Outbound) -> Reconciled:
        """Find out whether an interrupted op arrived."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads; afterwards `inbound` has ended."""
        ...


class Maker(Protocol):
    """What an entry point names: the connector's class. Making a connector does nothing yet that could fail."""

    @property
    def manifest(self) -> Manifest: ...

    def __call__(self, context: Context) -> Connector: ...


@runtime_checkable
class Backfills(Protocol):
    """Can load old history in the background."""

    def scopes(self, cursor: Json) -> tuple[str, ...]:
        """Folders or rooms with older messages than `inbound` brought, given the stored inbound cursor."""
        ...

    async def backfill(self, scope: str, before: Json) -> Batch:
        """The next older batch of a scope, newest first; `before` is the last batch's cursor, None to begin.

        A batch whose `caught_up` is true was the last one.
        """
        ...


@runtime_checkable
class Fetches(Protocol):
    """Can fetch a file that was left at the back end."""

    async def fetch(self, remote: Json, sink: Sink, limit: int) -> None:
        """Write the file's bytes to `sink`, at most `limit`; raises `Fault` or `OmniError`."""
        ...


@runtime_checkable
class Looks(Protocol):
    """Learns of news only by asking now and then, and can ask at once."""

    async def look(self) -> None:
        """Return when `inbound` has handed over what had come in before the call, and it is in the cache. Raises
        `Fault`."""
        ...


@runtime_checkable
class Renews(Protocol):
    """Keeps lines open that can die without a word."""

    async def renew(self) -> None:
        """The machine slept, or its network changed: let go of every line that was open, and of nothing else. Calls
        that wait for an answer over one of them end with a `Fault`, or begin anew."""
        ...


@dataclass(frozen=True, slots=True)
class Directory:
    """What a back end knows beside messages: addresses of its agents, its labels, its inboxes."""

    agents: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()
    inboxes: tuple[tuple[str, str], ...] = ()
    """(channel, address) pairs."""


@runtime_checkable
class Lists(Protocol):
    """Can say which agents, labels and inboxes there are."""

    async def directory(self) -> Directory: ...


@runtime_checkable
class Types(Protocol):
    """Can let the customer see that an agent writes."""

    async def typing(self, conversation: str, channel: str) -> None:
        """Show it once, for as long as the back end does so. Raises `Fault`; nothing is lost by one."""
        ...


@dataclass(frozen=True, slots=True)
class Template:
    """A message that the back end has approved, with blanks to fill in."""

    name: str
    language: str
    """As the back end names it: "en_US"."""
    text: str
    """All that the customer will read, header and footer too; a blank stands as {{its name}}."""
    blanks: tuple[str, ...] = ()
    """The names of the blanks, each once, in the order in which the connector wants their values."""
    examples: tuple[str, ...] = ()
    """What the back end gives as examples of the values, in the same order."""
    category: str = ""
    """The back end's word for what it may be used for."""
    channel: str = ""
    """Where an account has several channels: the one it is for."""


@runtime_checkable
class Offers(Protocol):
    """Has approved templates. One is sent by a reply whose `fields["template"]` is {"name", "language", "values"}."""

    async def templates(self) -> tuple[Template, ...]:
        """Those that may be sent now. Raises `Fault`."""
        ...
