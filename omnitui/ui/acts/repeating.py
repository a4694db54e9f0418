"""Doing the last act again, and recordings: acts kept under a letter, done to other conversations after a preview."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ui.acts import bulk
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk
from omnitui.ui.doing import together


def _again(desk: Desk) -> Coroutine[Any, Any, None]:
    act = desk.doing.last
    if act is None:
        raise OmniError(_("nothing was done yet that could be done again"))
    ids = desk.targets()
    return bulk.carry_out(desk, ids, act, _("{name}: {status}").format(name=bulk.named(desk, ids), status=act.deed))


def _begin(desk: Desk) -> None:
    """Begin a recording, or end the one that goes on."""
    doing = desk.doing
    if doing.recording:
        letter, doing.recording = doing.recording, ""
        kept = doing.registers[letter]
        if not kept:
            del doing.registers[letter]
            desk.say(_("nothing was recorded"), "warn")
        else:
            desk.say(_("recorded @{letter}: {acts}").format(letter=letter, acts=", ".join(one.deed for one in kept)))
    elif doing.letter.isalpha():
        doing.recording = doing.letter
        doing.registers[doing.letter] = []
        key = desk.screen.keyboard.keymap.key_of("recording.begin")
        words = _("recording @{letter}: what you do to conversations is kept; {key} ends it")
        desk.say(words.format(letter=doing.letter, key=key))
    desk.screen.keyboard.recording = bool(doing.recording)
    desk.screen.captions.redraw_status()


def _replay(desk: Desk) -> Coroutine[Any, Any, None]:
    """Do what was recorded to the conversations that are meant, after a dry run that shows what would be done."""
    doing = desk.doing
    letter = doing.replayed if doing.letter == "@" else doing.letter
    kept = doing.registers.get(letter)
    if not kept:
        known = ", ".join(f"@{one}" for one in sorted(doing.registers)) or _("none")
        raise OmniError(_("nothing is recorded under @{letter}").format(letter=letter or "@"), hint=known)
    if doing.recording:
        raise OmniError(_("a recording is going on"), hint=_("end it first"))
    doing.replayed = letter
    act = together(f"@{letter}", kept)
    ids = desk.targets()
    said = _("{name}: {status}").format(name=bulk.named(desk, ids), status=act.deed)
    return bulk.carry_out(desk, ids, act, said, ask=True)


HANDLERS: Mapping[str, Handler] = {
    "conversation.again": lambda desk, count: _again(desk),
    "recording.begin": lambda desk, count: _begin(desk),
    "recording.replay": lambda desk, count: _replay(desk),
}
