"""canned list."""

from __future__ import annotations

from typing import Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.i18n import N_, _


def _list(shell: Shell) -> int:
    from omnitui.services.texts.canned import folder, read

    found = read(shell.profile)
    if not shell.out.text:
        fields = ("code", "title", "channels", "language", "text")
        shell.out.many("canned", ({name: getattr(one, name) for name in fields} for one in found))
        return 0
    rows = [(f";{one.code}", one.title, ", ".join((*one.channels, one.language)).strip(", ")) for one in found]
    shell.out.table(
        [(*row, " ".join(one.text.split())) for row, one in zip(rows, found, strict=True)], widths=(24, 32, 20, 0)
    )
    if not found:
        shell.out.say(_("there is none; put text files into {folder}").format(folder=folder(shell.profile)))
    return 0


VERBS: Final = {
    "canned list": Verb(
        _list, notes=N_("They are text files in the folder `snippets` beside config.toml; code, title, where, text.")
    ),
}
