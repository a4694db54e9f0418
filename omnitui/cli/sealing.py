"""log verify, log seal."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.keyplace import add_options, own_key
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import UsageError
from omnitui.i18n import N_, _

if TYPE_CHECKING:
    from omnitui.store.chain import Verdict

_VERIFY_NOTES: Final = N_(
    "It ends with 1 where something is wrong, and names the first op that is. Note the end that it prints on another\n"
    "machine: --reached finds out later whether all your files were put back to an older state."
)
_SEAL_NOTES: Final = N_(
    "A console and omnitui sync seal by themselves where accounts keep their secrets in the Secret Service or an open\n"
    "vault. Without --secrets, --key-command or --key-env the key goes where account add would put a password."
)


def _verify_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("--reached", metavar="END", help=_("an end that was noted before: the log must have passed it"))


def _verify(shell: Shell) -> int:
    verdict, keyed = shell.session.sealing.verify(shell.arguments.reached or "")
    _print(shell, verdict, keyed)
    return 1 if verdict.fault is not None else 0


def _seal_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    add_options(parser)
    parser.add_argument("--accept", action="store_true", help=_("take the log as it is, after it was put back by hand"))


def _seal(shell: Shell) -> int:
    arguments, sealing = shell.arguments, shell.session.sealing
    ref = own_key(arguments)
    if sealing.place and (ref or arguments.secrets):
        raise UsageError(_("the log has a key already ({place})").format(place=sealing.place))
    if not sealing.place:
        sealing.set_up(arguments.secrets, ref)
    verdict = sealing.seal(accept=arguments.accept)
    _print(shell, verdict, True)
    return 1 if verdict.fault is not None else 0


def _print(shell: Shell, verdict: Verdict, keyed: bool) -> None:
    from omnitui.services.secrecy.logend import told
    from omnitui.services.secrecy.sealing import said

    fields = {
        "ops": verdict.head.count,
        "sealed": verdict.sealed,
        "end": told(verdict.head),
        "key": shell.session.sealing.place or None,
        "key_at_hand": keyed,
        "fault": verdict.fault.value if verdict.fault else None,
        "op_id": verdict.op_id or None,
        "message": said(verdict, keyed),
    }
    text = said(verdict, keyed)
    if verdict.fault is None and verdict.head.count:
        text += "\n" + _("end: {end}").format(end=told(verdict.head))
    shell.out.one("log", fields, text)


VERBS: Final = {
    "log verify": Verb(_verify, _verify_arguments, notes=_VERIFY_NOTES),
    "log seal": Verb(_seal, _seal_arguments, notes=_SEAL_NOTES),
}
