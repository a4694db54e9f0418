"""People are forgotten to the last byte, the log stays whole, and nothing of them comes back."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from omnitui.clock import DAY, HOUR, FrozenClock
from omnitui.errors import Refused
from omnitui.ids import Ulid
from omnitui.model.conversations import Attachment, Conversation, Draft
from omnitui.model.mail import MailHeader
from omnitui.model.states import MessageKind, SendState
from omnitui.services import drawers
from omnitui.services.privacy import erasing
from omnitui.services.privacy.erasing import Swept
from omnitui.services.privacy.expiry import Expiry
from omnitui.services.session import Session
from omnitui.store import drafts
from omnitui.store.arriving import arrivals, fulltext, inflow
from omnitui.store.connection import reader
from omnitui.store.faults import CacheFull
from omnitui.store.forgetting import erasure
from omnitui.store.reads import history, inbox, oplog, outbox, people, search
from omnitui.store.reads import spool as spooled
from omnitui.store.recovery import snapshots
from omnitui.store.spooling.spool import Spool
from omnitui.store.writer import Tx
from tests.support.console import a_profile, able
from tests.support.desk import a_contact, a_conversation, a_message
from tests.support.promises import Promise

CANARY = "zqxvcanary"
JAPANESE = "蜃気楼痣"
NAME = f"{CANARY} Name"
ADDRESS = f"{CANARY}@customer.example"
OTHER_ADDRESS = "other@customer.example"


@pytest.fixture
def session(tmp_path: Path) -> Any:
    with Session.open(a_profile(tmp_path / "home"), clock=FrozenClock()) as opened:
        able(opened.cache)
        yield opened


def leave_traces(session: Session) -> tuple[Ulid, Ulid]:
    """A person with a word in every place that can hold one; returns the contact and the conversation."""
    cache, said = session.cache, f"{CANARY} {JAPANESE}"
    talk = a_conversation(cache, said, contact=NAME, address=ADDRESS, subject=said, labels=[CANARY], assignee="Bea")
    contact_id = talk.contact_id
    fields = {"about": said, "segment": CANARY, "organization": CANARY, "fields": {CANARY: said}}
    session.operations.set_contact(contact_id, fields)
    other = a_contact(cache, "Ann Other")
    session.operations.link(contact_id, other, said)
    session.operations.label([talk.id], add=[f"{CANARY}2"])
    session.operations.note(talk.id, said)
    session.operations.reply(talk.id, said)
    cache.write(lambda tx: _by_the_back_end(tx, session, talk, said))
    for text in (said, f"{said} later"):
        cache.write(lambda tx, text=text: drafts.save(tx, _draft(session, talk.id, text)))  # type: ignore[misc]
        cache.write(lambda tx: drafts.drop(tx, talk.id, MessageKind.PUBLIC))
    cache.write(lambda tx: drafts.save(tx, _draft(session, talk.id, said)))
    first = replace(_draft(session, "", said), extra={"to": ADDRESS})
    cache.write(lambda tx: drafts.save(tx, first))
    # What was deleted before, and what an older copy holds.
    cache.write(lambda tx: tx.db.execute("CREATE TABLE gone AS SELECT text FROM message"))
    snapshots.take(cache.path, cache.clock.now())
    cache.write(lambda tx: tx.db.execute("DROP TABLE gone"))
    (cache.path.parent / "cache.damaged-20250101T000000Z.sqlite3").write_text(said)
    drawers.recent(session.profile).write("searches", f"from:{ADDRESS}\nkettle\n{CANARY.upper()}\n".encode())
    drawers.recent(session.profile).write("palette", f"action list.down\nconversation {talk.id}\n".encode())
    for number, naming in enumerate((f"To: {ADDRESS}", f"In-Reply-To: <{CANARY}@mail>", f"To: {OTHER_ADDRESS}")):
        sent = drawers.of_account(session.profile, talk.account_id, "sent")
        sent.write(f"{number}.eml", f"{naming}\n\n{said if number < 2 else 'kettle'}".encode())
    received = Spool(session.profile.spool_file, cache.clock)
    for body in (f'{{"from": "{ADDRESS}", "text": "{said}"}}', f"email={ADDRESS.replace('@', '%40')}", "kettle"):
        assert received.keep("shop", body.encode(), body.encode()).result()
    received.close()
    session.profile.log_file.write_text(f"2025 INFO sync: a mail to {ADDRESS.upper()} bounced\nkept\n")
    return contact_id, talk.id


def _draft(session: Session, conversation_id: Ulid, text: str) -> Draft:
    return Draft(session.cache.ids.new(), conversation_id, MessageKind.PUBLIC, text)


def _by_the_back_end(tx: Tx, session: Session, talk: Conversation, said: str) -> None:
    blobs = session.cache.blobs
    (message,) = history.page(tx.db, talk.id, limit=1)
    own = tx.ids.new()
    mail = replace(
        message,
        id=own,
        external_id=f"<{CANARY}@mail>",
        subject=said,
        quoted=said,
        signature=said,
        raw=blobs.put(f"raw {said}".encode()),
        attachments=(Attachment(tx.ids.new(), own, f"{CANARY}.txt", "text/plain", 1, blobs.put(said.encode())),),
        received_at=tx.now(),
    )
    header = MailHeader(f"<{CANARY}@mail>", "", (f"<{CANARY}0@mail>",), frozenset({ADDRESS}), ADDRESS)
    inflow.put_message(tx, mail, mail=header)
    inflow.put_message(tx, replace(mail, id=tx.ids.new(), revision=2, text=f"{said} edited", attachments=()))
    inflow.put_location(tx, talk.account_id, own, f"{CANARY} folder", 1, 1, False, False, [CANARY])
    inflow.change_conversation(tx, talk.id, {"external_id": CANARY, "vendor_status": CANARY})
    inflow.rate(tx, talk.id, 1, CANARY, said, tx.now())
    arrivals.park(tx, talk.account_id, f"message {CANARY}", {"kind": "x", "fields": {"reason": ADDRESS}})
    tx.db.execute("INSERT INTO ledger(account_pk, scope, error) VALUES (1, 'INBOX', ?)", (f"550 {ADDRESS}",))


def traces(folder: Path) -> list[str]:
    """The files in which a word is found, or a part of one as the index has it."""
    words = [CANARY.encode(), CANARY.upper().encode(), JAPANESE.encode(), JAPANESE[:2].encode(), JAPANESE[2:].encode()]
    files = [path for path in folder.rglob("*") if path.is_file()]
    named = [str(path) for path in files if CANARY in path.name]
    return named + [f"{path}: {word!r}" for path in files for word in words if word in path.read_bytes()]


def forget(session: Session, contact_id: Ulid, **options: bool) -> erasing.Swept:
    found = erasing.extent(session.cache, [contact_id], **options)
    return erasing.erase(session, found, mentions=options.get("mentions", False), reason="asked for it")


def test_a_person_is_erased_to_the_last_byte_and_the_log_stays_whole(session: Session, promise: Promise) -> None:
    home = session.profile.data.parent
    other = a_conversation(session.cache, "Where is my kettle?", contact="Ann Other")
    contact_id, conversation_id = leave_traces(session)
    before = traces(home)
    assert {Path(line.split(": ")[0]).suffix for line in before} >= {".sqlite3", ".log", ""}
    found = erasing.extent(session.cache, [contact_id])
    assert (found.conversations, [place.account for place in found.places]) == (1, ["Shop"])
    assert len(found.linked) == 1
    swept = forget(session, contact_id)
    assert swept.faults == ()
    assert swept.left == ()
    assert traces(home) == []
    cache = session.cache
    assert cache.read(oplog.verify_chain)
    assert (cache.read(oplog.log, limit=1)[0].verb, cache.read(oplog.log, limit=1)[0].reason) == (
        "erase",
        "asked for it",
    )
    gone = cache.read(inbox.conversation, conversation_id)
    assert gone is None or "deleted" in gone.flags
    assert cache.read(inbox.page, session.query("")) == [cache.read(inbox.conversation, other.id)]
    assert [hit.conversation_id for hit in cache.read(search.search, session.query("kettle"))] == [other.id]
    assert cache.read(outbox.entries, states=[SendState.HELD, SendState.QUEUED]) == []
    recent = drawers.recent(session.profile)
    assert [recent.read(name) for name in recent.names()] == [b"action list.down\n", b"kettle\n"]
    assert drawers.of_account(session.profile, other.account_id, "sent").names() == ["2.eml"]
    with closing(reader(session.profile.spool_file)) as db:
        assert [one.body for one in spooled.page(db, "shop", 0, 9).items] == [b"kettle"]
    assert "kept" in session.profile.log_file.read_text()
    (copy,) = snapshots.snapshots(session.profile.data)
    snapshots.prove(copy.path)
    cache.write(lambda tx: drafts.save(tx, _draft(session, conversation_id, f"{CANARY} still being written")))
    session.close()
    assert traces(home) == []
    promise(
        "A person who is erased leaves no word in any file, and the log of what was done still holds.",
        f"1 person with words in {len({line.split(': ')[0] for line in before})} files: 0 bytes of them left",
    )


def test_what_was_erased_is_not_undone(session: Session) -> None:
    talk = a_conversation(session.cache, contact=NAME, address=ADDRESS)
    (op,) = session.operations.label([talk.id], add=["late"])
    forget(session, talk.contact_id)
    for wanted in (op.id, session.cache.read(oplog.log, limit=1)[0].id):
        with pytest.raises(Refused):
            session.operations.undo(wanted)
    with pytest.raises(Refused):
        session.operations.undo()


def test_a_file_that_others_sent_too_is_kept(session: Session) -> None:
    cache = session.cache
    talks = [a_conversation(cache, contact=name) for name in ("Ann", "Bob")]
    shared = cache.blobs.put(b"the same price list")
    for talk in talks:
        message = a_message(cache, talk.id, "see file")
        cache.write(lambda tx, own=message.id: tx.db.execute("UPDATE message SET raw = ? WHERE id = ?", (shared, own)))  # type: ignore[misc]
    forget(session, talks[0].contact_id)
    assert cache.blobs.get(shared) == b"the same price list"
    forget(session, talks[1].contact_id)
    assert not cache.blobs.has(shared)


def test_a_file_that_is_kept_again_outlives_the_look_for_what_nobody_uses(session: Session) -> None:
    blobs = session.cache.blobs
    again, unused = blobs.put(b"the same logo"), blobs.put(b"left by a crash")
    for sha256 in (again, unused):
        os.utime(blobs.path(sha256), (1, 1))
    assert blobs.put(b"the same logo") == again
    assert erasing.sweep(session).blobs == 1
    assert blobs.has(again)
    assert not blobs.has(unused)


def test_linked_people_and_mentions_are_told_and_go_only_where_asked_for(session: Session) -> None:
    cache = session.cache
    ann = a_conversation(cache, "mine", contact="Ann", address="ann@one.example")
    same = a_contact(cache, "Ann B", "annb@two.example")
    session.operations.link(ann.contact_id, same, "same phone")
    bob = a_conversation(cache, "ask ann@one.example about it", contact="Bob")
    found = erasing.extent(cache, [ann.contact_id])
    assert (found.linked, found.mentions, found.messages) == ((same,), (bob.id,), 1)
    swept = forget(session, ann.contact_id)
    assert cache.path in swept.left
    assert cache.read(people.contact, same) is not None
    session.close()


def test_linked_people_and_mentions_go_where_asked_for(session: Session) -> None:
    cache = session.cache
    ann = a_conversation(cache, "mine", contact="Ann", address="ann@one.example")
    same = a_contact(cache, "Ann B", "annb@two.example")
    session.operations.link(ann.contact_id, same, "same phone")
    a_conversation(cache, "ask ann@one.example about it", contact="Bob")
    assert forget(session, ann.contact_id, linked=True, mentions=True).left == ()
    assert not cache.read(people.identities, same)


def test_an_erasure_that_was_broken_off_is_known_and_finished_by_the_next(session: Session) -> None:
    cache = session.cache
    talk = a_conversation(cache, contact="Ann")
    cache.write(erasure.owe_sweep)
    assert cache.read(erasure.owes_sweep)
    forget(session, talk.contact_id)
    assert not cache.read(erasure.owes_sweep)


def test_a_copy_that_is_ready_while_others_are_removed_is_removed_too(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = session.cache
    talk = a_conversation(cache, contact="Ann")
    part = snapshots.take(cache.path, cache.clock.now() - DAY).path.with_suffix(".sqlite3.part")
    part.touch()
    take = snapshots.take

    def meanwhile(*args: Any, **options: Any) -> snapshots.Snapshot:
        fresh = take(*args, **options)
        part.replace(part.with_name(f"cache-{snapshots.stamp(cache.clock.now() - HOUR)}.sqlite3"))
        return fresh

    monkeypatch.setattr(snapshots, "take", meanwhile)
    swept = forget(session, talk.contact_id)
    assert swept.faults == ()
    assert [one.taken_at for one in snapshots.snapshots(session.profile.data)] == [cache.clock.now() // 1000 * 1000]


def test_the_copies_stay_where_no_fresh_one_can_be_made_and_go_the_next_time(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = session.cache
    talk = a_conversation(cache, contact="Ann")
    old = snapshots.take(cache.path, cache.clock.now() - DAY)

    def full(*_args: Any, **_options: Any) -> None:
        raise CacheFull("no room")

    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "take", full)
        swept = forget(session, talk.contact_id)
    assert (swept.faults, swept.snapshots) == (("no room",), 0)
    assert snapshots.copies(session.profile.data) == [old.path]
    assert cache.read(erasure.owes_sweep)
    assert erasing.sweep(session).snapshots == 1
    assert old.path not in snapshots.copies(session.profile.data)
    assert not cache.read(erasure.owes_sweep)


def test_an_index_that_cannot_be_merged_is_told_and_hinders_nothing_else(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id, _conversation_id = leave_traces(session)

    def full(_tx: Tx, **_how: object) -> None:
        raise CacheFull("no room")

    monkeypatch.setattr(erasure, "merge_some", full)
    swept = forget(session, contact_id)
    assert swept.faults == ("no room",)
    assert swept.blobs > 0
    assert swept.snapshots > 0
    assert session.cache.read(erasure.owes_sweep)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize(
    "step", ["services.drawers.forget", "store.forgetting.scrubbing.rewrite", "store.recovery.snapshots.take"]
)
def test_a_crash_between_the_erasure_and_its_sweep_leaves_nothing_after_the_next_start(
    tmp_path: Path, step: str, promise: Promise
) -> None:
    profile = a_profile(tmp_path / "home")
    with Session.open(profile) as session, pytest.MonkeyPatch.context() as patch:
        able(session.cache)
        contact_id, _conversation_id = leave_traces(session)

        def dies(*_args: object, **_how: object) -> None:
            raise Killed

        patch.setattr(f"omnitui.{step}", dies)
        with pytest.raises(Killed):
            forget(session, contact_id)
    assert traces(tmp_path / "home")
    with Session.open(profile) as session:
        assert session.cache.read(erasure.owes_sweep)
        asyncio.run(Expiry(session).look())
        assert not session.cache.read(erasure.owes_sweep)
        assert session.cache.read(erasure.owed) == erasure.NOTHING
    assert traces(tmp_path / "home") == []
    promise(
        "An erasure that a crash breaks off is ended at the next start, to the last byte.",
        "1 crash at each of 3 places between the rows and the last copy: 0 bytes left after the next start",
    )


def test_sweep_gives_way_to_who_wants_to_write_and_is_ended_later(session: Session) -> None:
    contact_id, _conversation_id = leave_traces(session)
    found = erasing.extent(session.cache, [contact_id])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasing, "sweep", lambda _session: Swept())
        erasing.erase(session, found)
    # As much as makes the rewriting ask at least once.
    a_talk = a_conversation(session.cache, contact="Bob")
    session.cache.write(lambda tx: _many(tx, a_talk.id))
    asked = iter([False, True])
    swept = erasing.sweep(session, give_up=lambda: next(asked, True))
    assert len(swept.faults) == 1
    assert next(asked, None) is None
    assert session.cache.read(erasure.owes_sweep)
    session.operations.note(a_talk.id, "others write")
    assert erasing.sweep(session).faults == ()
    assert not session.cache.read(erasure.owes_sweep)
    session.close()
    assert traces(session.profile.data.parent) == []


def _many(tx: Tx, conversation_id: Ulid) -> None:
    for number in range(20_000):
        tx.db.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (f"filling {number}", conversation_id))


def test_writer_tells_for_how_long_an_act_has_waited(session: Session) -> None:
    cache = session.cache
    assert cache.kept_waiting() == 0
    held, go = threading.Event(), threading.Event()

    def slow(_tx: Tx) -> None:
        held.set()
        go.wait(60)

    work = cache.submit(slow, durable=False)
    assert held.wait(60)
    assert cache.kept_waiting() == 0
    act = cache.submit(lambda tx: None)
    while not cache.kept_waiting():
        time.sleep(0.01)
    go.set()
    work.result(60)
    act.result(60)
    assert cache.kept_waiting() == 0


def test_index_merged_in_pieces_between_writes_keeps_no_word_that_was_taken_out(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = session.cache
    monkeypatch.setattr(erasure, "_PAGES", 1)
    talks = [a_conversation(cache, f"kettle {number} {CANARY if number < 6 else ''}") for number in range(12)]
    cache.write(_fill_index)

    def held() -> bytes:
        return cache.read(lambda db: b"".join(row[0] for row in db.execute("SELECT block FROM message_fts_data")))

    def found(word: str) -> int:
        query = "SELECT count(*) FROM message_fts WHERE message_fts MATCH ?"
        return int(cache.read(lambda db: db.execute(query, (word,)).fetchone()[0]))

    doomed = cache.read(lambda db: [row[0] for row in db.execute("SELECT pk FROM message WHERE text LIKE 'kettle%'")])
    for pk in doomed[:6]:
        cache.write(partial(fulltext.take_out, message_pk=pk))
    assert CANARY.encode() in held()
    more, pieces = True, 0
    while more:
        more = cache.write(partial(erasure.merge_some, begin=not pieces))
        pieces += 1
        session.operations.note(talks[-1].id, f"kettle {pieces}")
    assert pieces > 3
    assert CANARY.encode() not in held()
    assert (found(CANARY), found("kettle"), found("filling7x")) == (0, 6 + pieces, 1)


def _fill_index(tx: Tx) -> None:
    for number in range(900):
        words = " ".join(f"w{hash((number, at)) % 10**9}" for at in range(30))
        fulltext.put(tx, 10_000 + number, f"filling{number}x {words}", "")


def test_nothing_is_erased_while_it_is_being_sent(session: Session) -> None:
    talk = a_conversation(session.cache, contact="Ann")
    op = session.operations.reply(talk.id, "on its way")
    session.cache.write(lambda tx: tx.db.execute("UPDATE outbox SET state = 'sending' WHERE verb = 'reply'"))
    with pytest.raises(Refused):
        forget(session, talk.contact_id)
    assert session.cache.read(oplog.op, op.id).after["message"]["text"] == "on its way"
