"""call."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from typing import Final

from omnitui.cli.shell import Shell
from omnitui.cli.verbs import Verb
from omnitui.errors import ConfigError, NotFound
from omnitui.i18n import N_, _

_NOTES: Final = N_("Settings: [voice] in config.toml, docs/voice.md. Nothing of a call can be undone.")


def _arguments(parser: argparse.ArgumentParser, _words: Sequence[str]) -> None:
    parser.add_argument("id", metavar="ID", help=_("the conversation whose customer is called"))
    parser.add_argument("--number", metavar="N", help=_("one of the customer's numbers; the first, where not given"))
    parser.add_argument("--by", metavar="WAY", help=_("an account, or the softphone's program; the first way else"))


def _call(shell: Shell) -> int:
    from omnitui.services.acting.calling import Calling, checked_number, dial

    session, said = shell.session, shell.arguments
    voice, calling = session.settings.voice, Calling(session.cache)
    if not voice.agent_phone and not voice.dial:
        raise ConfigError(_("no way to call is set"), hint=_("set [voice] in config.toml, as docs/voice.md says"))
    conversation_id = shell.id(said.id)
    number = checked_number(said.number) if said.number else None
    lines = calling.lines(conversation_id, voice)
    fitting = [one for one in lines if number in (None, one.number) and said.by in (None, one.name)]
    if not fitting:
        ways = ", ".join(f"{one.number} ({one.name})" for one in lines)
        raise NotFound(_("the customer cannot be called so"), hint=ways)
    line = fitting[0]
    if line.account_id is not None:
        op = calling.call(conversation_id, line.number, line.account_id, voice.agent_phone)
        return shell.done([op], single=True)
    ran = asyncio.run(dial(calling, conversation_id, line.number, voice, profile=session.profile.name))
    if ran.code:
        shell.fail(_("{program} failed with {code}").format(program=line.name, code=ran.code), str(ran.last_words))
    return shell.code


VERBS: Final = {"call": Verb(_call, _arguments, notes=_NOTES)}
