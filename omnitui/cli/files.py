"""import, export."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import IO, Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import Refused, UsageError
from omnitui.i18n import N_, _, ngettext


def _export_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("query", nargs="*", metavar="QUERY", help=_("which conversations; none means all"))
    parser.add_argument(
        "--format", required=True, choices=["jsonl", "mbox", "csv", "md"], help=_("jsonl loses nothing")
    )
    parser.add_argument(
        "--redact",
        choices=["nothing", "cards", "secrets", "both"],
        help=_("what to cover in texts; else as privacy.exports in config.toml says"),
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=_("a new file, for you alone; standard output if absent")
    )


def _export(shell: Shell) -> int:
    from omnitui.services.exchange.export import export
    from omnitui.text.secrets.covering import kinds

    query = shell.session.query(" ".join(shell.arguments.query))
    output: str | None = shell.arguments.output
    if output is None and shell.arguments.format == "mbox" and sys.stdout.isatty():
        raise UsageError(_("raw mail would harm the terminal"), hint=_("-o FILE, or a pipe"))
    with _private(Path(output)) if output else nullcontext(sys.stdout.buffer) as stream:
        cover = kinds(shell.arguments.redact or shell.session.settings.privacy.exports)
        count = export(shell.session, query, shell.arguments.format, stream, cover)
        stream.flush()
    shell.out.say(ngettext("{count} conversation", "{count} conversations", count).format(count=count))
    return 0


def _private(path: Path) -> IO[bytes]:
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
    except FileExistsError as error:
        raise Refused(_("{path} exists already").format(path=path), hint=_("choose another name")) from error
    except OSError as error:
        raise Refused(_("{path} cannot be written: {why}").format(path=path, why=error.strerror)) from error


def _import_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help=_(".eml, mbox, Maildir, a folder of them, or “-”"))
    parser.add_argument("--dry-run", action="store_true", help=_("only say what they hold"))


def _import(shell: Shell) -> int:
    from omnitui.services.exchange import intake

    paths = shell.arguments.paths
    # With --dry-run no cache is made or opened.
    found = intake.records(paths) if shell.arguments.dry_run else intake.take_in(shell.session.cache, paths)
    # The record has `v` and `type` of its own.
    records = ({name: value for name, value in fields.items() if name not in ("v", "type")} for fields in found)
    if not shell.out.text:
        shell.out.many("mail", records)
        return shell.code
    count = 0
    for fields in records:
        count += 1
        shell.out.line("  ".join((fields["date"] or "", fields["from"], fields["subject"], *fields["defects"])))
    shell.out.say(ngettext("{count} mail", "{count} mails", count).format(count=count))
    return shell.code


VERBS: Final = {
    "import": Verb(_import, _import_arguments),
    "export": Verb(
        _export,
        _export_arguments,
        objects=False,
        query=True,
        notes=N_("jsonl: one object a conversation, as `show --json` prints it."),
    ),
}
