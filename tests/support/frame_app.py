"""The way a console starts: first frame, then Textual on top of it. Run as a program with a profile in OMNITUI_HOME.

FRAME_ONLY=1: the first frame alone, then the loaded modules on a line after Enter. SLOW=seconds: so long until Textual.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    from omnitui.ui.start.first_frame import show

    now = int(os.environ["NOW"])
    takeover = show(now=now)
    if os.environ.get("FRAME_ONLY"):
        if takeover is not None:
            takeover.stop_keys()
        os.read(0, 1)
        if takeover is not None:
            takeover.restore()
        print("MODULES", *sorted(sys.modules))
        return 0
    import time

    time.sleep(float(os.environ.get("SLOW", "0")))
    try:
        from pathlib import Path

        from textual.app import ComposeResult
        from textual.containers import Horizontal
        from textual.widgets import Input, Static

        from omnitui.clock import FrozenClock
        from omnitui.desk.views import VIEWS
        from omnitui.paths import profile
        from omnitui.services.keys.keymap import default_keymap
        from omnitui.store.cache import Cache
        from omnitui.ui.start.first_frame import stamp
        from omnitui.ui.start.frame_memory import remember
        from omnitui.ui.widgets.conversation_list import ConversationList
        from tests.support.full_cache import CacheRows
        from tests.support.list_app import ListApp, style_of

        place = profile()
        cache = Cache.open(place.data)
        import datetime

        chosen = VIEWS[0]
        assert chosen is not None
        query = chosen.query(now=now, me="A", zone=datetime.UTC)

        class FrameApp(ListApp):
            CSS = """
            Screen { background: #12161c; }
            ConversationList { border: round #2b3442; width: 2fr; }
            #history { border: round #2b3442; width: 1fr; }
            Input { dock: bottom; height: 1; border: none; }
            """

            def compose(self) -> ComposeResult:
                with Horizontal():
                    yield ConversationList(CacheRows(cache, query), style_of, FrozenClock(now))
                    yield Static("private history", id="history")
                yield Input(id="line")

            def on_conversation_list_loaded(self) -> None:
                chosen = self.end_first_frame()
                if chosen:
                    self.list.choose(chosen)
                super().on_conversation_list_loaded()
                schema = cache.read(lambda db: db.execute("PRAGMA user_version").fetchone()[0])
                self.call_after_refresh(
                    remember,
                    self,
                    self.list,
                    Path(place.state),
                    query=query,
                    schema=schema,
                    settings=stamp(str(place.settings_file)),
                    keymap=default_keymap(),
                    private=[self.query_one("#history")],
                )

            def on_key(self, event: object) -> None:
                if getattr(event, "key", "") == "i":
                    self.query_one(Input).focus()

        app = FrameApp(source=None, takeover=takeover)  # type: ignore[arg-type]
        app.run()
        cache.close()
        return app.return_code or 0
    finally:
        if takeover is not None and takeover.drawn:
            takeover.restore()


if __name__ == "__main__":
    sys.exit(main())
