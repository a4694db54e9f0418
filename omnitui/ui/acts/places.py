"""Going to views and screens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from omnitui.desk.views import VIEWS
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.ui.acts.handler import Handler, doing
from omnitui.ui.desk import Desk

if TYPE_CHECKING:
    from omnitui.ui.app import ConsoleApp


def to_view(view_id: str) -> Handler:
    """What opens a view."""

    def handler(desk: Desk, count: int | None) -> None:
        found = desk.session.views.find(view_id)
        if found is None:
            raise OmniError(
                _("there is no view called {name}").format(name=view_id),
                hint=_("config.toml names no [teams]") if view_id == "team" else "",
            )
        desk.open_view(found)
        desk.screen.layouts.home()

    return handler


async def _palette(desk: Desk) -> None:
    from omnitui.ui.screens.palette import open_palette

    await open_palette(desk)


async def _help(desk: Desk) -> None:
    from omnitui.ui.screens.help import open_help

    await open_help(desk)


async def _command(desk: Desk) -> None:
    from omnitui.ui.screens.commandline import open_commandline

    await open_commandline(desk)


async def _leader(desk: Desk) -> None:
    from omnitui.ui.screens.leader import open_leader

    await open_leader(desk)


async def _jump(desk: Desk) -> None:
    from omnitui.ui.jumping import jump

    await jump(desk)


def turn_tour(desk: Desk) -> None:
    """Take the tour up, or leave it."""
    from omnitui.ui.tour import Tour

    desk.tour = desk.tour or Tour(desk)
    desk.tour.toggle()


async def _search(desk: Desk) -> None:
    from omnitui.ui.screens.search import open_search

    await open_search(desk)


async def _outbox(desk: Desk) -> None:
    from omnitui.ui.screens.outbox import open_outbox

    await open_outbox(desk)


async def _ledger(desk: Desk) -> None:
    from omnitui.ui.screens.ledger import open_ledger

    await open_ledger(desk)


async def _accounts(desk: Desk) -> None:
    from omnitui.ui.screens.accounts import open_accounts

    await open_accounts(desk)


async def _log(desk: Desk, conversation_id: str | None) -> None:
    from omnitui.ui.screens.oplog import open_log

    await open_log(desk, conversation_id)


async def _blame(desk: Desk, conversation_id: str) -> None:
    from omnitui.ui.screens.blame import open_blame

    await open_blame(desk, conversation_id)


async def _since(desk: Desk) -> None:
    from omnitui.ui.screens.since import open_since

    await open_since(desk)


async def _past(desk: Desk) -> None:
    from omnitui.ui.screens.past import open_past

    await open_past(desk)


async def _raw(desk: Desk) -> None:
    from omnitui.ui.screens.raw import open_raw

    await open_raw(desk)


async def _move(desk: Desk) -> None:
    from omnitui.ui.screens.pickers import pick_move

    await pick_move(desk, await desk.message())


async def _why(desk: Desk) -> None:
    from omnitui.ui.screens.why import open_why

    await open_why(desk)


def _hint(desk: Desk) -> None:
    shown = desk.conversation
    if shown is None or shown.may_belong_to is None:
        raise OmniError(_("nothing is known that this conversation may belong to"))
    desk.go(shown.may_belong_to)
    desk.screen.layouts.read()


async def _theme(desk: Desk) -> None:
    from omnitui.ui.screens.themes import pick_theme

    await pick_theme(desk)


def _veil(desk: Desk) -> None:
    app = cast("ConsoleApp", desk.screen.app)
    app.veiled = desk.screen.queue.strips.veiled = not app.veiled
    desk.screen.restyle()
    for field in desk.screen.query("Input, TextArea"):
        field.refresh()
    desk.say(_("customers' words are covered") if app.veiled else _("customers' words are shown again"))


async def _suspend(desk: Desk) -> None:
    from omnitui.ui.outside.suspending import suspend

    await suspend(desk)


def _quit(desk: Desk) -> None:
    desk.screen.composer.changed()
    desk.screen.app.exit(0)


HANDLERS: Mapping[str, Handler] = {
    "app.palette": lambda desk, count: _palette(desk),
    "app.help": lambda desk, count: _help(desk),
    "app.command": lambda desk, count: _command(desk),
    "app.leader": lambda desk, count: _leader(desk),
    "app.jump": lambda desk, count: _jump(desk),
    "app.tour": doing(turn_tour),
    "app.search": lambda desk, count: _search(desk),
    "app.quit": doing(_quit),
    "app.suspend": lambda desk, count: _suspend(desk),
    "app.veil": doing(_veil),
    "app.theme": lambda desk, count: _theme(desk),
    "go.outbox": lambda desk, count: _outbox(desk),
    "go.accounts": lambda desk, count: _accounts(desk),
    "go.ledger": lambda desk, count: _ledger(desk),
    "go.log": lambda desk, count: _log(desk, None),
    "go.since": lambda desk, count: _since(desk),
    "go.past": lambda desk, count: _past(desk),
    "conversation.blame": lambda desk, count: _blame(desk, desk.need()),
    "conversation.log": lambda desk, count: _log(desk, desk.need()),
    "conversation.hint": doing(_hint),
    "history.raw": lambda desk, count: _raw(desk),
    "history.move": lambda desk, count: _move(desk),
    "history.why": lambda desk, count: _why(desk),
    **{f"go.{view.id}": to_view(view.id) for view in VIEWS},
}
