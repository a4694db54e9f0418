"""contact export, contact erase; account set; retention."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omnitui.cli.contacts import contact
from omnitui.cli.reading import ref_of
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import Refused, UsageError
from omnitui.i18n import N_, _, ngettext
from omnitui.services.exchange.records import time

if TYPE_CHECKING:
    from omnitui.services.privacy.erasing import Extent, Swept
    from omnitui.services.privacy.retention import Due

_WORD: Final = "erase"
_ERASE_NOTES: Final = N_(
    "Without --yes it says what would be erased, and asks where there is a terminal. What the back ends hold has to\n"
    "be erased there; backups, exports and saved files of yours are not reached."
)


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("contact", metavar="ID", help=_("a contact, or a conversation with it"))
    parser.add_argument("--linked", action="store_true", help=_("with the contacts that are the same person"))


def _export_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _who(parser)
    parser.add_argument("folder", metavar="DIR", help=_("a new folder"))


def _export(shell: Shell) -> int:
    from omnitui.services.privacy.dossier import write
    from omnitui.services.privacy.erasing import extent

    found = extent(shell.session.cache, [contact(shell, shell.arguments.contact)], linked=shell.arguments.linked)
    written = write(shell.session.cache, found.contacts, Path(shell.arguments.folder))
    fields = {"path": shell.arguments.folder, **asdict(written)}
    files = ngettext("{n} file", "{n} files", written.files).format(n=written.files)
    said = ", ".join((_talks(written.conversations), _messages(written.messages), files))
    shell.out.one("dossier", fields, f"{shell.arguments.folder}: {said}")
    for name in written.missing:
        shell.fail(_("{name} is at the back end alone").format(name=name))
    return shell.code


def _erase_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    _who(parser)
    parser.add_argument(
        "--mentions", action="store_true", help=_("with messages of others that name an address of theirs")
    )
    parser.add_argument("--reason", default="", metavar="R", help=_("why; kept in the log"))
    parser.add_argument("--yes", action="store_true", help=_("do it without asking"))


def _erase(shell: Shell) -> int:
    from omnitui.services.privacy import erasing

    arguments = shell.arguments
    wanted = [contact(shell, arguments.contact)]
    found = erasing.extent(shell.session.cache, wanted, linked=arguments.linked, mentions=arguments.mentions)
    if not arguments.yes:
        _tell(shell, found)
        _confirm()
    swept = erasing.erase(shell.session, found, mentions=arguments.mentions, reason=arguments.reason)
    if shell.out.text:
        if arguments.yes:
            _tell(shell, found)
        _tell_swept(shell, swept)
    else:
        shell.out.one("erasure", {**_about(shell, found), **_swept(swept)}, "")
    for fault in swept.faults:
        shell.fail(fault, _("what is erased stays so; `omnitui retention run` takes the rest away"))
    return shell.code


def _confirm() -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        raise Refused(_("nothing was erased"), hint=_("--yes erases it"))
    print(_("This cannot be undone. Type {word} to go on:").format(word=_WORD), end=" ", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() != _WORD:
        raise Refused(_("nothing was erased"))


def _about(shell: Shell, found: Extent) -> dict[str, Any]:
    return {
        "contacts": list(found.contacts),
        "names": list(found.names),
        "conversations": found.conversations,
        "messages": found.messages,
        "accounts": [asdict(place) for place in found.places],
        "linked": list(found.linked),
        "mentions": list(found.mentions),
    }


def _swept(swept: Swept) -> dict[str, Any]:
    return {
        "files": swept.blobs,
        "copies": swept.snapshots,
        "blotted": [str(path) for path in swept.blotted],
        "left": [str(path) for path in swept.left],
        "faults": list(swept.faults),
    }


def _talks(count: int) -> str:
    return ngettext("{n} conversation", "{n} conversations", count).format(n=count)


def _messages(count: int) -> str:
    return ngettext("{n} message", "{n} messages", count).format(n=count)


def _tell(shell: Shell, found: Extent) -> None:
    shell.out.say(", ".join(found.names))
    shell.out.say(f"{_talks(found.conversations)}, {_messages(found.messages)}")
    for place in found.places:
        words = _("the back end of {account} has it too: {messages}{folders}; erase it there")
        if place.kind == "import":
            words = _("the files that {account} took in have it too: {messages}; erase it there")
        folders = f" ({', '.join(place.folders)})" if place.folders else ""
        shell.out.say(words.format(account=place.account, messages=_messages(place.messages), folders=folders))
    for other in found.linked:
        shell.out.say(_("said to be the same person, and kept without --linked: {id}").format(id=other))
    if found.mentions:
        refs = " ".join(ref_of(shell, own) for own in found.mentions)
        shell.out.say(
            _("conversations with others that name an address, kept without --mentions: {refs}").format(refs=refs)
        )


def _tell_swept(shell: Shell, swept: Swept) -> None:
    said = ngettext("erased; {n} file dropped", "erased; {n} files dropped", swept.blobs).format(n=swept.blobs)
    shell.out.say(said)
    if swept.snapshots:
        copies = ngettext("{n} older copy of the cache was replaced", "{n} older copies were replaced", swept.snapshots)
        shell.out.say(copies.format(n=swept.snapshots))
    for path in swept.blotted:
        shell.out.say(_("written over in {path}").format(path=path))
    for path in swept.left:
        shell.out.say(_("an address of theirs still stands in {path}").format(path=path))


def _set_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("account", metavar="ACCOUNT", help=_("an account's name or id"))
    parser.add_argument("setting", choices=["retention"], help=_("how long its messages are kept"))
    parser.add_argument("value", metavar="VALUE", help=_("days, weeks, years or forever: 90d, 26w, 2y"))


def _set(shell: Shell) -> int:
    from omnitui.services.privacy import retention

    account = shell.session.accounts.get(shell.arguments.account)
    days = retention.days_of(shell.arguments.value)
    retention.keep(shell.session.cache, account.id, days)
    said = {"account": account.name, "account_id": account.id, "days": days}
    shell.out.one("retention", {**said, "before": None, "messages": None, "erased": False}, account.id)
    if days is not None:
        shell.out.say(_("nothing is erased yet: `omnitui retention` says what is due"))
        if shell.session.settings.privacy.retention == "daily":
            shell.out.say(_("whoever syncs erases what is due once a day"))
    return 0


def _retention_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("act", nargs="?", choices=["run"], help=_("erase what is due; without it, say what is"))
    parser.add_argument("--dry-run", action="store_true", help=_("say what is due, and erase nothing"))


def _retention(shell: Shell) -> int:
    from omnitui.services.privacy import retention

    if shell.arguments.act and shell.arguments.dry_run:
        raise UsageError(_("run and --dry-run exclude each other"))
    found = retention.due(shell.session.cache)
    swept = retention.run(shell.session, found) if shell.arguments.act else None
    if not shell.out.text:
        erased = swept is not None
        shell.out.many("retention", [{**_due(one), "erased": erased} for one in found])
    else:
        _tell_due(shell, found)
        if swept is not None:
            _tell_swept(shell, swept)
    for fault in swept.faults if swept is not None else ():
        shell.fail(fault, _("what is erased stays so; `omnitui retention run` takes the rest away"))
    return shell.code


def _due(one: Due) -> dict[str, Any]:
    return {
        "account": one.account.name,
        "account_id": one.account.id,
        "days": one.days,
        "before": time(one.before),
        "messages": one.messages,
    }


def _tell_due(shell: Shell, found: Sequence[Due]) -> None:
    rows = [
        (
            one.account.name,
            _("{n} d").format(n=one.days),
            shell.out.time(one.before),
            _messages(one.messages),
        )
        for one in found
    ]
    shell.out.table(rows, widths=(24, 8, 16, 0))
    if not rows:
        shell.out.say(_("every account keeps its messages for ever: omnitui account set ACCOUNT retention 365d"))


VERBS: Final = {
    "contact export": Verb(_export, _export_arguments, notes=N_("The folder must not exist yet.")),
    "contact erase": Verb(_erase, _erase_arguments, notes=_ERASE_NOTES),
    "account set": Verb(_set, _set_arguments),
    "retention": Verb(_retention, _retention_arguments, notes=N_("Erases as `contact erase` does.")),
}
