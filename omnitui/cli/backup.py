"""backup, restore."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.clock import rfc3339
from omnitui.errors import Refused
from omnitui.i18n import N_, _

if TYPE_CHECKING:
    from omnitui.services.exchange.records import Fields
    from omnitui.services.recovery.backup import Backup, Restored
    from omnitui.store.recovery.restoring import Holding

_BACKUP: Final = N_(
    "One ZIP file for you alone: the cache, the files of messages, what connectors keep, and the config folder. No\n"
    "secrets are in it: no passwords, no tokens, and no key of an encrypted cache, without which such a backup cannot\n"
    "be read. A setting that is a link to a file goes in as that file; links to folders stay out, and are named.\n"
    "Consoles may stay open meanwhile."
)
_RESTORE: Final = N_(
    "FROM is a backup or a file of the folder `snapshots`. Everything in it is proved first. The cache that is there\n"
    "now is kept beside it for two weeks. Messages that waited in the outbox of the backup are `unknown` afterwards:\n"
    "they may have left since. What came later comes again from the back ends."
)


def _backup_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("to", nargs="?", default=".", metavar="TO", help=_("a new file, or a folder; here if absent"))
    parser.add_argument("--verify", action="store_true", help=_("read it again afterwards and look at every byte"))


def _backup(shell: Shell) -> int:
    from omnitui.services.recovery.backup import make, verify
    from omnitui.store.recovery.snapshots import stamp

    session = shell.session  # it brings what an encrypted cache needs, and mends a damaged one
    target = Path(shell.arguments.to).expanduser()
    if target.is_dir():
        target /= f"omnitui-{shell.profile.name}-{stamp(session.cache.clock.now())}.zip"
    backup = make(shell.profile, target.absolute(), clock=session.cache.clock)
    left_out = backup.left_out
    if shell.arguments.verify:
        backup = verify(shell.profile, backup.path)
    if backup.holding is not None:
        fields = {**_of_backup(backup), "verified": bool(shell.arguments.verify), "left_out": list(left_out)}
        size = f"{backup.path.stat().st_size / 1024**2:.1f} MB"
        shell.out.one("backup", fields, f"{backup.path} ({size})")
        if shell.out.text:
            shell.out.say(_said(backup.holding))
            if left_out:
                shell.out.say(
                    _("links, and what cannot be read, that are not in it: {names}").format(names=", ".join(left_out))
                )
    return 0


def _restore_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("source", metavar="FROM", help=_("a backup, or a snapshot"))
    parser.add_argument("--dry-run", action="store_true", help=_("prove it and say what it would bring"))
    parser.add_argument(
        "--wait",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help=_("how long to wait for the other processes of the profile to end"),
    )


def _restore(shell: Shell) -> int:
    from omnitui.services.recovery.backup import restore
    from omnitui.services.session import unlocked

    source = Path(shell.arguments.source).expanduser().absolute()
    if not source.exists():
        raise Refused(_("{path} is not there").format(path=source))
    unlocked(shell.profile)
    dry: bool = shell.arguments.dry_run
    done = restore(shell.profile, source, dry_run=dry, wait=shell.arguments.wait)
    shell.out.one("restore", _of_restored(done, dry), _("nothing was changed") if dry else _("restored"))
    if shell.out.text:
        for line in _lines(done, dry):
            shell.out.say(line)
    return 0


def _lines(done: Restored, dry: bool) -> list[str]:
    lines = [_said(done.holding)]
    if done.blobs:
        lines.append(_("files of messages that are missing here: {count}").format(count=done.blobs))
    if done.config:
        lines.append(_("missing here: {names}").format(names=", ".join(done.config)))
    if done.kept:
        lines.append(_("kept as they are here: {names}").format(names=", ".join(done.kept)))
    if done.holding.waiting:
        lines.append(
            _("{count} messages waited then and may have left since: omnitui outbox").format(count=done.holding.waiting)
        )
    if done.aside is not None:
        lines.append(_("the cache from before is {path}").format(path=done.aside))
    if not dry:
        lines.append(_("secrets are in no backup: omnitui account check NAME says which are missing"))
    return lines


def _said(holding: Holding) -> str:
    return _("accounts: {accounts}, conversations: {conversations}, messages: {messages}, the newest of {time}").format(
        accounts=len(holding.accounts),
        conversations=holding.conversations,
        messages=holding.messages,
        time=f"{datetime.fromtimestamp(holding.newest / 1000).astimezone():%Y-%m-%d %H:%M}" if holding.newest else "–",
    )


def _of_backup(backup: Backup) -> Fields:
    return {
        "path": str(backup.path),
        "made_at": rfc3339(backup.made_at),
        "profile": backup.profile,
        "omnitui": backup.program,
        "files": len(backup.files),
        "size": backup.size,
        **(_of_holding(backup.holding) if backup.holding is not None else {}),
    }


def _of_restored(done: Restored, dry: bool) -> Fields:
    return {
        "dry_run": dry,
        **_of_holding(done.holding),
        "files": done.blobs,
        "config": list(done.config),
        "kept": list(done.kept),
        "kept_as": str(done.aside) if done.aside is not None else None,
    }


def _of_holding(holding: Holding) -> Fields:
    return {
        "schema": holding.schema,
        "accounts": list(holding.accounts),
        "conversations": holding.conversations,
        "messages": holding.messages,
        "waiting": holding.waiting,
    }


VERBS: Final = {
    "backup": Verb(_backup, _backup_arguments, notes=_BACKUP),
    "restore": Verb(_restore, _restore_arguments, notes=_RESTORE),
}
