"""Reactions to messages: who put which emoji to one. Reports may come in any order, and more than once."""

from __future__ import annotations

import json
from typing import Any, Final

from omnitui.ids import Ulid
from omnitui.model.conversations import Reaction
from omnitui.store.arriving.message_state import find_message, touched
from omnitui.store.rows import written
from omnitui.store.writer import Tx

MOST: Final = 500
"""Reactions that are kept of one message, the newest."""
LONGEST: Final = 40
"""Characters of what is put to a message; some back ends give names of pictures."""


def standing(stored: str) -> tuple[Reaction, ...]:
    """The reactions that were not taken back, of a row's `reactions`."""
    return tuple(
        Reaction(address, name, emoji, at) for address, name, emoji, at, gone in json.loads(stored) if not gone
    )


def react(
    tx: Tx, account_id: Ulid, external_id: str, reaction: Reaction, *, withdrawn: bool = False, replaces: bool = False
) -> bool | None:
    """Note a reaction, or that it was taken back; whether anything changed, None where there is no such message.

    Args:
        tx: The work's transaction.
        account_id: Whose message.
        external_id: The message.
        reaction: Who, what and when; with `withdrawn` an empty emoji means all of theirs.
        withdrawn: Whether it was taken back.
        replaces: Whether it takes the place of what this person gave before.
    """
    pk = find_message(tx, account_id, external_id)
    if pk is None:
        return None
    stored: str = tx.db.execute("SELECT reactions FROM message WHERE pk = ?", (pk,)).fetchone()[0]
    known: list[list[Any]] = json.loads(stored)
    address, emoji, at = reaction.address, reaction.emoji[:LONGEST], reaction.at
    alone = replaces or (withdrawn and not emoji)
    own = [one for one in known if one[0] == address]
    rival = max((one[3] for one in own if alone or one[2] in ("", emoji)), default=-1)
    if rival > at:
        return False
    for one in own:
        if alone and not one[4]:
            one[3:] = [at, 1]
    kept = [one for one in known if (one[0], one[2]) != (address, emoji)]
    same = next((one for one in known if (one[0], one[2]) == (address, emoji)), None)
    # Who takes a reaction to the same place again does not go to the end of the line.
    entry = [address, reaction.name, emoji, at, int(withdrawn)]
    after = [entry if one is same else one for one in known] if same is not None else [*kept, entry]
    text = written(after[-MOST:])
    if text == stored:
        return False
    tx.db.execute("UPDATE message SET reactions = ? WHERE pk = ?", (text, pk))
    touched(tx, pk)
    return standing(text) != standing(stored)


def forget(tx: Tx, address: str) -> None:
    """Take the reactions of a forgotten address from all messages."""
    rows = tx.db.execute(
        "SELECT pk, reactions FROM message WHERE reactions <> '[]' AND instr(reactions, ?) > 0",
        (written(address)[1:-1],),
    ).fetchall()
    for pk, stored in rows:
        left = [one for one in json.loads(stored) if one[0] != address]
        tx.db.execute("UPDATE message SET reactions = ? WHERE pk = ?", (written(left), pk))
        touched(tx, pk)
