"""The process is killed at every step of ingest and of the outbox: nothing is lost, repeated or shown untrue."""

from __future__ import annotations

from pathlib import Path

import pytest

from omnitui.clock import SystemClock
from omnitui.model.states import SendState
from omnitui.sdk import Idempotency
from omnitui.store import failpoints
from omnitui.store.reads import oplog
from tests.support.forked import cut
from tests.support.promises import Promise
from tests.support.sync_desk import SyncDesk
from tests.support.sync_process import EVENTS, REPLIES, sync

IN = [name for name in failpoints.ALL if name.startswith(("writer.", "blob.", "ingest."))]
OUT = [name for name in failpoints.ALL if name.startswith("outbox.")]
FAKE = ["fake.marked", "fake.delivered"]
TOLD = ("outbox.sending", "outbox.marked", "fake.delivered", "outbox.performed", "outbox.settled")
"""Places at which the class of the back end decides what happens next."""
LEFT = {"outbox.marked", "fake.marked", "fake.delivered", "outbox.performed"}
"""Places between the mark and the moment at which the answer is written down."""

NEVER = {"outbox.reconciled"}
"""Places that a run without trouble does not pass."""

CASES = [
    *((name, number, Idempotency.FINDABLE) for name in IN for number in (1, 3)),
    *((name, 1, Idempotency.FINDABLE) for name in (*OUT, *FAKE)),
    *((name, 1, one) for name in TOLD for one in (Idempotency.DEDUPLICATED, Idempotency.UNKNOWABLE)),
    *((name, number, Idempotency.FINDABLE) for name in ("writer.applied", "writer.committed") for number in (9, 14)),
]


def killed(folder: Path, idempotency: Idempotency, failpoint: str = "") -> bool:
    """Sync in a process of its own; whether it ended at the failpoint."""
    return cut(lambda: sync(folder, idempotency), folder / "errors", failpoint=failpoint)


@pytest.mark.parametrize(
    ("name", "number", "idempotency"), CASES, ids=[f"{name}-{number}-{one.value}" for name, number, one in CASES]
)
def test_kill_loses_repeats_and_hides_nothing(
    tmp_path: Path, name: str, number: int, idempotency: Idempotency, promise: Promise
) -> None:
    # Several works may share a commit, so how often the writer gets that far is not certain.
    assert killed(tmp_path, idempotency, f"{name}:{number}") or name in NEVER or number > 3
    assert not killed(tmp_path, idempotency)
    desk = SyncDesk(tmp_path, SystemClock())
    try:
        check(desk, tmp_path, name, idempotency)
    finally:
        desk.close()
    promise(
        "When omnitui is killed, nothing acknowledged is lost, sent twice, or called sent without being it.",
        f"1 kill at a named place of the sync, {REPLIES} replies and {EVENTS} messages: 0 lost, 0 sent twice",
    )


def check(desk: SyncDesk, folder: Path, name: str, idempotency: Idempotency) -> None:
    incoming = sorted(message.external_id for message in desk.messages() if message.state is None)
    assert len(incoming) == len(set(incoming)) == EVENTS
    texts = [item["text"] for item in desk.back_end.sent()]
    assert len(texts) == len(set(texts)), "a customer got something twice"
    acknowledged = set((folder / "acknowledged").read_text().split())
    written = {message.text: message for message in desk.messages() if message.op_id}
    assert acknowledged <= set(written)
    assert len(acknowledged) == REPLIES
    for text, message in written.items():
        if text not in acknowledged:
            continue
        if message.state is SendState.UNKNOWN:
            assert idempotency is Idempotency.UNKNOWABLE
            assert name in LEFT
        else:
            assert message.state is SendState.ACCEPTED
            assert text in texts, "shown as sent, but it never arrived"
    if idempotency is not Idempotency.UNKNOWABLE:
        assert set(texts) >= acknowledged
    elif name in ("fake.marked", "fake.delivered", "outbox.performed"):
        assert any(message.state is SendState.UNKNOWN for message in written.values())
    assert desk.cache.read(oplog.verify_chain)


@pytest.mark.parametrize("second", ["outbox.reconciled", "outbox.settled", "writer.applied", "writer.committed"])
def test_second_kill_while_settling_the_first_changes_nothing(tmp_path: Path, second: str) -> None:
    assert killed(tmp_path, Idempotency.FINDABLE, "fake.delivered:1")
    assert killed(tmp_path, Idempotency.FINDABLE, f"{second}:1")
    assert not killed(tmp_path, Idempotency.FINDABLE)
    desk = SyncDesk(tmp_path, SystemClock())
    try:
        check(desk, tmp_path, "fake.delivered", Idempotency.FINDABLE)
    finally:
        desk.close()
