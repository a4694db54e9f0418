"""macro list, show, run; reasons."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _

if TYPE_CHECKING:
    from omnitui.desk.acting.steps import Foreseen
    from omnitui.services.texts.macros import Found


def _found(shell: Shell) -> Found:
    from omnitui.services.texts import macros

    found = macros.read(shell.profile)
    for problem in found.problems:
        shell.fail(problem.message, problem.hint)
    return found


def _list(shell: Shell) -> int:
    from omnitui.services.texts import macros

    found = _found(shell)
    if not shell.out.text:
        shell.out.many(
            "macro",
            (
                {"name": one.name, "title": one.title, "channels": list(one.channels), "steps": _steps(one.steps)}
                for one in found.macros
            ),
        )
        return shell.code
    rows = [
        (one.name, one.title, ", ".join(one.channels), ", ".join(s.kind for s in one.steps)) for one in found.macros
    ]
    shell.out.table(rows, widths=(24, 32, 20, 0))
    if not found.macros and not found.problems:
        shell.out.say(_("there is none; put files into {folder}").format(folder=macros.folder(shell.profile)))
    return shell.code


def _steps(steps: Sequence[object]) -> list[dict[str, object]]:
    from dataclasses import asdict

    return [{name: value for name, value in asdict(one).items() if value != ""} for one in steps]  # type: ignore[call-overload]


def _named(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("name", metavar="NAME", help=_("the macro, as its file is called"))


def _show(shell: Shell) -> int:
    from omnitui.services.texts import macros

    one = _found(shell).get(shell.arguments.name)
    if not shell.out.text:
        fields = {"name": one.name, "title": one.title, "channels": list(one.channels), "steps": _steps(one.steps)}
        shell.out.one("macro", fields, "")
    else:
        for line in macros.path(shell.profile, one.name).read_text("utf-8", "replace").splitlines():
            shell.out.line(line)
    return shell.code


def _run_arguments(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    _named(parser, words)
    parser.add_argument("ids", nargs="+", metavar="ID", help=_("conversations; “-” reads ids from standard input"))
    parser.add_argument("--dry-run", action="store_true", help=_("say what would change, and change nothing"))


def _run(shell: Shell) -> int:
    from omnitui.services.texts import macros

    macro = _found(shell).get(shell.arguments.name)
    ids = shell.ids(shell.arguments.ids)
    if not ids:
        return shell.code
    wanted = macros.plan(shell.session, macro, ids)
    operations = shell.session.operations
    if shell.arguments.dry_run:
        return told(shell, operations.foresee(wanted))
    done = operations.perform(wanted, macros.reason_of(macro))
    refused(shell, done.left)
    return shell.done(done.ops)


def refused(shell: Shell, left: Sequence[Foreseen]) -> None:
    """Say to which conversations nothing was done, and why."""
    for one in left:
        shell.fail(f"{ref_of(shell, one.conversation.id)}: {one.why_not}")


def told(shell: Shell, found: Sequence[Foreseen]) -> int:
    """Print what would become of conversations."""
    from omnitui.cli.deeds import worded
    from omnitui.desk.acting.telling import tally

    words = worded(shell)
    if not shell.out.text:
        shell.out.many(
            "foreseen",
            (
                {
                    "conversation_id": one.conversation.id,
                    "ref": ref_of(shell, one.conversation.id),
                    "changes": [{"field": c.field, "before": c.before, "after": c.after} for c in one.changes],
                    "why_not": one.why_not or None,
                }
                for one in found
            ),
        )
    else:
        shell.out.table(
            [(ref_of(shell, one.conversation.id), one.conversation.contact, words.changes(one)) for one in found],
            widths=(12, 24, 0),
        )
        shell.out.say(tally(found).line())
    if any(one.why_not for one in found):
        shell.failed(1)
    return shell.code


def _reasons_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--example", action="store_true", help=_("print a file to begin with"))


def _reasons(shell: Shell) -> int:
    from omnitui.services.triage import reasons

    if shell.arguments.example:
        for line in reasons.EXAMPLE.splitlines():
            shell.out.line(line)
        return 0
    roots, faults = reasons.read(shell.profile)
    for fault in faults:
        shell.fail(f"{reasons.path(shell.profile).name}: {fault.message}", fault.hint)
    every = [one for root in roots for one in root.all]
    if not shell.out.text:
        shell.out.many("reason", ({"path": one.path, "title": one.title, "key": one.key} for one in every))
        return shell.code
    shell.out.table([(one.path, "  " * one.path.count("/") + one.title, one.key) for one in every], widths=(32, 40, 3))
    if not every and not faults:
        shell.out.say(
            _("there is none; write some into {file} (--example prints a beginning)").format(
                file=reasons.path(shell.profile)
            )
        )
    return shell.code


VERBS: Final = {
    "macro list": Verb(_list, notes=N_("They are TOML files in the folder `macros` beside config.toml.")),
    "macro show": Verb(_show, _named),
    "macro run": Verb(_run, _run_arguments),
    "reasons": Verb(_reasons, _reasons_arguments),
}
