"""docs/keys.md, made from the table of actions."""

from __future__ import annotations

from omnitui.services.actions import ACTIONS, Scope
from omnitui.services.keys import presets

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
    sets = [presets.keys_of(name) for name in presets.NAMES]
    lines = [
        "# Keys",
        "",
        "Made from the table of actions. There are three presets: `vim`, which holds unless you say otherwise, `emacs`",
        "and `plain` (arrows, function keys, ctrl and alt with a letter; no letter alone does anything). Choose one by",
        "`preset` in `keys.toml` (`omnitui paths` says where), or by `keys` below `[interface]` in `config.toml`, and",
        "change single actions by their ids on top of it:",
        "",
        "```toml",
        'preset = "emacs"',
        '"conversation.resolve" = ["D", "d d"]   # several keys; a space separates the keys of a chord',
        '"history.quotes" = []                   # no key: still in the palette',
        "```",
        "",
        "The console reads the file again as soon as it is saved; one with a fault is named, and the keys stay as",
        "they were. `omnitui doctor`, `omnitui keys` and the console name unknown ids, unknown keys, keys that belong",
        "to the text in the composer, and conflicts, also those of a key with the beginning of a chord.",
        "`omnitui keys --preset plain --scope list` prints one preset for one pane. A number before a movement",
        "repeats it: `5j`.",
        "",
        "In text fields only keys that type nothing are live: there, an action on a letter waits until you have left.",
    ]
    for scope, heading in _HEADINGS:
        lines += [
            "",
            f"## {heading}",
            "",
            "| vim | emacs | plain | Action | What it does | Id |",
            "|---|---|---|---|---|---|",
        ]
        for action in ACTIONS.values():
            if action.scope is scope:
                keys = " | ".join(_cell(keys[action.id]) for keys in sets)
                lines.append(f"| {keys} | {action.title} | {action.help} | `{action.id}` |")
    return "\n".join(lines) + "\n"


def _cell(keys: tuple[str, ...]) -> str:
    return " ".join(f"`{key.replace('|', chr(92) + '|')}`" for key in keys) or "–"
