"""commands.toml: what becomes of it, what is refused, and what its programs see."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.errors import OmniError
from omnitui.services.actions import ACTIONS, Scope, actions_of
from omnitui.services.keys.keymap import build
from omnitui.services.programs.commands import COMMANDS, Command, filled, needs, read_commands, take_in
from omnitui.services.programs.running import MOST, run


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    take_in([])


def read(folder: Path, text: str) -> tuple[list[Command], list[str]]:
    file = folder / "commands.toml"
    file.write_text(text, "utf-8")
    found, problems = read_commands(file)
    return found, [f"{one.message} | {one.hint}" for one in problems]


def test_missing_file_holds_no_commands(tmp_path: Path) -> None:
    assert read_commands(tmp_path / "commands.toml") == ([], [])


def test_command_becomes_an_action_with_its_key(tmp_path: Path) -> None:
    own, problems = read(tmp_path, '[crm]\ntitle = "Open in CRM"\nkey = "g 9"\nargv = ["crm", "--", "{address}"]\n')
    assert problems == []
    before = len(ACTIONS)
    take_in(own)
    assert len(ACTIONS) == before + 1
    assert ACTIONS["command.crm"].label == "Open in CRM"
    assert ACTIONS["command.crm"] in actions_of(Scope.LIST)
    keymap = build({})
    assert keymap.problems == ()
    assert keymap.tables[Scope.CARD]["g", "9"] == "command.crm"
    take_in([])
    assert (len(ACTIONS), len(COMMANDS)) == (before, 0)


def test_key_of_a_command_wins_over_a_preset_and_the_conflict_is_named(tmp_path: Path) -> None:
    own, _problems = read(tmp_path, '[crm]\nkey = "r"\nargv = ["crm"]\n')
    take_in(own)
    keymap = build({})
    assert keymap.tables[Scope.LIST]["r",] == "command.crm"
    assert "command.crm and conversation.reply" in keymap.problems[0].message
    assert build({"command.crm": "D"}).tables[Scope.LIST]["D",] == "command.crm"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[crm]\n", "argv"),
        ('[crm]\nargv = "crm {ref}"\n', "argv"),
        ('[crm]\nargv = ["crm", "--to={address}"]\n', "{address} has to be a word of its own"),
        ('[crm]\nargv = ["crm", "{adress}"]\n', "address"),
        ('[crm]\nargv = ["{address}"]\n', "the program cannot be {address}"),
        ('[crm]\nargv = ["crm"]\noutput = "pager"\n', "page"),
        ('[crm]\nargv = ["crm"]\nkeys = "x"\n', "did you mean “key”?"),
        ('[crm]\nargv = ["crm"]\nkey = "ctrl+m"\n', "enter"),
        ('[crm]\nargv = ["crm"]\nscope = "lists"\n', "list"),
        ('[crm]\nargv = ["crm"]\nconfirm = "yes"\n', "confirm"),
        ('["C R M"]\nargv = ["crm"]\n', "small letters"),
        ("crm = 3\n", "table"),
        ("nonsense", "TOML"),
    ],
)
def test_fault_is_named_and_the_others_hold(tmp_path: Path, text: str, named: str) -> None:
    good = '[good]\nargv = ["true"]\n' if text != "nonsense" else ""
    own, problems = read(tmp_path, text + good if "crm = 3" not in text else text)
    assert len(problems) == 1
    assert named in problems[0]
    assert [one.action.id for one in own] == (["command.good"] if good and "crm = 3" not in text else [])


def test_file_that_others_may_write_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "commands.toml"
    file.write_text('[crm]\nargv = ["crm"]\n', "utf-8")
    file.chmod(0o664)
    own, problems = read_commands(file)
    assert own == []
    assert "chmod go-w" in problems[0].hint


def test_placeholders_are_whole_words_and_hold_one_line_without_control_characters() -> None:
    facts = {"subject": "A; rm -rf ~\n\x1b[31m$(reboot)", "ref": "abcdef"}
    words = filled(["crm", "{ref}", "awk {print}", "{subject}"], facts)
    assert words[:3] == ["crm", "abcdef", "awk {print}"]
    assert words[3].startswith("A; rm -rf ~")
    assert not [char for char in words[3] if ord(char) < 32]
    assert needs(["crm", "{ref}"])
    assert not needs(["awk", "{print}"])


def test_value_that_would_be_an_option_is_refused_unless_options_have_ended() -> None:
    with pytest.raises(OmniError, match="hyphen"):
        filled(["crm", "{subject}"], {"subject": "--exec=reboot"})
    assert filled(["crm", "--", "{subject}"], {"subject": "--exec"}) == ["crm", "--", "--exec"]


def program(folder: Path, text: str) -> str:
    path = folder / "program"
    path.write_text(f"#!{sys.executable}\n{text}", "utf-8")
    path.chmod(0o755)
    return str(path)


async def test_program_gets_its_input_and_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNITUI_VAULT_PASSPHRASE", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("OMNITUI_HOME", "/somewhere")
    argv = [program(tmp_path, "import os, sys; print(sys.stdin.read(), dict(os.environ), oct(os.umask(0)), sys.argv)")]
    ran = await run([*argv, "$HOME;"], "Grüße", seconds=20, profile="desk")
    assert ran.code == 0
    assert "Grüße" in ran.out
    assert "'OMNITUI_PROFILE': 'desk'" in ran.out
    assert "/somewhere" in ran.out
    assert "0o77" in ran.out
    assert "$HOME;" in ran.out
    assert "secret" not in ran.out
    assert "'PATH'" in ran.out


async def test_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    text = f"import os, time\nchild = os.fork()\nopen({str(mark)!r}, 'a').write(f'{{os.getpid()}} ')\ntime.sleep(60)"
    pids: list[int] = []
    # Longer each time, until the machine has had the time to start both.
    for seconds in (1.0, 4.0, 30.0):
        mark.write_text("")
        with pytest.raises(OmniError, match="took longer"):
            await run([program(tmp_path, text)], seconds=seconds, profile="desk")
        pids += [int(word) for word in mark.read_text().split()]
        if len(pids) > 1:
            break
    assert len(pids) > 1
    for _try in range(200):
        if not [pid for pid in pids if alive(pid)]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("still alive")


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


async def test_program_that_leaves_another_one_running_is_not_waited_for(tmp_path: Path) -> None:
    text = "import os, time\nchild = os.fork()\nif child: print(child, flush=True)\nelse: time.sleep(90)"
    ran = await run([program(tmp_path, text)], seconds=30, profile="desk")
    assert alive(int(ran.out))
    os.kill(int(ran.out), signal.SIGKILL)


async def test_output_is_cut_and_the_rest_thrown_away(tmp_path: Path) -> None:
    text = f"import sys\nfor _ in range(30): sys.stdout.write('x' * {MOST // 10})\n"
    text += "sys.stderr.write('\\x1b[31mno\\nmore'); sys.exit(3)"
    ran = await run([program(tmp_path, text)], seconds=30, profile="desk")
    assert len(ran.out) == MOST
    assert ran.code == 3
    assert ran.words.endswith("no")
    assert "\x1b" not in ran.words


async def test_program_that_is_not_there_is_named() -> None:
    with pytest.raises(OmniError, match=r"nowhere-at-all.*could not be started"):
        await run(["nowhere-at-all"], seconds=1, profile="desk")
