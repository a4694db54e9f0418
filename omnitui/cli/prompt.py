"""`omnitui status` as prompts and status lines run it: without argparse, model and session, for 60 ms are felt."""

from __future__ import annotations

import os

from omnitui.i18n import N_, _, use_language
from omnitui.store.reads.brief import FIELDS, brief

# What only types need is not imported.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

DEFAULT = N_("{unread} unread · {mine} mine{unsure: · ! % not sent}{outbox: · % leaving}{faulted: · % not in step}")


def filled(text: str, counts: Mapping[str, int]) -> str:
    """A format with its fields filled in. Raises KeyError: it names a field that does not exist."""

    # Regular expressions take as long to import as all the rest of this verb.
    first, *rest = text.split("{")
    made = [first]
    for part in rest:
        field, end, behind = part.partition("}")
        name, colon, words = field.partition(":")
        if not end or (name and not (name.isascii() and name.isalpha() and name.islower())):
            made.append("{" + part)
            continue
        count = counts[name]
        made.append(str(count) if not colon else words.replace("%", str(count)) if count else "")
        made.append(behind)
    return "".join(made)


def answered(words: Sequence[str], folders: Callable[[str | None], tuple[str, str] | None]) -> int | None:
    """Print the status and return the exit code; None where it was asked for in a form that needs the whole shell.

    Args:
        words: The command line.
        folders: Gives the data and state folder of a profile.
    """
    rest = list(words)
    name = None
    if rest[:1] == ["--profile"] and len(rest) > 2:
        name, rest = rest[1], rest[2:]
    if rest[:1] != ["status"] or len(rest) not in (1, 3) or (len(rest) == 3 and rest[1] != "--format"):
        return None
    places = folders(name)
    if places is None:
        return None
    use_language()
    counts = brief(os.path.join(places[0], "cache.sqlite3"))
    try:
        text = filled(rest[2] if len(rest) == 3 else _(DEFAULT), counts or dict.fromkeys(FIELDS, 0))
    except KeyError:
        return None
    if not text.isprintable():
        return None
    if counts is None:
        return 1
    print(text)
    return 0
