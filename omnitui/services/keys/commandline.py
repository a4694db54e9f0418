"""Command lines of the console: their words, and what runs them. The verbs are the shell's; main hands them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from omnitui.desk.querying.completion import Completion, Names
from omnitui.errors import UsageError
from omnitui.values import dataclass

if TYPE_CHECKING:
    from omnitui.ids import Ulid
    from omnitui.model.operations import Op
    from omnitui.services.session import Session

_QUOTES = {'"': '"', "“": "”", "「": "」"}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a line, without its quotes, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb did and said."""

    code: int
    """Its exit code: 0 where all was done."""
    text: str = ""
    """What the shell would print."""
    words: str = ""
    """What it would say beside that."""
    ops: tuple[Op, ...] = ()
    """What was recorded."""


class CommandError(UsageError):
    """A line that does not make sense.

    Attributes:
        position: Where the word begins that is wrong, counted in characters from 0.
        word: That word; empty at the line's end.
    """

    def __init__(self, message: str, *, hint: str = "", position: int = 0, word: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position
        self.word = word


class ConsoleVerbs(Protocol):
    """The shell's verbs, as far as they make sense within the console."""

    def names(self) -> Mapping[str, str]:
        """Every verb and one line about it."""
        ...

    def complete(self, line: str, position: int, names: Names) -> list[Completion]:
        """What the word at `position` may become, the likeliest first."""
        ...

    def run(self, session: Session, line: str, ids: Sequence[Ulid], shown: Ulid | None) -> Said:
        """Do what a line says; blocks.

        Args:
            session: The console's.
            line: What was typed.
            ids: The conversations that are meant where the line names none.
            shown: The one that is on the screen, for verbs that take one.

        Raises:
            OmniError: It could not be done; a CommandError points at the word.
        """
        ...


def words(line: str) -> list[Word]:
    """The words of a line; quotes keep words together, an open one lasts to the end."""
    found: list[Word] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        start, text = at, ""
        while at < len(line) and not line[at].isspace():
            close = _QUOTES.get(line[at])
            if close is None:
                text += line[at]
                at += 1
                continue
            end = line.find(close, at + 1)
            end = len(line) if end < 0 else end
            text += line[at + 1 : end]
            at = min(end + 1, len(line))
        found.append(Word(text, start, at))
    return found
