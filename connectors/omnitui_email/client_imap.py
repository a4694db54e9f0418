"""What is asked of an IMAP server over one line; knows folders, UIDs and bytes, and nothing of omnitui."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from omnitui_email import uids as uidset
from omnitui_email.imap_line import ImapLine
from omnitui_email.imap_login import ImapLogin
from omnitui_email.mailbox import Folders, Listed, Status
from omnitui_email.refusals import clean
from omnitui_email.settings import MIB, Server

CHUNK_BYTES = 4 * MIB
"""Bodies fetched by one command; bounds memory and how long an urgent call waits behind it."""
_SENT_NAMES = ("sent", "sent items", "sent messages", "送信済み", "送信済みアイテム", "gesendet", "gesendete elemente")
_ARCHIVE_NAMES = ("archive", "archives", "アーカイブ", "archiv")


class ImapSession(ImapLogin):
    """A line with its login and selected folder."""

    def __init__(self, server: Server, timeout: float, context: Callable[[], ssl.SSLContext]) -> None:
        super().__init__(server, timeout, context)
        self._count = 0
        self.keywords = False
        """Whether the selected folder keeps keywords of any name."""

    def folders(self) -> Folders:
        """All folders that can be opened, with Sent and Archive by SPECIAL-USE (RFC 6154), else by usual names."""
        with self.talking() as line:
            listed = [
                ({flag.decode("ascii", "replace").lower() for flag in flags}, str(name))
                for flags, _, name in line.list_folders()
            ]
        names = tuple(name for flags, name in listed if not flags & {"\\noselect", "\\nonexistent"})

        def role(flag: str, usual: tuple[str, ...]) -> str:
            marked = [name for flags, name in listed if flag in flags and name in names]
            called = [name for name in names if name.lower().removeprefix("inbox.").removeprefix("inbox/") in usual]
            return next(iter(marked + called), "")

        archive = role("\\archive", _ARCHIVE_NAMES)
        if not archive and "X-GM-EXT-1" in self.capabilities:
            archive = role("\\all", ())
        return Folders(names, role("\\sent", _SENT_NAMES), archive)

    def status(self, folder: str) -> Status:
        """STATUS of a folder. The selected one is brought up to date first: else it tells of its SELECT."""
        with self.talking() as line:
            if self.selected is not None and self.selected[0] == folder:
                line.wire.noop()
            items = ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN", *(["HIGHESTMODSEQ"] if self.condstore else [])]
            found = line.folder_status(folder, items)
            return Status(
                uidvalidity=int(found.get(b"UIDVALIDITY", 0)),
                uidnext=int(found.get(b"UIDNEXT", 0)),
                modseq=int(found.get(b"HIGHESTMODSEQ", 0)),
                exists=int(found.get(b"MESSAGES", 0)),
                unseen=int(found.get(b"UNSEEN", -1)),
            )

    def open(self, folder: str, uidvalidity: int = 0, modseq: int = 0) -> Status:
        """SELECT; with QRESYNC and a known state, what changed since is to be had from `changes` at once."""
        with self.talking() as line:
            self.selected = None
            line.select(folder, (uidvalidity, modseq) if self.qresync and uidvalidity and modseq else None)
            permanent = b" ".join(item for item in line.take("PERMANENTFLAGS") if isinstance(item, bytes))
            self.keywords = b"\\*" in permanent
            status = Status(
                uidvalidity=line.number("UIDVALIDITY") or 0,
                uidnext=line.number("UIDNEXT") or 0,
                modseq=line.number("HIGHESTMODSEQ") or 0,
                exists=line.number("EXISTS") or 0,
            )
            self.selected = (folder, status.uidvalidity)
            self._count = status.exists
            return status

    def reopen(self, folder: str, uidvalidity: int) -> bool:
        """Select a folder, or let the server tell its news; false where its UIDVALIDITY is another one by now.

        Without news a session knows nothing of mails that came since: a STORE on them is answered OK and not done.
        """
        if self.selected is None or self.selected[0] != folder:
            self.open(folder)
        else:
            self.noop()
        return self.selected is not None and self.selected[1] == uidvalidity

    def count(self, gone: int = 0) -> int:
        """How many mails the selected folder holds: what the server last said, less `gone` where it said nothing."""
        told = self._line.number("EXISTS") if self._line is not None else None
        self._count = max(0, self._count - gone) if told is None else told
        return self._count

    def changes(self, modseq: int, below: int, *, ask: bool) -> tuple[dict[int, tuple[str, ...]], list[int], int]:
        """Flags that changed after `modseq`, UIDs that vanished (QRESYNC only), and the newest modseq seen.

        `ask` false takes only what the server told of itself (after `open` with a known state). `below` bounds the
        vanished UIDs, since a server may name ranges that never existed.
        """
        with self.talking() as line:
            if ask:
                vanished = " VANISHED" if self.qresync else ""
                line.fetch_lines("1:*", "(FLAGS)", f"(CHANGEDSINCE {modseq}{vanished})")
            flags, newest = {}, modseq
            for item in line.answers():
                newest = max(newest, *(int(value) for value in item.get(b"MODSEQ", (0,))))
                if b"FLAGS" in item:
                    flags[int(item[b"UID"])] = _flags(item)
            newest = max(newest, line.number("HIGHESTMODSEQ") or 0)
            ranges = []
            for said in line.take("VANISHED"):
                ranges += uidset.parse(said.decode("ascii", "replace").replace("(EARLIER)", ""))
            return flags, list(uidset.newest_first(ranges, below)), newest

    def uids(self, low: int, high: int | None = None) -> list[int]:
        """The UIDs from `low` to `high` (None: the newest), ascending."""
        with self.talking() as line:
            found = line.search(f"UID {low}:{high or '*'}")
            # `n:*` names the newest mail even where its UID is smaller than n.
            return sorted(int(uid) for uid in found if low <= uid <= (high or uid))

    def lowest_of_newest(self, count: int, exists: int) -> int:
        """The smallest UID among the newest `count` mails; 1 where there are no more."""
        if exists <= count:
            return 1
        with self.talking() as line:
            return min((int(uid) for uid in line.search(f"{exists - count + 1}:*")), default=1)

    def listing(self, low: int, high: int) -> list[Listed]:
        """The mails with UIDs from `low` to `high`, newest first."""
        with self.talking() as line:
            line.answers()
            line.fetch_lines(f"{low}:{high}", "(UID RFC822.SIZE INTERNALDATE FLAGS)")
            rows = {
                int(item[b"UID"]): Listed(
                    int(item[b"UID"]), int(item[b"RFC822.SIZE"]), item.get(b"INTERNALDATE"), _flags(item)
                )
                for item in line.answers()
                if b"RFC822.SIZE" in item and low <= int(item[b"UID"]) <= high
            }
            return [rows[uid] for uid in sorted(rows, reverse=True)]

    def flags(self, low: int) -> dict[int, tuple[str, ...]]:
        """The flags of all mails from UID `low` on."""
        with self.talking() as line:
            line.fetch_lines(f"{low}:*", "(UID FLAGS)")
            return {int(item[b"UID"]): _flags(item) for item in line.answers() if b"FLAGS" in item}

    def bodies(self, rows: Iterable[Listed], limit: int) -> tuple[dict[int, bytes], dict[int, str]]:
        """Raw mails by UID, each cut at `limit` bytes, and the server's words on those that it refuses to give.

        Those that went meanwhile are in neither.
        """
        with self.talking() as line:
            # Servers are known to tell sizes that are a little too small.
            line.limit(limit + limit // 4)
            found: dict[int, bytes] = {}
            refused: dict[int, str] = {}
            try:
                for chunk in _chunks(rows):
                    try:
                        found.update(_bodies(line, chunk, limit))
                    except IMAPClientAbortError:
                        raise
                    except IMAPClientError:
                        # One damaged mail must not keep back the others, nor be asked for again for ever.
                        for row in chunk:
                            try:
                                found.update(_bodies(line, [row], limit))
                            except IMAPClientAbortError:
                                raise
                            except IMAPClientError as error:
                                refused[row.uid] = clean(str(error))
                return found, refused
            finally:
                line.limit(MIB)

    def part(self, uid: int, section: str, start: int, size: int) -> bytes:
        """`size` bytes from `start` of a mail's body section ("" is the whole mail); fewer at its end."""
        with self.talking() as line:
            line.limit(size)
            answer = line.fetch([uid], [f"BODY.PEEK[{section}]<{start}.{size}>"])
            for name, value in answer.get(uid, {}).items():
                if name.startswith(b"BODY["):
                    return value if isinstance(value, bytes) else b""
            return b""

    def store(self, uids: list[int], add: list[str], remove: list[str]) -> None:
        """Set and clear flags and keywords in the selected folder."""
        with self.talking() as line:
            if add:
                line.add_flags(uids, [name.encode("ascii") for name in add], silent=True)
            if remove:
                line.remove_flags(uids, [name.encode("ascii") for name in remove], silent=True)

    def move(self, uids: list[int], folder: str) -> None:
        """MOVE (RFC 6851), or copy and delete exactly these where there is none."""
        with self.talking() as line:
            if "MOVE" in self.capabilities:
                line.move(uids, folder)
                return
            line.copy(uids, folder)
            line.add_flags(uids, [b"\\Deleted"], silent=True)
            if "UIDPLUS" in self.capabilities:
                line.uid_expunge(uids)

    def find(self, folder: str, message_id: str) -> bool:
        """Whether a folder holds a mail with this Message-ID."""
        with self.talking() as line:
            self.open(folder)
            return bool(line.search(["HEADER", "Message-ID", message_id]))

    def create(self, folder: str) -> None:
        """Make a folder and subscribe to it."""
        with self.talking() as line:
            line.create_folder(folder)
            line.subscribe_folder(folder)

    def append(self, folder: str, raw: bytes, at: datetime) -> None:
        """Put a mail into a folder, as read."""
        with self.talking() as line:
            line.append(folder, raw, flags=[b"\\Seen"], msg_time=at)


def _flags(item: dict[bytes, Any]) -> tuple[str, ...]:
    return tuple(flag.decode("ascii", "replace") for flag in item.get(b"FLAGS", ()) if isinstance(flag, bytes))


def _bodies(line: ImapLine, rows: list[Listed], limit: int) -> dict[int, bytes]:
    large = any(row.size > limit for row in rows)
    item, name = (f"BODY.PEEK[]<0.{limit}>", b"BODY[]<0>") if large else ("BODY.PEEK[]", b"BODY[]")
    answers = cast("dict[int, dict[bytes, Any]]", line.fetch([row.uid for row in rows], [item]))
    return {int(uid): values[name] or b"" for uid, values in answers.items() if name in values}


def _chunks(rows: Iterable[Listed]) -> Iterator[list[Listed]]:
    """Rows that one command fetches: together at most CHUNK_BYTES, or one large mail alone."""
    chunk: list[Listed] = []
    size = 0
    for row in rows:
        if chunk and size + row.size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += row.size
    if chunk:
        yield chunk
