"""A form made from a connector's manifest: one field for each setting and secret, each with its help."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.containers import ScrollableContainer, Vertical
from textual.widgets import Input

from omnitui.errors import OmniError, UsageError
from omnitui.i18n import _
from omnitui.sdk.capabilities import Manifest, Setting
from omnitui.services.secrecy.vault import Vault
from omnitui.text.widths import wrap
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.roles import plain
from omnitui.ui.panes.fields import Field, editable
from omnitui.ui.widgets.lines import Lines
from omnitui.values import dataclass

CLOSE: Final = 80
"""Columns below which the form takes the whole screen."""
HELP_LINES: Final = 3
OPENS: Final = "vault_opened_by"
AGAIN: Final = "vault_opened_by_again"


@dataclass(frozen=True, slots=True)
class Blank:
    """One field."""

    name: str
    label: str
    help: str
    value: str = ""
    secret: bool = False
    """Whether it shows dots for what is typed."""
    needed: bool = False


Values = Mapping[str, str]
"""What is in the fields, by name; empty ones are not there."""


class AccountForm(LastHopModal[bool]):
    """Fields that scroll, the help of the one with the cursor below them. ctrl+s takes them, Escape leaves.

    Args:
        title: Above the fields.
        blanks: The fields.
        attempt: Tries what was filled in; why it cannot be, in words, or "". Cancelled by Escape.
        keep: Records it, in a thread; Escape waits for it.
    """

    DEFAULT_CSS = """
    AccountForm ScrollableContainer { height: 1fr; scrollbar-size: 0 0; }
    AccountForm #help { height: 3; }
    """
    AUTO_FOCUS: ClassVar[str | None] = "Input"

    def __init__(
        self,
        title: str,
        blanks: tuple[Blank, ...],
        attempt: Callable[[Values], Awaitable[str]],
        keep: Callable[[Values], object],
    ) -> None:
        super().__init__()
        self._title_text = title
        self._blanks = blanks
        self._attempt = attempt
        self._keep = keep
        self._work: asyncio.Task[None] | None = None
        self._keeping = False

    def compose(self) -> ComposeResult:
        """Title, fields, help, keys."""
        with Vertical(classes="dialog picker"):
            yield Lines(classes="title")
            with ScrollableContainer(can_focus=False):
                for blank in self._blanks:
                    yield Lines(id=f"label-{blank.name}")
                    value = editable(blank.value, multiline=False)
                    yield Field(value, id=f"field-{blank.name}", compact=True, password=blank.secret)
            yield Lines(id="help")
            yield Lines(classes="hint")

    def on_mount(self) -> None:
        """Fill in the words."""
        self.query_one(".title", Lines).show([((plain(self._title_text), "title"),)])
        for blank in self._blanks:
            sign = " *" if blank.needed else ""
            self.query_one(f"#label-{blank.name}", Lines).show([((plain(blank.label) + sign, "label"),)])
        self._say(_("ctrl+s: go on, Tab: next field, Esc: leave it; * has to be filled in"))

    def on_resize(self) -> None:
        """Another size."""
        self.set_class(self.app.size.width < CLOSE, "-close")
        self.call_after_refresh(self._help)

    def on_descendant_focus(self) -> None:
        """Another field: its help."""
        self._help()

    def _help(self) -> None:
        name = (self.focused.id or "").removeprefix("field-") if self.focused is not None else ""
        text = next((blank.help for blank in self._blanks if blank.name == name), "")
        sheet = self.query_one("#help", Lines)
        sheet.show([((line, "muted"),) for line in wrap(plain(text), max(sheet.size.width, 20))[:HELP_LINES]])

    def _say(self, text: str, role: str = "muted") -> None:
        hint = self.query_one(".hint", Lines)
        lines = wrap(plain(text), max(hint.size.width or min(self.app.size.width * 4 // 5, 100) - 6, 20))[:2]
        hint.show([((line, role),) for line in lines])

    @property
    def values(self) -> Values:
        """What is in the fields."""
        found = {blank.name: self.query_one(f"#field-{blank.name}", Field).value for blank in self._blanks}
        return {name: value.strip() for name, value in found.items() if value.strip()}

    def on_key(self, event: events.Key) -> None:
        """Take, leave, or go to another field."""
        if event.key == "ctrl+s":
            self._begin()
        elif event.key in ("escape", "ctrl+q"):
            self._leave()
        elif event.key == "down":
            self.focus_next()
        elif event.key == "up":
            self.focus_previous()
        else:
            return
        event.stop()
        event.prevent_default()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field; it takes nothing."""
        event.stop()
        self.focus_next()

    def _begin(self) -> None:
        if self._work is None or self._work.done():
            self._say(_("trying it …"))
            self._work = asyncio.create_task(self._try(self.values))

    def _leave(self) -> None:
        if self._keeping:
            return
        if self._work is not None:
            self._work.cancel()
        self.dismiss(False)

    async def _try(self, values: Values) -> None:
        try:
            if why := await self._attempt(values):
                self._say(f"! {why}", "bad")
                return
            self._keeping = True
            await asyncio.to_thread(self._keep, values)
        except OmniError as error:
            self._keeping = False
            self._say(f"! {error.message}" + (f": {error.hint}" if error.hint else ""), "bad")
        else:
            self.dismiss(True)

    def on_unmount(self) -> None:
        """Nothing is tried for a form that is gone."""
        if self._work is not None and not self._keeping:
            self._work.cancel()


def settings_blanks(manifest: Manifest, now: Mapping[str, object]) -> tuple[Blank, ...]:
    """A field for each setting, those first that have to be given."""
    ordered = sorted(manifest.settings, key=lambda setting: setting.default is not None)
    return tuple(_blank(setting, str(now.get(setting.name, setting.default or ""))) for setting in ordered)


def secrets_blanks(manifest: Manifest, *, kept: bool) -> tuple[Blank, ...]:
    """A field for each secret. `kept`: where one is left empty, what there is stays."""
    stays = " " + _("(left empty, it stays as it is)") if kept else ""
    return tuple(
        Blank(one.name, one.name.replace("_", " "), one.help + stays, secret=True, needed=one.required and not kept)
        for one in manifest.secrets
    )


def vault_blanks(*, fresh: bool, needed: bool = True) -> tuple[Blank, ...]:
    """Fields for the passphrase of the vault: twice where it begins with this."""
    words = _("Secrets are kept in an encrypted file; this opens it.")
    first = Blank(OPENS, _("passphrase of the vault"), words, secret=True, needed=needed)
    words = _("The same again: it cannot be recovered when it is lost.")
    again = Blank(AGAIN, _("passphrase again"), words, secret=True, needed=needed)
    return (first, again) if fresh else (first,)


def open_vault(values: Values, vault: Vault, *, fresh: bool) -> None:
    """Open the vault by what was filled in. Raises `UsageError`."""
    if OPENS not in values or (fresh and values[OPENS] != values.get(AGAIN)):
        raise UsageError(_("the passphrase is missing, or the two differ"))
    vault.give(values[OPENS])


def _blank(setting: Setting, value: str) -> Blank:
    choices = setting.choices or (("yes", "no") if setting.kind == "bool" else ())
    help_text = f"{setting.help} ({' / '.join(choices)})" if choices else setting.help
    label = setting.name.replace("_", " ")
    return Blank(setting.name, label, help_text, value, needed=setting.default is None)
