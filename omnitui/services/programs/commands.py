"""Commands of the user's own: commands.toml read into actions, and how their words are filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from omnitui.config.files import UNTAMPERED, read_toml
from omnitui.errors import ConfigError, OmniError
from omnitui.i18n import N_, _
from omnitui.services import actions
from omnitui.services.actions import Action, Scope
from omnitui.services.keys.keymap import Problem, key_fault
from omnitui.text.safe import safe
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.model.conversations import Conversation, Message

Output = Literal["status", "page", "note", "insert", "ignore"]
Input = Literal["none", "message", "conversation-json"]

KIND: Final = "command"
"""First word of the ids of users' commands."""
SECONDS: Final = 30.0
PLACEHOLDERS: Final = {
    "ref": N_("the conversation's short name, as the shell's verbs take it"),
    "id": N_("its whole id"),
    "address": N_("the customer's address"),
    "contact": N_("the customer's name"),
    "contact_id": N_("the contact's id"),
    "subject": N_("its subject"),
    "account": N_("the account's name"),
    "channel": N_("the channel: email, line, …"),
    "status": N_("its status"),
    "assignee": N_("who is responsible; empty where nobody is"),
    "message_id": N_("the id of the current message"),
}
"""What argv may name, each a whole element."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PLACE = re.compile(r"\{(\w+)\}")
_FIELDS = ("title", "argv", "key", "scope", "confirm", "output", "input")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the user's."""

    action: Action
    argv: tuple[str, ...]
    output: Output = "status"
    input: Input = "none"


_COMMANDS: dict[str, Command] = {}
COMMANDS: Mapping[str, Command] = MappingProxyType(_COMMANDS)
"""Those in force, by the ids of their actions."""


def take_in(commands: Sequence[Command]) -> None:
    """Put these commands in force, in place of those that were."""
    _COMMANDS.clear()
    _COMMANDS.update({command.action.id: command for command in commands})
    actions.take_in((command.action for command in commands), KIND)


def read_commands(path: Path) -> tuple[list[Command], list[Problem]]:
    """The commands of a file, and what is wrong with it; a faulty command is left out."""
    try:
        data = read_toml(path, forbidden=UNTAMPERED)
    except ConfigError as error:
        return [], [Problem(error.message, error.hint)]
    found: list[Command] = []
    problems: list[Problem] = []
    for name, table in data.items():
        try:
            found.append(_command(name, table))
        except ConfigError as error:
            problems.append(Problem(f"{safe(name, multiline=False)}: {error.message}", error.hint))
    return found, problems


def _command(name: str, table: Any) -> Command:
    from omnitui.config.checks import nearest

    if not _NAME.fullmatch(name):
        raise ConfigError(_("a name of small letters, digits and _ is needed"))
    if not isinstance(table, dict):
        raise ConfigError(_("a table is needed: [{name}]").format(name=name))
    for key in table:
        if key not in _FIELDS:
            raise ConfigError(_("there is no “{key}”").format(key=key), hint=nearest(key, [*_FIELDS]))
    argv = table.get("argv")
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) and word for word in argv):
        raise ConfigError(_("“argv” has to be a list of texts, the program first"))
    _check_places(argv)
    keys = table.get("key", [])
    keys = (keys,) if isinstance(keys, str) else keys
    if not isinstance(keys, list | tuple) or not all(isinstance(key, str) for key in keys):
        raise ConfigError(_("“key” has to be a key or a list of keys"))
    for key in keys:
        if fault := key_fault(key):
            raise ConfigError(fault.message, hint=fault.hint)
    title = table.get("title", name)
    if not isinstance(title, str) or not title.strip():
        raise ConfigError(_("“title” has to be a text"))
    if not isinstance(table.get("confirm", False), bool):
        raise ConfigError(_("“confirm” has to be true or false"))
    action = Action(
        f"{KIND}.{name}",
        safe(title, multiline=False),
        safe(" ".join(argv), multiline=False, max_chars=200),
        tuple(keys),
        Scope(_one_of(table, "scope", [scope.value for scope in Scope], Scope.DESK.value)),
        danger=table.get("confirm", False),
        own=True,
    )
    output: Any = _one_of(table, "output", get_args(Output), "status")
    given: Any = _one_of(table, "input", get_args(Input), "none")
    return Command(action, tuple(argv), output, given)


def _one_of(table: Mapping[str, Any], key: str, known: Sequence[str], default: str) -> str:
    value = table.get(key, default)
    if value not in known:
        raise ConfigError(_("“{key}” has to be one of {names}").format(key=key, names=", ".join(known)))
    return str(value)


def _check_places(argv: Sequence[str]) -> None:
    for at, word in enumerate(argv):
        for match in _PLACE.finditer(word):
            if match[1] not in PLACEHOLDERS:
                if match[0] == word:
                    from omnitui.config.checks import nearest

                    message = _("nothing is called {place}").format(place=word)
                    raise ConfigError(message, hint=nearest(match[1], [*PLACEHOLDERS]))
            elif match[0] != word:
                raise ConfigError(
                    _("{place} has to be a word of its own, not a part of {word}").format(
                        place=match[0], word=safe(repr(word), multiline=False)
                    )
                )
            elif at == 0:
                raise ConfigError(_("the program cannot be {place}").format(place=word))


def needs(argv: Iterable[str]) -> bool:
    """Whether something of a conversation is to be filled in."""
    return any(word[1:-1] in PLACEHOLDERS for word in argv if _PLACE.fullmatch(word))


def filled(argv: Sequence[str], facts: Mapping[str, str]) -> list[str]:
    """The words with what the placeholders stand for.

    Raises:
        OmniError: What a customer wrote would be taken for an option: it begins with a hyphen.
    """
    words: list[str] = []
    for word in argv:
        name = word[1:-1]
        if not _PLACE.fullmatch(word) or name not in PLACEHOLDERS:
            words.append(word)
            continue
        value = safe(facts.get(name, ""), multiline=False)
        if value.startswith("-") and "--" not in words:
            raise OmniError(
                _("{place} begins with a hyphen here, and would be an option").format(place=word),
                hint=_('put "--" before it in commands.toml'),
            )
        words.append(value)
    return words


def facts(found: Conversation, ref: str, address: str, message: Message | None) -> dict[str, str]:
    """What the placeholders stand for."""
    return {
        "ref": ref,
        "id": found.id,
        "address": address,
        "contact": found.contact,
        "contact_id": found.contact_id or "",
        "subject": found.subject,
        "account": found.account,
        "channel": found.channel,
        "status": found.status.value,
        "assignee": found.assignee,
        "message_id": message.id if message is not None else "",
    }
