"""Programs of the user's from the console: commands of commands.toml, and pipes."""

from __future__ import annotations

import shlex
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ids import Ulid
from omnitui.model.conversations import Message
from omnitui.services.actions import Scope
from omnitui.services.programs.commands import COMMANDS, SECONDS, Command, facts, filled, needs
from omnitui.text.safe import safe
from omnitui.ui.acts.handler import Handler
from omnitui.ui.desk import Desk

REMEMBERED = "pipes"
LONGEST_INSERT = 100_000
"""Characters that a command may put into the composer or a note."""


def handler(action_id: str) -> Handler:
    """What the action of a command does.

    Raises:
        OmniError: There is no such command any more.
    """
    command = COMMANDS.get(action_id)
    if command is None:
        raise OmniError(_("there is no action called {name}").format(name=action_id))
    return lambda desk, count: _begin(desk, command)


def _begin(desk: Desk, command: Command) -> Coroutine[Any, Any, None]:
    return _prepare(desk, command, desk.need() if is_about_one(command) else None)


def is_about_one(command: Command) -> bool:
    """Whether a command takes something of the conversation that is shown, or writes into it."""
    return command.input != "none" or command.output in ("note", "insert") or needs(command.argv)


async def _prepare(desk: Desk, command: Command, conversation_id: Ulid | None) -> None:
    """Settle what it gets while the agent looks at it; it then runs while the agent goes on."""
    from omnitui.ui.screens.confirm import confirmed

    argv, given = list(command.argv), ""
    if conversation_id is not None:
        found = await desk.read()
        message = desk.screen.history.reel.current_message
        argv = filled(argv, facts(found.conversation, found.ref, found.address, message))
        if command.input == "message":
            given = (await desk.message()).text
        elif command.input == "conversation-json":
            given = await _transcript(desk, conversation_id)
    if command.action.danger:
        question = _("Run {command}?").format(command=safe(shlex.join(argv), multiline=False, max_chars=200))
        if not await confirmed(desk, question, _("run")):
            return
    desk.say(_("{name} runs …").format(name=command.action.label), seconds=SECONDS)
    desk.spawn(_run(desk, command, argv, given, conversation_id))


async def _transcript(desk: Desk, conversation_id: Ulid) -> str:
    from omnitui.services.programs.transcripts import transcript_json

    return await desk.cache.aread(transcript_json, conversation_id)


async def _run(desk: Desk, command: Command, argv: Sequence[str], given: str, conversation_id: Ulid | None) -> None:
    from omnitui.services.programs import running as programs

    ran = await programs.run(argv, given, seconds=SECONDS, profile=desk.session.profile.name)
    name = command.action.label
    if ran.code:
        raise OmniError(_("{name} ended with {code}").format(name=name, code=ran.code), hint=ran.words)
    text = ran.out.strip("\n")
    match command.output:
        case "ignore":
            desk.hush()
        case "page" if text:
            desk.hush()
            await _show(desk, name, text)
        case "note" | "insert" if text and conversation_id is not None:
            clean = safe(text[:LONGEST_INSERT], max_chars=LONGEST_INSERT, max_lines=5_000)
            if command.output == "note":
                await desk.act(desk.session.operations.note, conversation_id, clean)
                desk.say(_("{name}: note kept").format(name=name))
            else:
                await _insert(desk, name, clean, conversation_id)
        case _:
            last = safe(text.rsplit("\n", 1)[-1], multiline=False, max_chars=300)
            desk.say(f"{name}: {last}" if last else _("{name} is done").format(name=name))


async def _insert(desk: Desk, name: str, text: str, conversation_id: Ulid) -> None:
    """Put a text where the agent writes to this conversation; where that has been left, show it."""
    from omnitui.ui.acts import writing

    if desk.shown == conversation_id and desk.composer.draft is None:
        work = writing.HANDLERS["conversation.reply"](desk, None)
        if work is not None:
            await work
    composer = desk.composer
    if composer.draft is None or composer.draft.conversation_id != conversation_id:
        await _show(desk, name, text)
        return
    composer.sheet.insert(text)
    composer.sheet.focus()
    desk.hush()


async def _show(desk: Desk, title: str, text: str) -> None:
    from omnitui.ui.screens.commandline import show_text

    await show_text(desk, title, text, mark="")


async def _pipe(desk: Desk, conversation_id: Ulid, whole: bool) -> None:
    """Ask for a command and run it on what is shown."""
    from omnitui.ui.screens.pipe import ask_command

    message: Message | None = None
    if not whole:
        message = await desk.message()
    about = _("the message") if message is not None else _("the conversation, as JSON")
    line = await ask_command(desk, _("Pipe {what} to").format(what=about), desk.memory.recall(REMEMBERED))
    if not line:
        return
    try:
        argv = shlex.split(line)
    except ValueError as error:
        raise OmniError(_("the line does not make sense: {why}").format(why=error)) from None
    desk.remember(REMEMBERED, line)
    given = f"{message.text}\n" if message is not None else await _transcript(desk, conversation_id)
    desk.say(_("{name} runs …").format(name=safe(line, multiline=False, max_chars=60)), seconds=SECONDS)
    desk.spawn(_run_pipe(desk, line, argv, given))


async def _run_pipe(desk: Desk, line: str, argv: Sequence[str], given: str) -> None:
    from omnitui.services.programs import running as programs

    ran = await programs.run(argv, given, seconds=SECONDS, profile=desk.session.profile.name)
    desk.hush()
    said = "\n".join(part.strip("\n") for part in (ran.out, ran.err if ran.code else "") if part.strip())
    if said:
        await _show(desk, f"| {line}" if not ran.code else f"| {line} → {ran.code}", said)
    elif ran.code:
        raise OmniError(_("{name} ended with {code}").format(name=line, code=ran.code))
    else:
        desk.say(_("it printed nothing"))


HANDLERS: Mapping[str, Handler] = {
    "conversation.pipe": lambda desk, count: _pipe(desk, desk.need(), desk.screen.scope is not Scope.HISTORY),
}
