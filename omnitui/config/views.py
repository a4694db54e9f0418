"""What views.toml may say of one view. The docstrings below the fields are rows of docs/config.md."""

from __future__ import annotations

from typing import Literal

from omnitui.config.settings import Column
from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class ViewTable:
    """A view: `[vip]` makes one of its own, `[mine]` changes the standing one; what is not said stays as it is."""

    name: str = ""
    """What it is called in the sidebar. Empty: what stands in the brackets."""
    query: str = ""
    """What it holds, in the words of docs/query.md: `is:open label:vip`. A view of one's own needs one."""
    sort: Literal["", "newest", "unanswered", "priority", "window", "urgency"] = ""
    """Its order; stronger than a `sort:` in the query."""
    columns: tuple[Column, ...] = ()
    """What its rows show, as under `[columns]`. Empty: as there, or as `query` there for a view of one's own."""
    key: str = ""
    """The key behind `g` that opens it (`"1"` is `g 1`), or a whole key as in keys.toml (`"f5"`, `"ctrl+k v"`). What
    keys.toml gives is stronger."""
    icon: str = ""
    """A sign before its name, of one or two columns."""
    hidden: bool = False
    """Whether the sidebar leaves it out; its key and `view:` find it all the same."""
