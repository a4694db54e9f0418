"""The parser's own process: starts when needed, is killed when it must be, and never holds up another mail."""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from omnitui.text.mail import worker as worker_module
from omnitui.text.mail.parsing import parse_mail
from omnitui.text.mail.worker import ParseWorker
from tests.support.promises import Promise

MAIL = "From: 山田 <y@x.jp>\r\nSubject: 注文\r\n\r\n届きました。\r\n".encode()
# Stands for the mail that no test yet knows: the loop below sleeps, eats or dies on it.
POISON_LOOP = """
import os, sys, time
import omnitui.text.mail.parsing as mail
real = mail.parse_mail
def parse_mail(raw, **options):
    if b"poison-sleep" in raw:
        while True: pass
    if b"poison-die" in raw:
        os._exit(9)
    if b"poison-eat" in raw:
        bytearray(1 << 40)
    return real(raw, **options)
mail.parse_mail = parse_mail
from omnitui.text.mail.parse_loop import main
main(sys.argv[1:])
"""


@pytest.fixture
def worker() -> Iterator[ParseWorker]:
    with ParseWorker() as one:
        yield one


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> Iterator[ParseWorker]:
    real = subprocess.Popen

    def popen(argv: list[str], **options: object) -> object:
        assert argv[1:3] == ["-m", "omnitui.text.mail.parse_loop"]
        return real([sys.executable, "-c", POISON_LOOP, *argv[3:]], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", popen)
    with ParseWorker(seconds=0.5) as one:
        yield one


def test_worker_gives_what_the_parser_gives(worker: ParseWorker) -> None:
    assert worker.starts == 0
    assert worker.parse_sync(MAIL, received_at=7) == parse_mail(MAIL, received_at=7)
    assert worker.parse_sync(MAIL) == parse_mail(MAIL)
    assert worker.starts == 1


def test_worker_gives_attachment_bytes_when_asked(worker: ParseWorker) -> None:
    raw = b"Content-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\n\x89PNG\x00"
    assert worker.parse_sync(raw, with_content=True).attachments[0].content == b"\x89PNG\x00"
    assert worker.parse_sync(raw).attachments[0].content is None


def test_worker_takes_big_mails(worker: ParseWorker) -> None:
    raw = b"Content-Type: application/pdf; name=a.pdf\r\n\r\n" + b"x" * 10_000_000
    assert worker.parse_sync(raw).attachments[0].size == 10_000_000


async def test_worker_serves_several_tasks(worker: ParseWorker) -> None:
    subjects = [f"Subject: s{n}\n\nx".encode() for n in range(20)]
    mails = await asyncio.gather(*(worker.parse(raw) for raw in subjects))
    assert [mail.subject for mail in mails] == [f"s{n}" for n in range(20)]
    assert worker.starts == 1


def test_worker_gives_several_mails_in_their_order(worker: ParseWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "PORTION", 7)
    monkeypatch.setattr(worker_module, "PORTION_BYTES", 200_000)
    raws = [f"Subject: s{n}\n\n{'x' * (n % 4 * 60_000)}".encode() for n in range(40)]
    assert [mail.subject for mail in worker.parse_all_sync(raws)] == [f"s{n}" for n in range(40)]
    assert worker.parse_all_sync([]) == []
    assert worker.starts == 1


def test_poison_among_several_mails_spoils_no_other(poisoned: ParseWorker) -> None:
    poisons = {2: "die", 5: "sleep", 6: "die"}
    raws = [f"Subject: s{n}\n\npoison-{poisons.get(n, 'no')}".encode() for n in range(9)]
    mails = poisoned.parse_all_sync(raws)
    assert [mail.subject for n, mail in enumerate(mails) if n not in poisons] == ["s0", "s1", "s3", "s4", "s7", "s8"]
    assert {n: mails[n].defects for n in poisons} == {2: ("parser-died",), 5: ("timeout",), 6: ("parser-died",)}


@pytest.mark.parametrize(
    ("poison", "defect"), [("sleep", "timeout"), ("die", "parser-died"), ("eat", "too-much-memory")]
)
def test_poison_mail_is_given_raw_and_blocks_no_other(
    poisoned: ParseWorker, poison: str, defect: str, promise: Promise
) -> None:
    bad = poisoned.parse_sync(f"Subject: x\n\npoison-{poison}".encode(), received_at=3)
    assert f"poison-{poison}" in bad.text
    assert bad.received_at == 3
    assert bad.defects in ((defect,), ("parser-MemoryError",))
    assert poisoned.parse_sync(MAIL).subject == "注文"
    promise(
        "A mail that breaks the parser is read raw, and blocks no other.",
        "1 mail that kills, hangs or fills it: 1 given raw, 0 others held up",
    )


def test_worker_ends_when_idle_and_starts_again() -> None:
    with ParseWorker(idle=0.2) as worker:
        assert worker.parse_sync(MAIL).subject == "注文"
        process = worker._process
        assert process is not None
        assert process.wait(timeout=30) == 0
        assert worker.parse_sync(MAIL).subject == "注文"
        assert worker.starts == 2


def test_worker_survives_being_killed_from_outside(worker: ParseWorker) -> None:
    worker.parse_sync(MAIL)
    assert worker._process is not None
    os.kill(worker._process.pid, 9)
    assert worker.parse_sync(MAIL).subject == "注文"


async def test_closing_waits_for_no_mail(poisoned: ParseWorker) -> None:
    poisoned._seconds = 3_600.0
    mails = asyncio.create_task(asyncio.to_thread(poisoned.parse_all_sync, [b"poison-sleep"] * 5))
    while poisoned.starts == 0:  # noqa: ASYNC110  # nobody tells of it
        await asyncio.sleep(0.01)
    await asyncio.to_thread(poisoned.close)
    assert {mail.defects for mail in await mails} == {("parser-died",)}


def test_closed_worker_leaves_no_process_and_gives_raw() -> None:
    worker = ParseWorker()
    worker.parse_sync(MAIL)
    process = worker._process
    assert process is not None
    worker.close()
    assert process.poll() is not None
    assert worker.parse_sync(MAIL).defects == ("parser-died",)


def test_process_ends_when_its_owner_is_gone() -> None:
    script = (
        "import os; from omnitui.text.mail.worker import ParseWorker; w = ParseWorker(); w.parse_sync(b'a: b\\n\\nc');"
        "print(w._process.pid, flush=True); os._exit(0)"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(worker_module.__file__)))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": root}, check=True
    )
    pid = int(done.stdout)
    for _ in range(300):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        with open(f"/proc/{pid}/stat") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                return
        time.sleep(0.1)
    pytest.fail("the parser outlived its owner")


def test_endless_mail_ends_the_process_of_an_owner_that_was_killed() -> None:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(worker_module.__file__))))
    impatient = "import omnitui.text.mail.parse_loop as loop\nloop.LONGEST = 0.2\n" + POISON_LOOP
    mail, options = b"poison-sleep", b'{"sizes": [12]}\n'
    done = subprocess.run(
        [sys.executable, "-c", impatient, "60", "0"],
        input=struct.pack(">I", len(options + mail)) + options + mail,
        capture_output=True,
        env={"PYTHONPATH": root},
        timeout=60,
    )
    assert done.returncode == -signal.SIGPROF


def test_parser_process_imports_the_standard_library_only() -> None:
    script = (
        "import sys; import omnitui.text.mail.worker, omnitui.text.mail.parse_loop, omnitui.text.mail.wire;"
        "print(sorted({n.split('.')[0] for n in sys.modules} - set(sys.stdlib_module_names) - {'omnitui', '__main__'}))"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(worker_module.__file__)))
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, env={"PYTHONPATH": root}, check=True
    )
    assert done.stdout.strip() == "[]"
