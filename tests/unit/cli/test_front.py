"""From a command line to its verb: help, errors, exit codes, and how little is imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

from omnitui import __version__
from omnitui.cli.table import ENTRIES
from omnitui.cli.verbs import load
from omnitui.main import main
from omnitui.text.widths import cell_width
from tests.support.command import Desk
from tests.support.enciphering import needs_sqlcipher

FIELDS = {"name": "🍵 茶", "cut": "\ud800", "c1": "\x9b"}
HEAVY = ("sqlmodel", "sqlalchemy", "textual", "rich", "httpx", "keyring", "cryptography", "imapclient", "aiosmtplib")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OMNITUI_PROFILE", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path / "home"


def test_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"omnitui {__version__}\n"


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for name, entry in ENTRIES.items():
        assert f"  {name} " in out
        assert entry.help in out


@pytest.mark.parametrize("name", ENTRIES)
def test_every_verb_exists_and_helps(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(load(ENTRIES[name]).run)
    assert main([*name.split(), "--help"]) == 0
    out = capsys.readouterr().out
    assert ENTRIES[name].help in out
    assert "--profile" in out


def test_help_in_japanese_keeps_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert main(["reply", "--help"]) == 0
    out = capsys.readouterr().out
    assert "ファイルを添付" in out
    assert max(cell_width(line) for line in out.partition("--help")[2].splitlines()) <= 50


def test_family_without_its_second_word_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["account"]) == 2
    assert "pause" in capsys.readouterr().err
    assert main(["account", "--help"]) == 0
    assert "account pause" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["resolv", "X"], "resolve"),
        (["show"], "ID"),
        (["ls", "--nonsense"], "--nonsense"),
        (["ls", "-n", "-3"], "-n"),
        (["priority", "ABCDEF", "--set", "huge"], "urgent"),
        (["paths", "--json", "--jsonl"], "--json"),
        (["--profile", "../x", "paths"], "profile"),
        (["export"], "--format"),
    ],
)
def test_usage_errors_exit_with_two_in_one_line_and_a_hint(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("omnitui: ")
    assert said in captured.err
    assert len(captured.err.splitlines()) <= 2


def test_options_may_stand_before_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--profile", "night", "--json", "paths"]) == 0
    assert '"profile":"night"' in capsys.readouterr().out


def test_wrong_configuration_exits_with_three(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "default" / "config"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("langauge = 'ja'")
    (folder / "config.toml").chmod(0o600)
    assert main(["ls"]) == 3
    err = capsys.readouterr().err
    assert "config.toml" in err
    assert "language" in err


def test_console_without_a_terminal_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "terminal" in capsys.readouterr().err


def test_interrupt_exits_with_130_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_words: object, **_faces: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("omnitui.cli.front.run", interrupted)
    assert main(["ls"]) == 130
    assert capsys.readouterr().err == ""


def test_bug_leaves_a_crash_file_and_no_traceback(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_words: object, **_faces: object) -> int:
        raise RuntimeError("本文 of a customer")

    monkeypatch.setattr("omnitui.cli.front.run", broken)
    assert main(["ls"]) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "customer" not in err
    assert str(next((home / "default" / "state" / "crashes").iterdir())) in err


# Names are asked of a server that does not answer, as on a train: nothing breaks such a call off.
NO_NAMES = """
import os, socket, sys, threading
def getaddrinfo(*_where, **_how):
    os.write(2, b"asked")
    threading.Event().wait()
socket.getaddrinfo = getaddrinfo
from omnitui.main import main
sys.exit(main())
"""

# Threads read the enciphered cache page by page, as the look for damage does, and the process ends.
READ_ON = """
import sys, threading
from pathlib import Path
from omnitui.store.cache import Cache
from omnitui.store.secrecy import cipher
data = Path(sys.argv.pop())
cipher.use(data, bytes(32))
with Cache.open(data) as cache:
    cache.write(lambda tx: tx.db.execute("CREATE TABLE words AS WITH RECURSIVE n(i) AS"
        " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) SELECT zeroblob(500) word FROM n"))
def look(begun):
    db = cipher.connect(data / "cache.sqlite3", bytes(32), check_same_thread=False)
    db.execute("PRAGMA cache_size = 1")
    while True:
        db.execute("SELECT sum(length(word)) FROM words").fetchone()
        begun.set()
for _ in range(4):
    begun = threading.Event()
    threading.Thread(target=look, args=[begun], daemon=True).start()
    begun.wait()
from omnitui.main import main
sys.exit(main())
"""


@pytest.mark.parametrize("words", [["sync", "--watch"], ["sync"], ["account", "check", "bot"], ["--linear"]])
def test_call_that_hangs_keeps_no_process_from_ending(words: list[str], desk: Desk) -> None:
    desk.run("account", "add", "telegram", "--name", "bot", "--token-env", "BOT_TOKEN", "--no-check")
    environment = {**os.environ, "BOT_TOKEN": "1:a"}
    with subprocess.Popen(
        [sys.executable, "-c", NO_NAMES, *words], stdin=PIPE, stdout=DEVNULL, stderr=PIPE, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        said = b""
        while not said.endswith(b"asked"):
            one = process.stderr.read(1)
            assert one
            said += one
        if words == ["--linear"]:
            process.stdin.write(b"quit\n")
            process.stdin.flush()
        else:
            process.send_signal(signal.SIGINT)
        try:
            assert process.wait(60) in (0, 1, 130)
        finally:
            process.kill()


@needs_sqlcipher
def test_process_ends_while_threads_decipher_what_they_read(tmp_path: Path) -> None:
    for number in range(6):
        words = [sys.executable, "-c", READ_ON, "--version", str(tmp_path / str(number))]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def run(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {"OMNITUI_HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=60, check=False
    )


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["ls"], ["ls", "--help"], ["paths"]])
def test_hot_verbs_import_nothing_heavy(words: list[str], home: Path) -> None:
    script = (
        f"import sys; from omnitui.main import main; code = main({words!r}); "
        f"print(code, sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = run(script, home)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_listing_needs_neither_the_writer_nor_a_loop(home: Path) -> None:
    script = (
        "import sys; from omnitui.main import main; main(['ls']); main(['ls', '--json']); "
        "print(sorted({'asyncio', 'logging', 'omnitui.store.writer'} & set(sys.modules)), file=sys.stderr)"
    )
    # The first run makes the cache, which takes more.
    assert [run(script, home).stderr.splitlines()[-1] for _run in range(2)][1] == "[]"


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_version_and_help_open_no_cache_and_need_no_argparse(words: list[str], home: Path) -> None:
    script = (
        f"import sys; from omnitui.main import main; main({words!r}); "
        "print(sorted({'argparse', 'sqlite3', 'asyncio', 'tomllib'} & set(sys.modules)), file=sys.stderr)"
    )
    done = run(script, home)
    assert done.stderr == "[]\n"
    assert not home.exists()


def test_json_is_utf8_in_every_locale(home: Path) -> None:
    script = f"from omnitui.cli.output import Output; Output('jsonl').many('x', [{FIELDS!a}])"
    environment = {"OMNITUI_HOME": str(home), "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, env=environment, timeout=60, check=True)
    assert json.loads(done.stdout.decode("utf-8")) == {"v": 1, "type": "x", **FIELDS}


def test_reader_who_leaves_early_is_no_error(home: Path) -> None:
    script = f"{sys.executable} -m omnitui --help | head -c 5; echo; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["--help", "paths", "completion fish"])
def test_output_on_a_full_disk_fails_in_one_line(home: Path, words: str) -> None:
    script = f"{sys.executable} -m omnitui {words} > /dev/full"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "omnitui: nothing more can be written: No space left on device\n")


def test_closed_descriptors_are_no_error(home: Path) -> None:
    script = f"{sys.executable} -m omnitui ls <&- >&-; echo $?"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "0\n"
    assert "failed" not in done.stderr
