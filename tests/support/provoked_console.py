"""The console with a fault planted in it, or with its event loop watched. Run as a program: WHAT, then nothing else.

WHAT is the name of a place where `Provoked` is raised at its first use after the key F6, or "watch": then the longest
times in seconds that the loop was busy, or stood still while this process worked (`stalled`), are written as JSON to
the file named by OMNITUI_WATCH when it ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

SECRET = "Mallory-4111111111111111"


class Provoked(Exception):
    """A fault whose words quote a customer."""


def fault(*_args: Any, **_options: Any) -> Any:
    customer = SECRET
    raise Provoked(f"cannot show {customer}")


def plant(where: str) -> None:
    if where == "start":
        from omnitui.services import session

        session.Session.open = fault  # type: ignore[method-assign]
    elif where == "handler":
        from omnitui.ui import acts

        acts.HANDLERS["app.help"] = fault  # type: ignore[index]
    elif where == "handler, later":
        from omnitui.ui import acts

        async def later(*_args: Any) -> None:
            fault()

        acts.HANDLERS["app.help"] = lambda _desk, _count: later()  # type: ignore[index]
    elif where == "renderer":
        from omnitui.ui.panes.history import HistoryPane

        HistoryPane.render_line = fault  # type: ignore[method-assign]
    elif where == "callback":
        from omnitui.ui.desk import Desk

        Desk.mark_read = fault  # type: ignore[method-assign]
    elif where == "thread":
        import threading

        from omnitui.ui import acts

        acts.HANDLERS["app.help"] = lambda _desk, _count: threading.Thread(target=fault).start()  # type: ignore[index]
    elif where == "writer":
        from omnitui.store import writer

        writer.Writer._batch = fault  # type: ignore[method-assign]
    elif where == "sync":
        from omnitui.sync import engine

        engine.Engine.run = fault  # type: ignore[method-assign]
    elif where == "task":
        import asyncio

        from omnitui.ui import acts

        async def lost() -> None:
            fault()

        def spill(*_args: Any) -> None:
            asyncio.get_running_loop().create_task(lost())

        acts.HANDLERS["app.help"] = spill  # type: ignore[index]
    elif where == "ignored":
        from omnitui.ui import acts

        class Dying:
            def __del__(self) -> None:
                fault()

        acts.HANDLERS["app.help"] = lambda _desk, _count: Dying() and None  # type: ignore[index]


def watch() -> None:
    from omnitui.ui.last_hop.app import LastHopApp

    opened = LastHopApp.terminal_opened
    path = os.environ["OMNITUI_WATCH"]
    worst = {"busy": 0.0, "stalled": 0.0, "beats": 0.0}

    def terminal_opened(self: Any, loop: Any) -> None:
        opened(self, loop)
        last = [time.monotonic(), time.thread_time(), time.process_time()]
        began = time.monotonic()

        def beat() -> None:
            wall, own, whole = time.monotonic(), time.thread_time(), time.process_time()
            if wall - began > 3:  # the start is measured elsewhere
                worst["busy"] = max(worst["busy"], own - last[1])
                # Also a thread that holds the interpreter holds the loop up; other processes are not ours.
                worst["stalled"] = max(worst["stalled"], min(wall - last[0] - 0.01, whole - last[2]))
                worst["beats"] += 1
            last[:] = time.monotonic(), time.thread_time(), time.process_time()
            loop.call_later(0.01, beat)

        loop.call_later(0.01, beat)

    LastHopApp.terminal_opened = terminal_opened  # type: ignore[method-assign]
    import atexit

    def keep() -> None:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(worst, file)

    atexit.register(keep)


if __name__ == "__main__":
    what = sys.argv[1]
    if what == "watch":
        watch()
    else:
        plant(what)
    from omnitui.main import main

    sys.exit(main([]))
