"""The views in force: the standing ones, and what views.toml adds to them and changes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.desk.views import KEPT, VIEWS, View
from omnitui.errors import ConfigError, OmniError, Refused
from omnitui.i18n import _
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.config.settings import Settings
    from omnitui.paths import Profile
    from omnitui.services.keys.keymap import Keymap, Problem

KIND: Final = "view"
"""First word of the ids of own views' actions; those of the standing ones begin with `go`."""
QUERY: Final = "query"
"""The id of a list that is no view: of a query that was typed."""
MOST: Final = 50
"""Views of one's own."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_ICON_COLUMNS: Final = 2


@dataclass(frozen=True, slots=True)
class Views:
    """All views of a profile."""

    every: tuple[View, ...] = VIEWS
    """In the order of the sidebar, those that it leaves out included."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of actions → their keys, as the file says them."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with the file."""

    @property
    def shown(self) -> tuple[View, ...]:
        """Those of the sidebar."""
        return tuple(view for view in self.every if not view.hidden)

    def find(self, name: str) -> View | None:
        """The view of that id or title, also in the user's language and without regard to case and width."""
        from omnitui.desk.querying.matching import fold

        wanted = fold(name.strip())
        if found := next((one for one in self.every if one.id == wanted), None):
            return found
        return next((one for one in self.every if wanted in (fold(one.title), fold(_(one.title)))), None)

    def named(self, text: str) -> bool:
        """Whether a text is the short name of a view and nothing else."""
        return any(one.id == text for one in self.every)

    @property
    def first(self) -> View:
        """The one that is open at the start."""
        return next(iter(self.shown), VIEWS[0])


class Names(Mapping[str, str]):
    """What `view:` finds: folded names and titles of views → their queries. Made when it is first asked."""

    def __init__(self, views: Views) -> None:
        self._views = views

    @cached_property
    def _texts(self) -> dict[str, str]:
        from omnitui.desk.querying.matching import fold

        every = self._views.every
        found = {name: one.text for one in every for name in (fold(_(one.title)), fold(one.title))}
        return {**found, **{one.id: one.text for one in every}}

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __iter__(self) -> Any:
        return iter([one.id for one in self._views.every])

    def __len__(self) -> int:
        return len(self._views.every)


def read_views(profile: Profile, settings: Settings) -> Views:
    """The views in force; a faulty table of the file is left out, and named in `problems` with its line."""
    standing = VIEWS if settings.teams else tuple(one for one in VIEWS if one.id != "team")
    path = profile.views_file
    try:
        data = read_toml(path, forbidden=UNTAMPERED)
    except ConfigError as error:
        from omnitui.services.keys.keymap import Problem

        return Views(standing, problems=(Problem(error.message.removeprefix(f"{path} "), error.hint),))
    return _read(path, data, standing, settings) if data else Views(standing)


def _read(path: Path, data: Mapping[str, Any], standing: Sequence[View], settings: Settings) -> Views:
    from omnitui.services.keys.keymap import Problem

    every, keys, problems = {one.id: one for one in standing}, {}, []
    hidden_team = {one.id: one for one in VIEWS} | every
    for name, table in data.items():
        try:
            if len(every) > len(VIEWS) + MOST:
                raise ConfigError(_("there are more than {n} views").format(n=MOST))
            made, key = _view(path, name, table, hidden_team)
        except ConfigError as error:
            problems.append(Problem(_placed(path, name, error), error.hint))
            continue
        every[made.id] = made
        if key:
            keys[action_id(made)] = (key,)
    checked = {one.id for one in every.values() if one.text != KEPT.get(one.id)}
    for view_id in checked:
        if fault := _fault(every[view_id], Views(tuple(every.values())), settings):
            problems.append(Problem(_placed(path, view_id, fault, "query"), fault.hint))
            del every[view_id]
            every |= {one.id: one for one in standing if one.id == view_id}
    return Views(tuple(every.values()), keys, tuple(problems))


def _view(path: Path, name: str, table: Any, standing: Mapping[str, View]) -> tuple[View, str]:
    """What a table of the file makes of a view, and its key."""
    from omnitui.config.checks import build
    from omnitui.config.views import ViewTable
    from omnitui.text.safe import safe
    from omnitui.text.widths import cell_width

    if not _NAME.fullmatch(name) or name == QUERY:
        raise ConfigError(_("a name of small letters, digits and _ is needed"), hint=_("name = may be any text"))
    if not isinstance(table, dict):
        raise ConfigError(_("a table is needed: [{name}]").format(name=name))
    said = build(ViewTable, table, path, f"{name}.")
    icon = safe(said.icon, multiline=False).strip()
    if cell_width(icon) > _ICON_COLUMNS:
        raise ConfigError(_("“icon” has to be one sign"))
    key = _chord(said.key)
    before = standing.get(name) or View(name, name, "", own=True)
    text = safe(said.query, multiline=False).strip() or before.text
    if before.own and not text:
        raise ConfigError(_("“query” is missing"))
    if said.sort:
        text = f"{re.sub(r'(^| )sort:[a-z]+', '', text)} sort:{said.sort}".strip()
    title = safe(said.name, multiline=False, max_chars=60).strip() or before.title
    return replace(before, title=title, text=text, icon=icon, columns=said.columns, hidden=said.hidden), key


def _chord(key: str) -> str:
    """A view's key as keys.toml has it: a single sign stands behind `g`."""
    from omnitui.services.keys.keymap import key_fault

    key = f"g {key}" if len(key) == 1 else key
    if key and (fault := key_fault(key)):
        raise ConfigError(fault.message, hint=fault.hint)
    return key


def _fault(view: View, views: Views, settings: Settings) -> OmniError | None:
    """What is wrong with the query of a view."""
    from datetime import UTC

    from omnitui.desk.querying.matching import fold
    from omnitui.desk.querying.parsing import QueryError, parse

    teams = {fold(name): members for name, members in settings.teams.items()} | {"mine": ()}
    try:
        parse(view.text, now=0, me="", zone=UTC, teams=teams, views=Names(views))
    except QueryError as error:
        return error
    return None


def _placed(path: Path, name: str, error: OmniError, key: str = "") -> str:
    from omnitui.config.lines import line_of
    from omnitui.text.safe import safe

    message = error.message.removeprefix(f"{path}: ")
    found = re.match(r"“([a-z_0-9]+)\.([^.”]+)”", message[message.find("“") :])
    line = line_of(path.read_text("utf-8", "replace"), (name,), key or (found[2] if found else ""))
    shown = safe(name, multiline=False, max_chars=40)
    return _("line {n}: [{name}] {why}").format(n=line, name=shown, why=safe(message, multiline=False))


def action_id(view: View) -> str:
    """The action that opens a view."""
    return f"{KIND}.{view.id}" if view.own else f"go.{view.id}"


def offer(views: Views) -> None:
    """Put the actions of the user's own views in the table; those of the standing ones are there."""
    from omnitui.services.actions import Action, Scope, take_in

    own = [one for one in views.every if one.own]
    keys = {one.id: views.keys.get(action_id(one), ()) for one in own}
    take_in((Action(action_id(one), one.title, one.text, keys[one.id], Scope.APP, own=True) for one in own), KIND)


def check_view(views: Views, title: str, query: str, key: str = "", keymap: Keymap | None = None) -> None:
    """See whether a view can be called so and have that key.

    Raises:
        ConfigError: The key is none.
        Refused: Something is missing, or taken already.
    """
    if not title.strip() or not query.strip():
        raise Refused(_("a view needs a name and a query"))
    if views.find(title) is not None:
        raise Refused(_("there is a view called “{name}” already").format(name=title))
    chord = tuple(_chord(key).split(" "))
    for table in keymap.tables.values() if keymap is not None and key else ():
        for held, action in table.items():
            if held[: len(chord)] == chord[: len(held)]:
                message = _("{key} is taken already: {action}").format(key=" ".join(chord), action=action)
                raise Refused(message)


def save_view(profile: Profile, views: Views, title: str, query: str, key: str = "") -> View:
    """Have views.toml hold a query as a view of the user's own, behind what it holds already.

    Raises:
        ConfigError: The file as it is has faults or cannot be written, or the key is none.
        Refused: A view is called so already.
    """
    import json

    from omnitui.config.writing import put_file
    from omnitui.text.safe import safe

    title = safe(title, multiline=False, max_chars=60).strip()
    check_view(views, title, query, key)
    path = profile.views_file
    data = read_toml(path, forbidden=UNTAMPERED)
    taken = {*data, QUERY, *(one.id for one in VIEWS)}
    base = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")[:24]
    base = base if _NAME.fullmatch(base) else "view"
    name = next(one for one in (base, *(f"{base}{n}" for n in range(2, 1000))) if one not in taken)
    said = [f"[{name}]", f"query = {json.dumps(query.strip(), ensure_ascii=False)}"]
    if title != name:
        said.insert(1, f"name = {json.dumps(title, ensure_ascii=False)}")
    if key:
        said.append(f"key = {json.dumps(key, ensure_ascii=False)}")
    try:
        text = path.read_text("utf-8").rstrip("\n") if path.exists() else ""
    except OSError as error:
        raise ConfigError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error
    put_file(path, "\n".join([*([text, ""] if text else []), *said, ""]))
    return View(name, title, query.strip(), own=True)
