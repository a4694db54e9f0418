"""docs/keys.md, made from the table of actions."""

from __future__ import annotations

from omnitui.services.actions import ACTIONS, Scope

_HEADINGS: tuple[tuple[Scope, str], ...] = (
    (Scope.APP, "Everywhere (printable keys: on the reading panes)"),
    (Scope.DESK, "On every reading pane, for the conversation that is shown"),
    (Scope.LIST, "List"),
    (Scope.HISTORY, "History"),
    (Scope.CARD, "Card"),
    (Scope.SIDEBAR, "Views"),
    (Scope.COMPOSER, "Composer"),
)


def keys_markdown() -> str:
    """docs/keys.md: every action with its id and default keys."""
    lines = [
        "# Keys",
        "",
        "Made from the table of actions. Remap any of them in `keys.toml` (`omnitui paths` says where), by id:",
        "",
        "```toml",
        '"conversation.resolve" = ["x", "d d"]   # several keys; a space separates the keys of a chord',
        '"history.quotes" = []                   # no key: still in the palette',
        "```",
        "",
        "`omnitui doctor` and the console name unknown ids, unknown keys and conflicts. A number before a movement",
        "repeats it: `5j`.",
    ]
    for scope, heading in _HEADINGS:
        lines += ["", f"## {heading}", "", "| Keys | Action | What it does | Id |", "|---|---|---|---|"]
        for action in ACTIONS.values():
            if action.scope is scope:
                keys = " ".join(f"`{key.replace('|', chr(92) + '|')}`" for key in action.keys) or "–"
                lines.append(f"| {keys} | {action.title} | {action.help} | `{action.id}` |")
    return "\n".join(lines) + "\n"
