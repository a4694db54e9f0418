"""All keys of the focused pane, searchable; Enter runs the chosen one."""

from __future__ import annotations

from omnitui.i18n import _
from omnitui.services.actions import Action, actions_of
from omnitui.services.keymap import Keymap
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.roles import Line
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice


async def open_help(desk: Desk) -> None:
    """Show the keys of the pane that had the focus."""
    scope = desk.screen.scope
    keymap = desk.screen.keyboard.keymap
    choices = [Choice(action.id, *described(action, keymap), words=action.id) for action in actions_of(scope)]
    title = _("Keys here; Enter runs, F1 in a text field brings this too")
    chosen = await desk.ask(PickerScreen(title, among(choices), hint=_("remap any of them in keys.toml")))
    if chosen is not None:
        acts.run(desk, chosen.value)


def described(action: Action, keymap: Keymap) -> tuple[Line, Line]:
    """An action as a choice: title and help, and its keys."""
    keys = "  ".join(keymap.keys_of(action.id))
    left: Line = ((action.label, "strong"), (f"  {_(action.help)}", "muted"))
    return left, ((keys, "key"),)
