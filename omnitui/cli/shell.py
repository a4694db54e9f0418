"""What a running verb has at hand: its arguments, the session, and a place to print."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from omnitui.cli.output import Output
from omnitui.errors import NotFound, OmniError, UsageError
from omnitui.i18n import _
from omnitui.model.states import ObjectKind, Reach
from omnitui.paths import Profile, profile
from omnitui.services.exchange import records

if TYPE_CHECKING:
    from omnitui.cli.front import Console, Gateway, Themes
    from omnitui.ids import Ulid
    from omnitui.model.operations import Op
    from omnitui.services.session import Session

_MAX_INPUT = 16 * 1024 * 1024


class Shell:
    """One verb's run."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        *,
        console: Console,
        themes: Themes,
        gateway: Gateway | None = None,
        session: Session | None = None,
        out: Output | None = None,
    ) -> None:
        """With a `session` it runs within a face that has one already, whose terminal is not its own."""
        self.arguments = arguments
        self.console = console
        self.themes = themes
        self.gateway = gateway
        """None within another face."""
        self.code = 0
        """Not 0 once something was not done; the verb goes on with the rest."""
        self.ops: list[Op] = []
        """What was recorded."""
        self.out = out or Output(
            "json" if getattr(arguments, "json", False) else "jsonl" if getattr(arguments, "jsonl", False) else "text"
        )
        self._within = session is not None
        self._opened = session

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._opened is not None and not self._within:
            self._opened.close()

    @cached_property
    def profile(self) -> Profile:
        if self._within and self._opened is not None:
            return self._opened.profile
        return profile(self.arguments.profile)

    @property
    def session(self) -> Session:
        """The profile's session, opened at the first use and closed at the end."""
        if self._opened is None:
            from omnitui.services.places import caution
            from omnitui.services.session import Session

            self._opened = Session.open(self.profile)
            self.out.zone = self._opened.zone
            if self._opened.mended is not None:
                from omnitui.services.recovery.mended import told

                for line in told(self._opened.mended, self._opened.zone):
                    self.out.say(line)
            if place := caution(self.profile):
                self.out.say(place)
            with suppress(OmniError):
                # Reading goes on where nothing can be written.
                self._opened.wake_due()
        return self._opened

    def fail(self, message: str, hint: str = "", *, code: int = 1) -> None:
        """Say that one of several things was not done."""
        self.failed(code)
        self.out.say(message)
        if hint:
            self.out.say("  " + hint)

    def failed(self, code: int) -> None:
        """End with this code; where several meet, 1 stands for all."""
        self.code = code if self.code in (0, code) else 1

    def ids(self, refs: Iterable[str], kind: ObjectKind = ObjectKind.CONVERSATION) -> list[Ulid]:
        """The ids that refs name, in order and each once; what is not found is told and skipped."""
        found: dict[Ulid, None] = {}
        for ref in self.expanded(refs):
            try:
                found[self.id(ref, kind)] = None
            except NotFound as error:
                self.fail(error.message, error.hint)
        return list(found)

    def id(self, ref: str, kind: ObjectKind = ObjectKind.CONVERSATION) -> Ulid:
        """The one id that a ref names. Raises NotFound."""
        from omnitui.store.reads.inbox import resolve_ref

        return self.session.cache.read(resolve_ref, ref, kind)

    def text(self, source: str | None) -> str:
        """The text that was given, or what standard input holds for "-".

        Raises:
            UsageError: There is none.
        """
        if source is None:
            raise UsageError(_("there is no text"), hint=_("--text TEXT, or “-” to read standard input"))
        text = self.input().removesuffix("\n") if source == "-" else source
        if not text.strip():
            raise UsageError(_("the text is empty"))
        return text

    def done(self, ops: Sequence[Op], *, single: bool = False) -> int:
        """Print what was recorded: ids on standard output, words for the person beside it.

        Args:
            ops: All of it.
            single: Whether the verb always makes one op, which then is the object that --json prints.
        """
        self.ops += ops
        if single and not self.out.text:
            self.out.one("op", records.op(ops[0]), "")
        elif self.out.text:
            for op in ops:
                self.out.line(op.id)
        else:
            self.out.many("op", (records.op(op) for op in ops))
        if not ops:
            self.out.say(_("nothing to change"))
        elif any(op.reach is not Reach.LOCAL for op in ops) and not self.syncing():
            self.out.say(_("it waits in the outbox: nothing is syncing now (omnitui sync --once sends it)"))
        return self.code

    def syncing(self) -> bool:
        """Whether a console or a sync of this profile is running the connectors, and moves."""
        from omnitui.sync.lease import Lease

        holder = Lease(self.profile.state).holder()
        return holder is not None and not holder.still

    def expanded(self, refs: Iterable[str]) -> Iterator[str]:
        """`refs`, with "-" replaced by the ids on standard input: one a line, or JSON objects of ours."""
        for ref in refs:
            if ref != "-":
                yield ref
                continue
            for line in self.input().splitlines():
                if line.strip():
                    yield from _ids_in(line.strip())

    def input(self) -> str:
        """All of standard input. Raises UsageError when that is a terminal or not UTF-8."""
        if self._within or sys.stdin is None or sys.stdin.isatty():
            raise UsageError(_("“-” reads standard input, but that is the terminal"), hint=_("pipe something in"))
        stream = getattr(sys.stdin, "buffer", None)
        data = stream.read(_MAX_INPUT + 1) if stream is not None else sys.stdin.read(_MAX_INPUT + 1).encode()
        if len(data) > _MAX_INPUT:
            raise UsageError(_("standard input is larger than 16 MB"))
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError as error:
            raise UsageError(_("standard input is not UTF-8")) from error


def _ids_in(line: str) -> list[str]:
    """The ids in a line: its first word, or those of the object or list of objects that it is."""
    if not line.startswith("{"):
        return line.split()[:1]
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise UsageError(_("a line of standard input is no JSON")) from error
    return [_id_of(item) for item in (fields.get("items", []) if fields.get("type") == "list" else [fields])]


def _id_of(fields: dict[str, Any]) -> str:
    found = fields.get("conversation_id") if fields.get("type") == "message" else fields.get("id")
    if not isinstance(found, str):
        raise UsageError(_("a line of standard input has no id"))
    return found
