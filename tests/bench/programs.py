"""The programs that the terminal bench compares, each with what it needs in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from omnitui.store.cache import Cache
from tests.bench import filling
from tests.support.full_cache import fill, talk
from tests.support.rows import NAMES, a_conversation

ROOT = Path(__file__).parents[2]
TALKS = 60
LONG = 3
"""The row whose conversation has `LONG_COUNT` messages."""
LONG_COUNT = 500
STORM = """
import sys, time
from pathlib import Path
from omnitui.model.conversations import Message
from omnitui.model.states import Direction, MessageKind
from omnitui.store.arriving import inflow
from omnitui.store.cache import Cache
each, rate = 25, float(sys.argv[2])
with Cache.open(Path(sys.argv[1])) as cache:
    number, begun, run = 0, time.monotonic(), cache.ids.new()
    def put(tx):
        for _ in range(each):
            at = tx.now()
            place = f"01J{number % 7000 + 100:023d}"
            inflow.put_message(tx, Message(tx.ids.new(), place, "A", Direction.INCOMING, MessageKind.PUBLIC, None,
                "Storm", None, at, at, "one of many messages", external_id=f"{run}{number}"))
            globals()["number"] += 1
    while True:
        cache.write(put, durable=False)
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
"""

RAW = """
import os, sqlite3, sys, termios, time, tty
db = sqlite3.connect(sys.argv[1])
rows = db.execute("SELECT c.subject, p.name FROM conversation c JOIN contact p ON p.pk = c.contact_pk"
                  " ORDER BY c.last_activity_at DESC LIMIT 200").fetchall()
before = termios.tcgetattr(0)
tty.setraw(0)
line = lambda n, on: f"\\x1b[{n % 38 + 1}H{'>' if on else ' '} {rows[n][1]:<20} {rows[n][0]}\\x1b[K"
page = lambda first: "".join(line(n, n == first) for n in range(first, first + 38))
os.write(1, ("\\x1b[?1049h\\x1b[2J" + page(0)).encode())
at = 0
while True:
    for key in os.read(0, 64).decode("latin-1"):
        if key == "q":
            os.write(1, b"\\x1b[?1049l")
            termios.tcsetattr(0, termios.TCSANOW, before)
            sys.exit()
        if key == "j":
            at += 1
            os.write(1, (line(at - 1, False) + line(at, True) if at % 38 else "\\x1b[2J" + page(at)).encode())
"""

HELLO = """
from textual.app import App
from textual.widgets import Label
class Hello(App):
    def compose(self):
        yield Label("Hello, world", id="label")
    def on_key(self, event):
        if event.key == "q":
            self.exit()
        else:
            self.query_one("#label").update("key was seen")
Hello().run()
"""


@dataclass(frozen=True, eq=False)
class Program:
    """One program to measure."""

    name: str
    argv: list[str]
    ready: str
    """On the screen once its first rows are."""
    env: dict[str, str] = field(default_factory=dict)
    quit: tuple[str, ...] = ("q",)
    page: str = ""
    """The key of a page down; none to measure without."""
    opens: str = ""
    """The key that opens a message."""
    closes: str = ""
    """The key that leads back to the list."""
    alive: str = ""
    """What the first key brings to the screen, for how soon keys are obeyed."""
    up: str = ""
    """What it writes once it has taken over from its first frame."""


def raw_python(folder: Path, rows: int) -> Program:
    """Rows from SQLite, painted by escape codes: the floor."""
    return Program("raw Python", [sys.executable, "-c", RAW, str(cache(folder, rows))], NAMES[1])


def hello_world() -> Program:
    """The smallest app of Textual: the floor of what stands on it."""
    return Program("Textual hello", [sys.executable, "-c", HELLO], "Hello, world", alive="key was seen")


def omnitui(folder: Path, rows: int, home: Path | None = None) -> Program:
    """Our console on a cache of so many conversations, or on the profile in `home`."""
    home = home or cache(folder, rows).parents[2]
    return Program(
        f"omnitui {rows:,}",
        [sys.executable, "-m", "omnitui"],
        NAMES[1],
        env={
            "OMNITUI_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHONPYCACHEPREFIX": str(folder / "pyc"),
            "PYTHONDONTWRITEBYTECODE": "",  # an installed omnitui is compiled
        },
        quit=("ctrl+q",),
        page="pagedown",
        opens="j",
        closes="k",
        up="\x1b[?2004h",
    )


def cache(folder: Path, rows: int) -> Path:
    """A profile's cache, made once."""
    path = folder / f"home-{rows}" / "default/data/cache.sqlite3"
    if not path.exists():
        fill(path, rows)
        with Cache.open(path.parent) as made:
            for number in range(TALKS):
                talk(made, number, LONG_COUNT if number == LONG else 2 + number % 6)
    return path


def changing(folder: Path, rows: int) -> tuple[Program, Path]:
    """Our console on a copy of that cache, and its folder: what changes it leaves the cache of the next run alone."""
    home = folder / f"home-{rows}-changing"
    data = home / "default/data"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(cache(folder, rows).parent, data)
    return omnitui(folder, rows, home), data


def searched(folder: Path) -> Program:
    """Our console on the big cache of the store's benchmarks, of which it has a copy."""
    data = folder / "home-search/default/data"
    if not data.exists():
        shutil.copytree(filling.kept(filling.CONVERSATIONS), data)
    found = omnitui(folder, 0, home=folder / "home-search")
    return replace(found, name="omnitui search", ready="")


def neomutt(folder: Path, mails: int) -> Program | None:
    """neomutt on a Maildir with a header cache; None where it is not installed."""
    if shutil.which("neomutt") is None:
        return None
    box = maildir(folder, mails)
    rc = folder / "neomuttrc"
    rc.write_text(
        f"set folder={box.parent}\nset spoolfile={box}\nset mbox_type=Maildir\nset header_cache={folder / 'headers'}\n"
        "set sort=reverse-date\nset sleep_time=0\nset mark_old=no\nset quit=yes\nset delete=no\n"
        'bind index,pager j next-undeleted\nset from="a@b.example"\nset realname="A"\n'
    )
    argv = ["neomutt", "-n", "-F", str(rc)]
    return Program("neomutt", argv, NAMES[1].split()[0], quit=("q", "q"), page="pagedown", opens="enter", closes="q")


def aerc(folder: Path, mails: int) -> Program | None:
    """aerc on the same Maildir; None where it is not installed."""
    if shutil.which("aerc") is None:
        return None
    box = maildir(folder, mails)
    config = folder / "config/aerc"
    config.mkdir(parents=True, exist_ok=True)
    accounts = config / "accounts.conf"
    accounts.write_text(f"[bench]\nsource = maildir://{box.parent}\ndefault = {box.name}\nfrom = A <a@b.example>\n")
    accounts.chmod(0o600)
    env = {"XDG_CONFIG_HOME": str(folder / "config"), "HOME": str(folder)}
    return Program(
        "aerc",
        ["aerc"],
        NAMES[1].split()[0],
        env=env,
        quit=(":", "q", "u", "i", "t", "enter"),
        page="ctrl+f",
        opens="enter",
        closes="q",
    )


def alot(folder: Path, mails: int) -> Program | None:
    """alot on the same Maildir, indexed by notmuch; None where they are not installed."""
    if shutil.which("alot") is None or shutil.which("notmuch") is None:
        return None
    box = maildir(folder, mails)
    rc, config = folder / "notmuchrc", folder / "alotrc"
    env = {"NOTMUCH_CONFIG": str(rc), "HOME": str(folder)}
    if not rc.exists():
        rc.write_text(f"[database]\npath={box.parent}\n[user]\nname=A\nprimary_email=a@b.example\n")
        config.write_text("initial_command = search *\n")
        subprocess.run(["notmuch", "new", "--quiet"], env={**os.environ, **env}, check=True, timeout=300)
    argv = ["alot", "-c", str(config), "-n", str(rc)]
    return Program("alot", argv, NAMES[1].split()[0], env=env, page="pagedown", opens="enter", closes="q")


def maildir(folder: Path, mails: int) -> Path:
    """A Maildir of the same conversations, one mail each."""
    import email.utils
    from email.header import Header

    box = folder / "Mail" / "INBOX"
    if box.exists():
        return box
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True)
    for number in range(mails):
        row = a_conversation(number)
        sender = Header(row.contact, "utf-8").encode() if not row.contact.isascii() else row.contact
        subject = Header(row.subject, "utf-8").encode() if not row.subject.isascii() else row.subject
        date = email.utils.formatdate(row.last_message_at / 1000)
        (box / "cur" / f"{row.last_message_at // 1000}.{number}.bench:2,S").write_text(
            f"From: {sender} <c{number}@c.example>\nTo: a@b.example\nSubject: {subject}\nDate: {date}\n"
            f"Message-ID: <{number}@bench>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            f"\n{row.snippet}\n"
        )
    return box
