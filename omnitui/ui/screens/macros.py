"""Macros: chosen, run after a preview, made and changed in the agent's editor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from omnitui.desk.acting.macros import Macro
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.states import Status
from omnitui.services.acting.performing import Job
from omnitui.services.texts import macros
from omnitui.services.triage.recordings import Kept
from omnitui.ui.acts import bulk
from omnitui.ui.acts.changing import leave
from omnitui.ui.desk import Desk
from omnitui.ui.doing import Act
from omnitui.ui.look.roles import plain
from omnitui.ui.screens.picker import PickerScreen, among
from omnitui.ui.widgets.choices import Choice


async def listed(desk: Desk) -> list[Macro]:
    """The macros that can be run; faults of the others are told."""
    found = await asyncio.to_thread(macros.read, desk.session.profile)
    if found.problems:
        desk.say(f"! {plain(found.problems[0].message)}", "bad")
    return list(found.macros)


async def pick_macro(desk: Desk, ids: tuple[Ulid, ...]) -> None:
    """Ask which macro is to be run, or changed."""
    found = await listed(desk)
    conversation = desk.conversation
    channel = conversation.channel if conversation is not None else ""
    found.sort(key=lambda one: bool(one.channels) and channel not in one.channels)
    choices = [_choice(one) for one in found]
    choices += [
        Choice(("edit", one.name), ((_("edit {name}").format(name=plain(one.name)), "muted"),)) for one in found
    ]

    async def source(text: str) -> Sequence[Choice]:
        fits = list(await among(choices)(text))
        name = "-".join(text.split())
        if name and name not in {one.name for one in found}:
            fits.append(Choice(("edit", name), ((_("new macro {name}").format(name=plain(name)), "label"),)))
        return fits

    hint = _("Enter shows what it would do; type a name to make a new one")
    chosen = await desk.ask(PickerScreen(_("Macro"), source, hint=hint))
    if chosen is None:
        return
    kind, name = chosen.value
    if kind == "edit":
        await edit_macro(desk, name)
    elif len(ids) > 1 or desk.shown in ids:
        await _run(desk, name, ids, found)


async def run_macro(desk: Desk, name: str) -> None:
    """Run a macro on what is meant, after its preview."""
    await _run(desk, name, desk.targets(), await listed(desk))


async def _run(desk: Desk, name: str, ids: tuple[Ulid, ...], found: Sequence[Macro]) -> None:
    macro = macros.Found(tuple(found)).get(name)
    said = _("{name}: {status}").format(name=bulk.named(desk, ids), status=macro.title)
    await bulk.carry_out(desk, ids, act_of(macro), said, ask=True)


def act_of(macro: Macro) -> Act:
    """A macro as an act, which can be recorded and done again."""

    def plan(desk: Desk, ids: Sequence[Ulid]) -> list[Job]:
        return macros.plan(desk.session, macro, ids)

    def begin(desk: Desk, ids: tuple[Ulid, ...]) -> None:
        # Of several, some may stay as they are: the list is read again when it is done.
        if len(ids) == 1:
            for step in macro.steps:
                if step.kind == "status":
                    leave(desk, ids, Status(step.value))

    kept = Kept(macro.title, macro=macro.name)
    return Act(macro.title, plan, reason=macros.reason_of(macro), begin=begin, kept=kept)


async def edit_macro(desk: Desk, name: str) -> None:
    """Open the file of a macro in the editor; a new one begins with an example. Faults are named afterwards."""
    from omnitui.ui.drafts.editor import edit_file

    if not name.replace("-", "").replace("_", "").isalnum():
        raise OmniError(_("a name of letters, digits, - and _ is needed"))
    file = await asyncio.to_thread(macros.give, desk.session.profile, name, macros.EXAMPLE)
    await edit_file(desk.screen.app, file, 1)
    macro, faults = await asyncio.to_thread(macros.read_file, file)
    if faults:
        raise OmniError(plain(faults[0].message), hint=faults[0].hint)
    desk.say(_("macro kept: {title}").format(title=macro.title if macro is not None else name))


def _choice(one: Macro) -> Choice:
    steps = ", ".join(f"{step.kind} {' '.join(map(str, step.value))}" if isinstance(step.value, list)
                      else f"{step.kind} {' '.join(str(step.value).split())[:30]}" for step in one.steps)  # fmt: skip
    left = ((plain(one.title), "strong"), (f"  {plain(one.name)}", "muted"))
    return Choice(("run", one.name), left, ((plain(steps)[:60], "muted"),), words=steps)
