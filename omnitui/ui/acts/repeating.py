"""Doing the last act again, and recordings: acts kept under a letter, done to other conversations after a preview."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.services.triage import recordings
from omnitui.ui.acts import bulk
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.doing import Act, of_kept, together


def _again(desk: Desk) -> Coroutine[Any, Any, None]:
    act = desk.doing.last
    if act is None:
        raise OmniError(_("nothing was done yet that could be done again"))
    ids = desk.targets()
    return bulk.carry_out(desk, ids, act, _("{name}: {status}").format(name=bulk.named(desk, ids), status=act.deed))


def _begin(desk: Desk) -> Coroutine[Any, Any, None] | None:
    """Begin a recording, or end the one that goes on and keep it over restarts."""
    doing = desk.doing
    work = None
    if doing.recording:
        letter, doing.recording = doing.recording, ""
        if not doing.recorded:
            desk.say(_("nothing was recorded"), "warn")
        else:
            acts = doing.registers[letter] = tuple(doing.recorded)
            desk.say(_("recorded @{letter}: {acts}").format(letter=letter, acts=", ".join(one.deed for one in acts)))
            work = _keep(desk, letter, acts)
    elif doing.letter.isalpha():
        doing.recording = doing.letter
        doing.recorded = []
        key = desk.screen.keyboard.keymap.key_of("recording.begin")
        words = _("recording @{letter}: what you do to conversations is kept; {key} ends it")
        desk.say(words.format(letter=doing.letter, key=key))
    else:
        raise OmniError(_("a letter says under which name it is kept"), hint=_keys(desk, "recording.begin"))
    desk.screen.keyboard.recording = bool(doing.recording)
    desk.screen.captions.redraw_status()
    return work


async def _keep(desk: Desk, letter: str, acts: Sequence[Act]) -> None:
    kept = [act.kept for act in acts if act.kept is not None]
    if len(kept) < len(acts):
        raise OmniError(_("@{letter} lasts until the console is left").format(letter=letter))
    try:
        await asyncio.to_thread(recordings.save, desk.session.profile, letter, kept)
    except OSError as error:
        raise OmniError(_("@{letter} could not be kept: {why}").format(letter=letter, why=error.strerror)) from error


def _replay(desk: Desk) -> Coroutine[Any, Any, None]:
    """Do what was recorded to the conversations that are meant, after a dry run that shows what would be done."""
    doing = desk.doing
    if doing.recording:
        raise OmniError(_("a recording is going on"), hint=_("end it first"))
    letter = doing.letter if doing.letter != "@" and doing.letter else doing.replayed
    ids = desk.targets()

    async def work() -> None:
        known = {**await _kept(desk), **doing.registers}
        acts = known.get(letter)
        if not acts:
            if not known:
                raise OmniError(_("nothing is recorded yet"), hint=_keys(desk, "recording.begin"))
            names = ", ".join(f"@{one}" for one in sorted(known))
            raise OmniError(_("nothing is recorded under @{letter}").format(letter=letter or "@"), hint=names)
        doing.replayed = letter
        act = together(f"@{letter}", acts)
        said = _("{name}: {status}").format(name=bulk.named(desk, ids), status=act.deed)
        await bulk.carry_out(desk, ids, act, said, ask=True)

    return work()


def _keys(desk: Desk, action_id: str) -> str:
    key = desk.screen.keyboard.keymap.key_of(action_id)
    return _("{key} and a letter begin a recording").format(key=key) if key else ""


async def _kept(desk: Desk) -> dict[str, tuple[Act, ...]]:
    """What was recorded before the start, or in another console."""
    try:
        found = await asyncio.to_thread(recordings.load, desk.session.profile)
    except OSError:
        return {}
    return {letter: tuple(map(of_kept, acts)) for letter, acts in found.items()}


HANDLERS: Mapping[str, Handler] = {
    "conversation.again": lambda desk, count: _again(desk),
    "recording.begin": lambda desk, count: _begin(desk),
    "recording.replay": lambda desk, count: _replay(desk),
}
