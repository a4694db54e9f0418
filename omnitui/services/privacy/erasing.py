"""Forgetting people: what is known of a contact gone from every place of the profile, with a report of what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omnitui.errors import NotFound, OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.operations import Op
from omnitui.model.states import ObjectKind, Verb
from omnitui.services import drawers
from omnitui.store import oplog
from omnitui.store.forgetting import erasure, scrubbing
from omnitui.store.forgetting.erasure import Owed
from omnitui.store.forgetting.scrubbing import Postponed
from omnitui.store.reads import belongings, people
from omnitui.store.reads.belongings import Place
from omnitui.store.recovery import snapshots
from omnitui.store.secrecy import cipher
from omnitui.store.spooling import secrecy as spool_secrecy
from omnitui.store.writer import Tx
from omnitui.values import dataclass

if TYPE_CHECKING:
    import sqlite3

    from omnitui.paths import Profile
    from omnitui.services.session import Session
    from omnitui.store.cache import Cache

_NOT_TEXT: Final = (
    "sync.lock",
    "gateway.lock",
    "log-end.json",
    *(f"spool.sqlite3{end}" for end in ("", "-wal", "-shm")),
)
"""Files of the state folder that others rely on byte by byte; what customers say in one of them goes another way."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What an erasure is about."""

    contacts: tuple[Ulid, ...]
    names: tuple[str, ...]
    """Names and addresses."""
    conversations: int
    messages: int
    places: tuple[Place, ...]
    """The back ends that have it too."""
    linked: tuple[Ulid, ...]
    """Contacts that are said to be the same person, and are not erased."""
    mentions: tuple[Ulid, ...]
    """Conversations with others in which an address of theirs is named, and stays."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What was done about bytes, beside the rows."""

    blobs: int = 0
    snapshots: int = 0
    """Old copies of the cache that were removed."""
    blotted: tuple[Path, ...] = ()
    """Logs in which names and addresses were written over, and lists of what was used last that lost lines."""
    left: tuple[Path, ...] = ()
    """Files of the profile in which an address still stands."""
    faults: tuple[str, ...] = ()
    """What could not be done."""


def extent(cache: Cache, contact_ids: Sequence[Ulid], *, linked: bool = False, mentions: bool = False) -> Extent:
    """What an erasure of these people would be about.

    Args:
        cache: The opened cache.
        contact_ids: Who.
        linked: With the contacts that are said to be the same person.
        mentions: With messages of others that name an address of theirs.

    Raises:
        NotFound: There is no such contact.
    """
    return cache.read(_extent, contact_ids, linked, mentions)


def erase(session: Session, found: Extent, *, mentions: bool = False, reason: str = "") -> Swept:
    """Erase what `extent` found, record that it was done, and sweep.

    Raises:
        Refused: Something is being sent to them just now.
        CacheError: The cache cannot be written; nothing is erased then.
    """
    cache = session.cache
    me = cache.me().id

    def work(tx: Tx) -> None:
        doomed = belongings.rows_of(tx.db, found.contacts, mentions=mentions)
        addresses, names = belongings.addresses(tx.db, doomed.contacts)
        ids = belongings.called(tx.db, doomed)
        blobs = erasure.erase_all(tx, doomed, until=tx.now())
        erasure.owe_sweep(tx, Owed(tuple(addresses), tuple(names), tuple(ids), blobs))
        group = tx.ids.new()
        for contact_id in found.contacts:
            oplog.append(tx, deed(tx, me, group, ObjectKind.CONTACT, contact_id, reason))

    cache.write(work)
    return sweep(session)


def deed(tx: Tx, author_id: Ulid, group_id: Ulid, kind: ObjectKind, object_id: Ulid, reason: str) -> Op:
    """The op that says that something was erased; it has no inverse."""
    return Op(tx.ids.new(), group_id, tx.now(), author_id, Verb.ERASE, kind, object_id, "", {}, {}, 0, reason=reason)


def sweep(session: Session, *, give_up: Callable[[], object] | None = None) -> Swept:
    """Take what was erased out of the bytes too: files, drawers, logs, the cache's index, free pages and log, copies.

    What has to be looked for is noted in the cache until it was: this can be called again wherever it was broken off.
    Whatever fails is told and hinders nothing else.

    Args:
        session: Whose.
        give_up: See `scrubbing.rewrite`; then the copies stay as well.
    """
    cache, profile = session.cache, session.profile
    faults: list[str] = []
    count, lists = 0, list[Path]()
    owed = cache.read(erasure.owed)
    with _told(faults):
        count, lists = drawers.forget(profile, [*owed.addresses, *owed.ids], owed.names)
    with _told(faults):
        said = scrubbing.words_in([*owed.addresses, *owed.ids])
        spool_secrecy.forget(profile.spool_file, said, key=cipher.key_of(profile.cache_file))
    texts = _texts(profile)
    # A name may be a word of ours, too: it is taken out where lines are read by people alone.
    blotted = {
        *lists,
        *scrubbing.blot(texts, owed.addresses),
        *scrubbing.blot(filter(_is_prose, texts), owed.names),
    }
    with _told(faults):
        _merge_index(cache)
    dropped = count + _drop_blobs(cache, owed.blobs, faults)
    removed, left = 0, list[Path]()
    try:
        with _told(faults):
            if not faults:
                cache.write(erasure.forget_words)
            scrubbing.rewrite(cache.path, give_up=give_up)
    except Postponed as error:
        return Swept(dropped, removed, tuple(sorted(blotted)), (), (*faults, error.message))
    with _told(faults):
        removed = _drop_copies(cache, profile, faults)
    with _told(faults):
        left.extend(scrubbing.holding((profile.data, profile.state, profile.config), owed.addresses, cache.path))
    if not faults:
        cache.write(erasure.settle_sweep)
    return Swept(dropped, removed, tuple(sorted(blotted)), tuple(left), tuple(faults))


def _merge_index(cache: Cache) -> None:
    """Piece by piece: others write in between."""
    more = cache.write(lambda tx: erasure.merge_some(tx, begin=True), durable=False)
    while more:
        more = cache.write(erasure.merge_some, durable=False)


@contextmanager
def _told(faults: list[str]) -> Iterator[None]:
    """Goes on after a failure, and keeps its words."""
    try:
        yield
    except Postponed:
        raise
    except OmniError as error:
        faults.append(error.message)
    except OSError as error:
        faults.append(error.strerror or str(error))


def _drop_copies(cache: Cache, profile: Profile, faults: list[str]) -> int:
    """Put a fresh copy in the place of all older ones; how many those were.

    Raises:
        OmniError, OSError: There is no fresh one; the older ones stay.
    """
    old = set(_copies(cache, profile))
    if not old:
        return 0
    fresh = snapshots.take(cache.path, cache.clock.now()).path
    tried = {fresh}
    # One that another process was making is there by another name when it is ready.
    while found := set(_copies(cache, profile)) - tried:
        tried |= found
        for path in sorted(found):
            with _told(faults):
                path.unlink(missing_ok=True)
    return len(old | tried - {fresh})


def _copies(cache: Cache, profile: Profile) -> list[Path]:
    return [*snapshots.copies(profile.data), *profile.data.glob(f"{cache.path.name}.before-*")]


def _drop_blobs(cache: Cache, blobs: Sequence[str], faults: list[str]) -> int:
    """Drop these, and what no row refers to any more: a crash may have come between."""
    used, count = cache.read(belongings.used_blobs), 0
    for blob in chain(dict.fromkeys(blobs), scrubbing.old_blobs(cache.path.parent / "blobs")):
        if blob not in used:
            count += 1
            with _told(faults):
                cache.blobs.drop(blob)
    scrubbing.drop_parts(cache.path.parent / "blobs")
    return count


def _texts(profile: Profile) -> list[Path]:
    return [path for path in profile.state.rglob("*") if path.is_file() and path.name not in _NOT_TEXT]


def _is_prose(path: Path) -> bool:
    return path.suffix in (".txt", ".log") or ".log." in path.name


def _extent(db: sqlite3.Connection, contact_ids: Sequence[Ulid], linked: bool, mentions: bool) -> Extent:
    others = {other.contact.id for own in contact_ids for other in people.linked(db, own)} - set(contact_ids)
    wanted = tuple(sorted({*contact_ids, *(others if linked else ())}))
    doomed = belongings.rows_of(db, wanted, mentions=mentions)
    if len(doomed.contacts) < len(wanted):
        raise NotFound(_("there is no such contact"))
    naming = () if mentions else belongings.naming(db, doomed.contacts, doomed.messages)
    addresses, names = belongings.addresses(db, doomed.contacts)
    return Extent(
        contacts=wanted,
        names=(*names, *(address for address in addresses if address not in names)),
        conversations=len(doomed.conversations),
        messages=len(doomed.messages),
        places=tuple(belongings.places(db, doomed)),
        linked=() if linked else tuple(sorted(others)),
        mentions=tuple(belongings.numbered(db, naming)),
    )
