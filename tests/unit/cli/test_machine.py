"""What the shell says about this machine; completion."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from docs import manual
from omnitui.cli.completion import bash, fish, zsh
from omnitui.cli.table import ENTRIES
from omnitui.cli.verbs import load, parser_of
from omnitui.services.actions import ACTIONS
from tests.support.command import Desk
from tests.support.desk import a_conversation


def test_paths_are_those_of_the_profile(desk: Desk) -> None:
    fields = desk.run("paths", "--profile", "night", "--json").object
    assert fields["type"] == "paths"
    assert fields["profile"] == "night"
    assert fields["cache"] == str(desk.profile.data.parents[1] / "night" / "data" / "cache.sqlite3")
    assert "crashes" in desk.run("paths").out


def test_keys_list_every_action_and_tell_faults_of_the_file(desk: Desk) -> None:
    assert {item["action"] for item in desk.run("keys", "--jsonl").objects} == set(ACTIONS)
    desk.profile.config.mkdir(parents=True)
    desk.profile.keys_file.write_text('"conversation.note" = "f6"\n"conversation.repyl" = "x"\n')
    ran = desk.run("keys", "--jsonl")
    assert ran.code == 3
    assert "conversation.reply" in ran.err
    note = next(item for item in ran.objects if item["action"] == "conversation.note")
    assert (note["keys"], note["default_keys"]) == (["f6"], ["n"])


def test_themes_name_the_one_that_is_chosen(desk: Desk) -> None:
    names = [item["name"] for item in desk.run("themes", "--jsonl").objects]
    assert len(names) >= 2
    desk.profile.config.mkdir(parents=True)
    desk.profile.settings_file.write_text(f'[interface]\ntheme = "{names[1]}"\n')
    desk.profile.settings_file.chmod(0o600)
    chosen = [item["name"] for item in desk.run("themes", "--jsonl").objects if item["chosen"]]
    assert chosen == [names[1]]


def test_canned_responses_are_listed_with_where_they_are_offered(desk: Desk) -> None:
    assert "snippets" in desk.run("canned", "list").err
    folder = desk.profile.config / "snippets"
    folder.mkdir(parents=True)
    (folder / "back.md").write_text("---\ntitle: Money back\nchannel: line, email\nlanguage: en\n---\nDear you,\nbye\n")
    assert desk.run("canned", "list").out == ";back  Money back  line, email, en  Dear you, bye\n"
    item = desk.run("canned", "list", "--jsonl").objects[0]
    assert (item["code"], item["channels"], item["text"]) == ("back", ["line", "email"], "Dear you,\nbye")


def test_doctor_of_a_new_machine_finds_nothing_wrong_and_makes_nothing(desk: Desk) -> None:
    ran = desk.run("doctor")
    assert ran.code == 0
    assert "✗" not in ran.out
    assert not desk.profile.cache_file.exists()


def test_doctor_says_what_is_wrong_and_what_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    a_conversation(desk.cache)
    desk.close()
    monkeypatch.setenv("P", "x1")
    desk.run("account", "add", "demo", "--name", "World", "--no-check")
    desk.profile.crashes.mkdir(parents=True)
    (desk.profile.crashes / "crash-1.txt").write_text("")
    desk.profile.data.chmod(0o755)
    desk.profile.config.mkdir(parents=True)
    desk.profile.settings_file.write_text("langauge = 'ja'")
    desk.profile.settings_file.chmod(0o600)
    ran = desk.run("doctor", "--jsonl")
    assert ran.code == 1
    failed = {item["check"]: item for item in ran.objects if item["verdict"] == "failed"}
    assert "chmod 700" in failed["folders"]["hint"]
    assert "language" in failed["settings"]["hint"]
    assert "crash-1.txt" in next(item["message"] for item in ran.objects if item["check"] == "crashes")


def test_doctor_says_where_each_secret_comes_from(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from omnitui.model.accounts import Account
    from omnitui.store.accounts import put_account

    account = Account(desk.cache.ids.new(), "email", "Mail", secret_ref="env:MAIL_PASSWORD")
    desk.cache.write(lambda tx: put_account(tx, account))
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2hunter2")
    found = next(item for item in desk.run("doctor", "--jsonl").objects if item["check"] == "secrets")
    assert "$MAIL_PASSWORD" in found["message"]
    assert found["verdict"] == "ok"
    assert "hunter2" not in found["message"]
    monkeypatch.delenv("MAIL_PASSWORD")
    ran = desk.run("doctor", "--jsonl")
    assert ran.code == 1
    assert next(item for item in ran.objects if item["check"] == "secrets")["verdict"] == "failed"


def test_doctor_notices_a_log_that_was_changed(desk: Desk) -> None:
    talk = a_conversation(desk.cache)
    desk.run("note", talk.id, "--text", "as it was")
    log = next(item for item in desk.run("doctor", "--jsonl").objects if item["check"] == "log")
    assert log["verdict"] == "ok"
    assert "omnitui log seal" in log["hint"]
    desk.close()
    with sqlite3.connect(desk.profile.cache_file) as db:
        db.execute("UPDATE op_payload SET after = replace(after, 'as it was', 'as it never was')")
    ran = desk.run("doctor", "--jsonl")
    assert ran.code == 1
    assert next(item for item in ran.objects if item["check"] == "log")["verdict"] == "failed"


def complete(script: Path, *words: str) -> list[str]:
    """What bash would offer for the last of `words`."""
    line = " ".join(f"'{word}'" for word in words)
    program = f"""
        source {script}
        COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}
        _omnitui
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_verbs_second_words_options_and_choices(tmp_path: Path) -> None:
    script = tmp_path / "omnitui.bash"
    script.write_text(bash())
    assert set(complete(script, "omnitui", "")) >= {name.partition(" ")[0] for name in ENTRIES}
    assert complete(script, "omnitui", "reso") == ["resolve"]
    assert complete(script, "omnitui", "account", "pa") == ["pause"]
    assert complete(script, "omnitui", "--profile", "x", "account", "re") == ["resume", "remove"]
    assert "--hold" in complete(script, "omnitui", "reply", "ABCDEF", "--h")
    assert complete(script, "omnitui", "priority", "X", "--set", "u") == ["urgent"]
    assert complete(script, "omnitui", "export", "--format", "") == ["jsonl", "mbox", "csv", "md"]


def options(name: str) -> set[str]:
    """The long options of a verb."""
    actions = parser_of(ENTRIES[name], load(ENTRIES[name]))._actions
    return {option for action in actions for option in action.option_strings if option.startswith("--")}


def found(program: str) -> str:
    """Where a shell is; the test is skipped where it is not."""
    at = shutil.which(program)
    if at is None:
        pytest.skip(f"needs {program}: apt-get install --no-install-recommends {program}")
    return at


def test_bash_offers_the_options_of_every_verb_and_no_others(tmp_path: Path) -> None:
    script = tmp_path / "omnitui.bash"
    script.write_text(bash())
    tries = "; ".join(f"try omnitui {name} --" for name in ENTRIES)
    program = f"""
        source {script}
        try() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _omnitui; echo "${{COMPREPLY[@]}}"; }}
        {tries}
    """
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert {name: set(line.split()) for name, line in zip(ENTRIES, done.stdout.splitlines(), strict=True)} == {
        name: options(name) for name in ENTRIES
    }
    assert complete(script, "omnitui", "completion", "")[:3] == ["bash", "zsh", "fish"]


def test_fish_offers_the_options_of_every_verb_and_no_others(tmp_path: Path) -> None:
    shell = found("fish")
    script = tmp_path / "omnitui.fish"
    script.write_text(fish())

    def offered(*lines: str) -> list[set[str]]:
        program = f"source {script}; " + "; ".join(f"complete -C '{line}'; echo ," for line in lines)
        home = {**os.environ, "HOME": str(tmp_path)}
        done = subprocess.run([shell, "-c", program], capture_output=True, text=True, timeout=120, check=True, env=home)
        assert done.stderr == ""
        return [{line.split("\t")[0] for line in part.splitlines()} for part in done.stdout.split(",\n")][:-1]

    for name, words in zip(ENTRIES, offered(*(f"omnitui {name} --" for name in ENTRIES)), strict=True):
        assert words == options(name), name
    firsts, seconds, behind, choices, shells = offered(
        "omnitui --profile demo ",
        "omnitui account ",
        "omnitui log X --k",
        "omnitui priority --set u",
        "omnitui completion ",
    )
    assert firsts == {name.partition(" ")[0] for name in ENTRIES}
    assert seconds == {name.partition(" ")[2] for name in ENTRIES if name.startswith("account ")}
    assert (behind, choices, shells) == ({"--kind"}, {"urgent"}, {"bash", "zsh", "fish"})


def test_zsh_can_read_its_script_with_the_options_of_every_verb_and_no_others(tmp_path: Path) -> None:
    text = zsh()
    lines = dict(re.findall(r"^    '(.+?)'\) _arguments (.*) ;;$", text, re.MULTILINE))
    assert {name: set(re.findall(r"'(--[a-z-]+)\[", line)) for name, line in lines.items()} == {
        name: options(name) for name in ENTRIES
    }
    script = tmp_path / "_omnitui"
    script.write_text(text)
    subprocess.run([found("zsh"), "-n", str(script)], check=True, timeout=60)


def test_manual_page_has_every_verb_with_its_options() -> None:
    parts = re.split(r"^\.TP\n(?=\\fB(?!-))", manual.page().replace("\\-", "-"), flags=re.MULTILINE)
    said = {name: part for part in parts for name in ENTRIES if part.startswith(f"\\fB{name}\\fR")}
    assert set(said) == set(ENTRIES)
    for name, part in said.items():
        for option in options(name) - {"--help", "--profile", "--json", "--jsonl"}:
            assert f"\\fB{option}\\fR" in part, (name, option)
