"""Makes docs/config.md from the settings' own docstrings."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import ModuleType
from typing import Any, get_type_hints

from omnitui.config import settings as module
from omnitui.config import views as views_module
from omnitui.config.settings import Settings
from omnitui.config.views import ViewTable

_HEAD = """# Configuration

<!-- Generated from omnitui/config by `make docs`; do not edit. -->

omnitui reads `config.toml` in the profile's config folder (`omnitui paths` says where that is). Without it every
setting has its default. A console that runs reads it again as soon as it is saved; `ctrl+p` and a setting's name
changes it from there. A file that others may read is refused: `chmod 600 config.toml`. Accounts and secrets are
not here: see `omnitui account add --help`.
"""

_VIEWS = """
## `views.toml`

Beside it, `views.toml` adds views to the standing ones (docs/query.md lists them) and changes those. It is read again
as it is saved; a fault is named with its line, and what was in force stays. Others may read it, but not write it.

```toml
[vip]
name = "Key customers"
query = "is:open (label:vip OR priority:>=high)"
sort = "unanswered"
columns = ["unanswered", "labels", "assignee"]
key = "1"
icon = "★"

[spam]
hidden = true
```

"""
_TAIL = """
## Keys

`keys.toml`, beside it, gives actions other keys: `"conversation.reply" = ["r", "f5"]`. An empty list takes the keys
away. Others may read the file, but one that they may write is refused. `omnitui keys` lists every action with its
keys and says what is wrong with the file.

## Environment

| Variable | Meaning |
|---|---|
| `OMNITUI_HOME` | One folder for config, data and state of every profile, instead of the XDG places. |
| `OMNITUI_PROFILE` | The profile to use; `--profile` is stronger. |
| `OMNITUI_VAULT_PASSPHRASE` | Passphrase of the vault file. |
| `OMNITUI_VAULT_PASSPHRASE_FD` | Number of an open descriptor to read the passphrase from. |
| `OMNITUI_VAULT_PASSPHRASE_COMMAND` | Command whose first line of output is the passphrase. |
| `OMNITUI_TOUR` | `0`: the demo's first start shows no tour. |
| `NO_COLOR` | No colours. |
"""


def page() -> str:
    """The whole page, in Markdown."""
    docs = _docstrings()
    parts = [_HEAD, _table(Settings, docs, "")]
    hints = get_type_hints(Settings)
    for item in fields(Settings):
        kind = hints[item.name]
        if isinstance(kind, type) and is_dataclass(kind):
            parts.append(f"\n## `[{item.name}]`\n\n{inspect.getdoc(kind)}\n\n{_table(kind, docs, item.name + '.')}")
    views = _VIEWS + _table(ViewTable, _docstrings(views_module), "", key="Key")
    return "\n".join([*parts[:1], "".join(parts[1:]) + views + _TAIL])


def described(settings: Settings) -> list[tuple[str, str, str, str]]:
    """Every setting: dotted name, its value in `settings`, its default, and what it means."""
    docs = _docstrings()
    found: list[tuple[str, str, str, str]] = []

    def visit(kind: type, held: Any, prefix: str) -> None:
        hints = get_type_hints(kind)
        for item in fields(kind):
            hint, value = hints[item.name], getattr(held, item.name)
            if isinstance(hint, type) and is_dataclass(hint):
                visit(hint, value, f"{prefix}{item.name}.")
                continue
            factory = item.default_factory
            default = item.default if factory is MISSING else factory()
            name = f"{prefix}{item.name}"
            found.append((name, _toml(value), _toml(default), docs[kind.__name__, item.name]))

    visit(Settings, settings, "")
    return found


def _table(kind: type, docs: dict[tuple[str, str], str], prefix: str, *, key: str = "Setting") -> str:
    hints = get_type_hints(kind)
    rows = [f"| {key} | Default | Meaning |", "|---|---|---|"]
    for item in fields(kind):
        hint = hints[item.name]
        if isinstance(hint, type) and is_dataclass(hint):
            continue
        factory = item.default_factory
        default = item.default if factory is MISSING else factory()
        rows.append(f"| `{prefix}{item.name}` | `{_toml(default)}` | {docs[kind.__name__, item.name]} |")
    return "\n".join(rows) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    return f"{value:g}"


def _docstrings(of: ModuleType = module) -> dict[tuple[str, str], str]:
    """The string below each field: Python drops it, so it is read from the source."""
    found: dict[tuple[str, str], str] = {}
    for node in ast.parse(inspect.getsource(of)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for line, after in zip(node.body, node.body[1:], strict=False):
            if not isinstance(line, ast.AnnAssign) or not isinstance(line.target, ast.Name):
                continue
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[node.name, line.target.id] = " ".join(str(after.value.value).split())
    return found
