"""What the shell says about this machine; completion."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from omnitui.cli.completion import bash, fish, zsh
from omnitui.cli.table import ENTRIES
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


@pytest.mark.parametrize("program", ["zsh", "fish"])
def test_other_shells_can_read_their_script(program: str, tmp_path: Path) -> None:
    text = zsh() if program == "zsh" else fish()
    for name in ENTRIES:
        assert name.rpartition(" ")[2] in text
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}: apt-get install --no-install-recommends {program}")
    script = tmp_path / "script"
    script.write_text(text)
    subprocess.run([found, "-n", str(script)], check=True, timeout=60)
