"""Starting the console."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from omnitui.i18n import _
from omnitui.services.session import Session
from omnitui.text.safe import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from omnitui.services.keys.commandline import ConsoleVerbs
    from omnitui.ui.start.first_frame import Takeover


def run_console(
    session: Session, takeover: Takeover | None = None, verbs: Callable[[], ConsoleVerbs] | None = None
) -> int:
    """Run the console on an opened session until it is left; returns the exit code.

    Where there is no terminal, or one that cannot place its cursor, it prints one whole screen and ends.

    Args:
        session: The profile's.
        takeover: What a first frame left on the terminal.
        verbs: The shell's, for the command line.
    """
    from omnitui import crash
    from omnitui.services import background
    from omnitui.ui import collection

    collection.start_up()
    from omnitui.ui.app import ConsoleApp

    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        from omnitui.ui.still import screen_text

        print(screen_text(ConsoleApp(session, sync=False)))
        if sys.stdin.isatty():
            print(
                _("This terminal cannot place its cursor: omnitui --linear works line by line on it."), file=sys.stderr
            )
        return 0
    strays = crash.Strays(session.profile.crashes)
    strays.catch()
    app = ConsoleApp(session, takeover=takeover, verbs=verbs, tour=begins_tour(session), strays=strays)
    code = background.run(app.run_async())
    if app.fault is not None:
        said, hint = app.fault
        print(f"omnitui: {safe(said, multiline=False)}\n  {safe(hint, multiline=False)}", file=sys.stderr)
        return 1
    if (path := app.main.desk.rescued) is not None:
        print(_("omnitui: the cache could not be written. What you were writing is in {path}").format(path=path))
        return 1
    return code if code is not None else (app.return_code or 0)


def begins_tour(session: Session) -> bool:
    """Whether the tour begins by itself: at the first start of the demo."""
    if session.profile.name != "demo" or os.environ.get("OMNITUI_TOUR") == "0":
        return False
    from omnitui.ui.tour import kept

    return not kept(session).exists()
