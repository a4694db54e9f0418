"""encryption on, off, prove."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from omnitui.cli.keyplace import add_options, own_key
from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _, ngettext

if TYPE_CHECKING:
    from pathlib import Path

    from omnitui.services.secrecy.encryption import Encryption

_ON_NOTES: Final = N_(
    "It needs the extra omnitui[encrypted]. Without --secrets, --key-command or --key-env the key goes where account\n"
    "add would put a password. Whoever loses the key loses what only the cache has: notes, drafts, the log."
)
_PROVE_NOTES: Final = N_(
    "It writes known words into the cache, its search index and a file, looks for them and for words of customers in\n"
    "every file of the profile and in new temporary files, and takes them away. It ends with 1 where it finds one."
)


def _encryption(shell: Shell) -> Encryption:
    from omnitui.services.secrecy.encryption import Encryption
    from omnitui.services.secrecy.secrets import Secrets

    return Encryption(shell.profile, Secrets(shell.profile))


def _on_arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    add_options(parser)


def _on(shell: Shell) -> int:
    encryption = _encryption(shell)
    left = encryption.on(shell.arguments.secrets, own_key(shell.arguments))
    said = _("the cache is encrypted; its key comes from: {place}").format(place=encryption.place)
    return _told(shell, encryption, left, said)


def _off(shell: Shell) -> int:
    encryption = _encryption(shell)
    left = encryption.off()
    return _told(shell, encryption, left, _("the cache is in clear, and the key is forgotten"))


def _told(shell: Shell, encryption: Encryption, left: list[Path], said: str) -> int:
    for path in left:
        shell.fail(_("{file} is damaged and was left as it is").format(file=path), f"rm '{path}'")
    fields = {
        "state": encryption.state.value,
        "key": encryption.place or None,
        "left": [str(path) for path in left],
    }
    shell.out.one("encryption", fields, said)
    if shell.out.text and encryption.place:
        free = _("what lay on the disk in clear before may be read from its free blocks until they are written again")
        shell.out.say(free)
    return shell.code


def _prove(shell: Shell) -> int:
    from omnitui.services.secrecy.proving import prove

    encryption = _encryption(shell)
    proof = prove(shell.session)
    fields = {
        "state": encryption.state.value,
        "key": encryption.place or None,
        "files": proof.files,
        "bytes": proof.size,
        "words": proof.words,
        "found": [str(path) for path in proof.found],
    }
    looked = ngettext(
        "{count} file, {size} looked through", "{count} files, {size} looked through", proof.files
    ).format(count=proof.files, size=f"{proof.size / 1024**2:.1f} MB")
    lines = [looked]
    if proof.good:
        lines.append(_("none of the words that were looked for lies anywhere in clear"))
    else:
        lines += [_("found in clear: {file}").format(file=path) for path in proof.found]
    shell.out.one("proof", fields, "\n".join(lines))
    return 0 if proof.good else 1


VERBS: Final = {
    "encryption on": Verb(_on, _on_arguments, notes=_ON_NOTES),
    "encryption off": Verb(_off),
    "encryption prove": Verb(_prove, notes=_PROVE_NOTES),
}
