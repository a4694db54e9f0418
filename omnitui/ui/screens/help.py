"""All keys of the focused pane, searchable; Enter runs the chosen one."""

from __future__ import annotations

from omnitui.i18n import N_, _
from omnitui.services.actions import Action, Scope, actions_of
from omnitui.ui import acts
from omnitui.ui.desk import Desk
from omnitui.ui.look.roles import Line
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice

TITLES = {
    Scope.LIST: N_("Keys in the list"),
    Scope.HISTORY: N_("Keys in the history"),
    Scope.CARD: N_("Keys in the customer card"),
    Scope.SIDEBAR: N_("Keys in the views"),
    Scope.COMPOSER: N_("Keys in the composer"),
}


async def open_help(desk: Desk) -> None:
    """Show the keys of the pane that had the focus."""
    # Behind a dialog that has a composer the keys of the panes are dead.
    dialog = desk.composer is not desk.screen.composer
    scope = Scope.COMPOSER if dialog else desk.screen.scope
    choices = [offered(desk, one) for one in actions_of(scope) if one.scope is Scope.COMPOSER or not dialog]
    hint = _("Enter runs it; remap any of them in keys.toml")
    chosen = await desk.ask(PickerScreen(_(TITLES[scope]), among(choices), hint=hint))
    if chosen is not None:
        acts.run(desk, chosen.value)


def offered(desk: Desk, action: Action) -> Choice:
    """An action as a choice: title and help or why it cannot be done now, and its keys."""
    keys = "  ".join(desk.screen.keyboard.keymap.keys_of(action.id))
    reason = acts.why_not(desk, action.id)
    about = _("not now: {reason}").format(reason=reason) if reason else _(action.help)
    left: Line = ((action.label, "strong"), (f"  {about}", "muted"))
    return Choice(action.id, left, ((keys, "key"),), words=action.id, dim=bool(reason))
