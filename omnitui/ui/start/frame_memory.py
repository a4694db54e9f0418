"""What the console leaves for the next start's first frame: layout, chrome, colours and the view's statement.

No customer's text is kept: of the panes that show any the chrome has the borders alone, and rows are read from the
cache.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from textual.widget import Widget

from omnitui.desk.querying.terms import Query
from omnitui.services.actions import Scope
from omnitui.services.keys.keymap import Keymap
from omnitui.store.reads.glance import plan
from omnitui.text.listing.rows import ASCII, ROLES, row_role
from omnitui.text.secrets.covering import choice
from omnitui.ui.last_hop import LastHopApp
from omnitui.ui.start.first_frame import FIELD, FILE, ITEM, RECORD, VERSION, terminal_key
from omnitui.ui.widgets.conversation_list import ConversationList

KEPT_SIZES = 6
MOVES = {"list.down": 1, "list.up": -1}
ARROWS = {"down": ("\x1b[B", "\x1bOB"), "up": ("\x1b[A", "\x1bOA")}


def remember(
    app: LastHopApp[Any],
    rows: ConversationList,
    state: Path,
    *,
    query: Query,
    schema: int,
    settings: str,
    keymap: Keymap,
    language: str = "",
    private: Iterable[Widget] = (),
) -> None:
    """Keep the frame that is on the screen, without what `rows` and the `private` widgets show.

    Call it when the console's own screen is in front: at rest after the first paint, after a change of layout, theme
    or view, and before the end. `schema` is the cache's `user_version`, `settings` the stamp of the file that was read
    at the start, on which hangs what is covered. Costs a few milliseconds; never raises for
    want of room or rights in the state folder.
    """
    region = rows.content_region
    size = app.size
    if not region.width or not region.height or rows.strips.match:
        return  # what was filtered for is a customer's perhaps, and not what the next start shows
    chrome = app.chrome([region, *(widget.region for widget in private)])
    if not chrome:
        return
    sql, values = plan(query)
    fields = {
        "version": VERSION,
        "size": f"{size.width}x{size.height}",
        "terminal": terminal_key(),
        "schema": str(schema),
        "settings": settings,
        "region": ITEM.join(map(str, (region.x, region.y, region.width, region.height))),
        "density": rows.density.name,
        "columns": ITEM.join(rows.strips.columns),
        "glyphs": "ascii" if rows.glyphs is ASCII else "unicode",
        "language": language,
        "covered": choice(),
        "sql": sql,
        "steps": ITEM.join(f"{key}={by}" for key, by in steps(keymap).items()),
        "values": ITEM.join(f"i{value}" if isinstance(value, int) else f"s{value}" for value in values),
        "roles": ITEM.join(role_codes(app, rows)),
        "chrome": chrome,
    }
    record = FIELD.join(f"{name}:{value}" for name, value in fields.items())
    if any(mark in sql + "".join(map(str, values)) for mark in (RECORD, FIELD, ITEM)):
        return
    with contextlib.suppress(OSError):
        store(state / FILE, record, fields["size"] + fields["terminal"])


def steps(keymap: Keymap) -> dict[str, int]:
    """What a terminal sends for the keys that move the selection by one row, and which way."""
    found = {}
    for action_id, by in MOVES.items():
        for key in keymap.keys.get(action_id, ()):
            if keymap.tables[Scope.LIST].get((key,)) == action_id:
                found.update(dict.fromkeys(ARROWS.get(key, (key,) if len(key) == 1 else ()), by))
    return found


def role_codes(app: LastHopApp[Any], rows: ConversationList) -> Iterable[str]:
    """Every role's SGR codes on an ordinary row ("-role") and on the selected one ("+role")."""
    for sign, selected in (("-", False), ("+", True)):
        back = rows.rich_style + rows.style_of(row_role(selected, False, True))
        for role in ROLES:
            yield f"{sign}{role}={app.codes(back + rows.style_of(role))}"


def store(path: Path, record: str, name: str) -> None:
    """Put the record before those of other sizes, for nobody else's eyes."""
    others: list[str] = []
    with contextlib.suppress(OSError), path.open(encoding="utf-8", errors="replace", newline="") as file:
        for other in file.read().split(RECORD):
            fields = dict(part.split(":", 1) for part in other.split(FIELD) if ":" in part)
            if fields and fields.get("size", "") + fields.get("terminal", "") != name:
                others.append(other)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(RECORD.join([record, *others[: KEPT_SIZES - 1]]))
    draft.replace(path)
