"""doctor, paths, keys, themes, connectors."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _


def _doctor(shell: Shell) -> int:
    from omnitui.services.doctor import Verdict, examine

    found = []
    marks = {Verdict.OK: "✓", Verdict.WARNING: "!", Verdict.FAILED: "✗"}
    for finding in examine(shell.profile):
        if finding.verdict is Verdict.FAILED:
            shell.code = 1
        if shell.out.text:
            shell.out.line(f"{marks[finding.verdict]} {finding.check}: {finding.message}")
            if finding.hint:
                shell.out.line(f"    {finding.hint}")
        found.append(
            {
                "check": finding.check,
                "verdict": finding.verdict.value,
                "message": finding.message,
                "hint": finding.hint or None,
            }
        )
    if not shell.out.text:
        shell.out.many("finding", found)
    return shell.code


def _paths(shell: Shell) -> int:
    profile = shell.profile
    fields = {
        "profile": profile.name,
        "config": str(profile.settings_file),
        "keys": str(profile.keys_file),
        "commands": str(profile.commands_file),
        "views": str(profile.views_file),
        "sla": str(profile.sla_file),
        "rules": str(profile.rules_file),
        "hooks": str(profile.hooks),
        "themes": str(profile.themes),
        "data": str(profile.data),
        "cache": str(profile.cache_file),
        "blobs": str(profile.blobs),
        "vault": str(profile.vault_file),
        "state": str(profile.state),
        "log": str(profile.log_file),
        "crashes": str(profile.crashes),
    }
    shell.out.one("paths", fields, "\n".join(f"{name:<8} {value}" for name, value in fields.items()))
    return 0


def _keys_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    from omnitui.services.actions import Scope
    from omnitui.services.keys import presets

    parser.add_argument("--preset", choices=presets.NAMES, help=_("the keys of a preset, without keys.toml"))
    parser.add_argument("--scope", choices=[scope.value for scope in Scope], help=_("only the actions of one pane"))


def _keys(shell: Shell) -> int:
    from omnitui.config.files import load_settings
    from omnitui.services.actions import ACTIONS
    from omnitui.services.keys.keymap import default_keymap, read_keymap
    from omnitui.services.programs.commands import read_commands, take_in
    from omnitui.services.triage.views import offer, read_views

    own, faults = read_commands(shell.profile.commands_file)
    take_in(own)
    for problem in faults:
        shell.fail(f"{shell.profile.commands_file.name}: {problem.message}", problem.hint)
    settings = load_settings(shell.profile)
    views = read_views(shell.profile, settings)
    offer(views)
    for problem in views.problems:
        shell.fail(f"{shell.profile.views_file.name}: {problem.message}", problem.hint)
    preset, scope = shell.arguments.preset, shell.arguments.scope
    if preset:
        keymap = default_keymap(preset)
    else:
        keymap = read_keymap(shell.profile.keys_file, settings.interface.keys, views.keys)
    actions = [action for action in ACTIONS.values() if scope in (None, action.scope.value)]
    if shell.out.text:
        rows = [
            (action.id, "  ".join(keymap.keys_of(action.id)), action.scope.value, action.label) for action in actions
        ]
        shell.out.table(rows, widths=(30, 18, 9, 0))
    else:
        shell.out.many(
            "key",
            (
                {
                    "action": action.id,
                    "keys": list(keymap.keys.get(action.id, ())),
                    "default_keys": list(action.keys),
                    "scope": action.scope.value,
                    "title": action.label,
                    "help": _(action.help),
                    "asks_first": action.danger,
                }
                for action in actions
            ),
        )
    for problem in keymap.problems:
        shell.fail(f"{shell.profile.keys_file.name}: {problem.message}", problem.hint)
    return 3 if keymap.problems or faults else 0


def _themes(shell: Shell) -> int:
    from omnitui.config.files import load_settings

    chosen = load_settings(shell.profile).interface.theme
    themes = shell.themes(shell.profile.themes)
    if shell.out.text:
        shell.out.table([("*" if name == chosen else "", name, title) for name, title in themes], widths=(1, 24, 0))
    else:
        shell.out.many("theme", ({"name": name, "title": title, "chosen": name == chosen} for name, title in themes))
    return 0


def _connectors(shell: Shell) -> int:
    from omnitui.services.channels.connectors import installed

    found = installed()
    if shell.out.text:
        rows = [
            (
                item.kind,
                item.manifest.title if item.manifest else "",
                ", ".join(item.manifest.channels) if item.manifest else "",
                item.fault or f"{item.package} {item.version}",
            )
            for item in found
        ]
        shell.out.table(rows, widths=(16, 30, 40, 0))
    else:
        shell.out.many(
            "connector",
            (
                {
                    "kind": item.kind,
                    "title": item.manifest.title if item.manifest else None,
                    "channels": list(item.manifest.channels) if item.manifest else [],
                    "experimental": item.manifest.experimental if item.manifest else None,
                    "package": item.package,
                    "version": item.version,
                    "fault": item.fault or None,
                }
                for item in found
            ),
        )
    if any(item.fault for item in found):
        shell.code = 1
    return shell.code


VERBS: Final = {
    "doctor": Verb(_doctor, notes=N_("It uses no network; “omnitui account check” tries the logins.")),
    "paths": Verb(_paths),
    "keys": Verb(_keys, _keys_arguments),
    "themes": Verb(_themes),
    "connectors": Verb(_connectors),
}
