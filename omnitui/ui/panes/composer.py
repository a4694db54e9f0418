"""The composer: a reply or an internal note, unmistakably one or the other. Enter never sends, nor does a paste."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, TextArea

from omnitui.clock import Clock, Millis
from omnitui.i18n import _
from omnitui.ids import Ids, Ulid
from omnitui.model.conversations import Conversation, Draft
from omnitui.model.states import MessageKind
from omnitui.sdk.capabilities import Capabilities
from omnitui.ui.composing import copy_pieces, limit_pieces, policy_pieces, title_pieces
from omnitui.ui.panes.fields import Field, Sheet, editable
from omnitui.ui.picture import Picture
from omnitui.ui.roles import Line, Piece, plain, spread
from omnitui.ui.widgets.lines import Lines


class ComposerPane(Vertical):
    """Writes into one conversation. `keep` is given the draft after every keystroke."""

    def __init__(self, clock: Clock, ids: Ids, keep: Callable[[Draft], None], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.keep = keep
        self.clock = clock
        self.ids = ids
        self.conversation: Conversation | None = None
        self.draft: Draft | None = None
        self.hold: Millis = 0
        self.to = ""
        self.meanwhile = False
        """Whether somebody wrote since the newest message that was seen."""
        self.sheet: TextArea = Sheet(id="composer-text", soft_wrap=True, show_line_numbers=False, compact=True)
        """The text field."""
        self._title = Lines(id="composer-title")
        self._cc = Field(placeholder="Cc", id="composer-cc", compact=True)
        self._info = Lines(id="composer-info")
        self._others: tuple[str, ...] = ()
        self._all_key = ""
        self._capabilities: Capabilities | None = None
        self._loading = False

    def compose(self) -> ComposeResult:
        """A title, Cc where the channel has it, the text, and what the channel allows."""
        yield self._title
        yield self._cc
        yield self.sheet
        yield self._info

    @property
    def text(self) -> str:
        """What is written."""
        return self.sheet.text

    @property
    def cc(self) -> tuple[str, ...]:
        """Further addressees."""
        return _addresses(self._cc.value)

    @property
    def kind(self) -> MessageKind | None:
        """Reply or note; None while nothing is being written."""
        return self.draft.kind if self.draft is not None else None

    def open(
        self,
        picture: Picture,
        kind: MessageKind,
        seen: Ulid | None,
        *,
        to: str,
        hold: Millis,
        to_all: bool = False,
        all_key: str = "",
    ) -> None:
        """Write a reply or a note into this conversation, going on where its draft ended.

        With `to_all` the others who got the customer's mail are put into Cc; `all_key` is the key that does so.
        """
        self.conversation = picture.conversation
        self._capabilities = picture.capabilities
        self.to, self.hold, self.meanwhile = to, hold, False
        known = picture.drafts.get(kind)
        if known is None:
            known = Draft(self.ids.new(), picture.conversation.id, kind, "", seen_message_id=seen)
        self.draft = replace(known, seen_message_id=seen or known.seen_message_id)
        self._loading = True
        self.sheet.load_text(editable(known.text))
        self.sheet.move_cursor(self.sheet.document.end)
        field = self._cc
        copies = {str(one).lower(): str(one) for one in known.extra.get("cc", ())}
        self._others = picture.others if picture.capabilities.cc and kind is MessageKind.PUBLIC else ()
        self._all_key = all_key
        for one in self._others if to_all else ():
            copies.setdefault(one.lower(), one)
        field.value = editable(", ".join(copies.values()), multiline=False)
        field.display = picture.capabilities.cc and kind is MessageKind.PUBLIC
        self._loading = False
        if to_all and self.settle():
            self.keep(self.draft)
        self.set_class(kind is MessageKind.NOTE, "-note")
        self.display = True
        self.redraw()

    def close(self) -> None:
        """Nothing is being written any more; the draft is kept."""
        self.changed()
        self.draft = self.conversation = None
        self.display = False

    def put(self, text: str) -> None:
        """Replace the text, as an editor did."""
        self.sheet.text = editable(text)

    def attach(self, path: str) -> None:
        """Add a file."""
        if self.draft is not None:
            self.draft = replace(self.draft, attachments=(*self.draft.attachments, path), updated_at=self.clock.now())
            self.keep(self.draft)
            self.changed()

    def wrote_meanwhile(self, wrote: bool) -> None:
        """Somebody wrote that the author has not seen yet."""
        if wrote != self.meanwhile:
            self.meanwhile = wrote
            self.redraw()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """A keystroke."""
        event.stop()
        self.changed()

    def on_input_changed(self, event: Input.Changed) -> None:
        """A keystroke in Cc."""
        event.stop()
        self.changed()

    def changed(self) -> None:
        """Have what is written kept, where it differs from the draft."""
        if self.settle() and self.draft is not None:
            self.keep(self.draft)
        self.redraw()

    def settle(self) -> bool:
        """Bring the draft in step with the fields; gives whether it was not."""
        if self.draft is None or self._loading:
            return False
        extra = {**self.draft.extra, "cc": list(self.cc)} if self.cc else {}
        if (self.text, extra) == (self.draft.text, dict(self.draft.extra)):
            return False
        self.draft = replace(self.draft, text=self.text, extra=extra, updated_at=self.clock.now())
        return True

    def redraw(self) -> None:
        """Title and limits."""
        if self.draft is None or self.conversation is None or self._capabilities is None:
            return
        width = max(self.size.width, 20)
        title: list[Piece] = title_pieces(self.draft.kind, self.to, self.conversation.channel)
        warning: Line = ((f"! {_('somebody wrote meanwhile')} ", "bad"),) if self.meanwhile else ()
        self._title.show([spread(tuple(title), warning, width)])
        left = policy_pieces(self.draft.kind, self._capabilities, self.conversation, self.clock.now(), self.hold)
        files: list[Piece] = []
        for path in self.draft.attachments:
            files += [(f" {plain(path.rsplit('/', 1)[-1])} ", "chip"), (" ", "")]
        left = [*copy_pieces(self._others, self.cc, self._all_key), *left]
        right = limit_pieces(self.draft.kind, self._capabilities, self.text)
        self._info.show([spread((*files, *left), tuple(right), width)])

    def on_resize(self) -> None:
        """Another width."""
        self.redraw()


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.replace(";", ",").split(",") if part.strip())
