"""The leader's menu, jump mode and the tour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.services.actions import ACTIONS
from omnitui.services.session import Session
from omnitui.text.widths import cell_width
from omnitui.ui.jumping import JumpScreen, targets
from omnitui.ui.screens.leader import GROUPS, LeaderScreen
from tests.support.console import Person, a_console, a_session
from tests.support.desk import a_conversation, a_message


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with a_session(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (140, 40)])
async def test_leader_shows_groups_and_then_actions_with_their_keys_and_runs_one(
    session: Session, width: int, height: int
) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session, width, height) as person:
        await person.press("comma")
        await person.sees("Which group?")
        await person.press("c")
        await person.sees("Resolve dd")
        assert all(cell_width(line) <= width for line in person.screen.splitlines())
        await person.press("escape")
        await person.sees("Which group?")
        await person.press("escape")
        await person.until(lambda: not isinstance(person.app.screen, LeaderScreen))
        await person.press("comma", "c", "s")
        await person.sees("Ann: resolved")


async def test_every_action_of_the_pane_has_a_letter_in_the_menu(session: Session) -> None:
    from omnitui.desk.lettering import lettered

    groups: dict[str, list[str]] = {}
    for action_id in ACTIONS:
        groups.setdefault(action_id.partition(".")[0], []).append(action_id.partition(".")[2])
    assert all("" not in lettered(names) for names in groups.values())


async def jumping(person: Person) -> dict[str, tuple[int, int]]:
    """The letters on the screen, with where they are."""
    await person.press("ctrl+o")
    await person.until(lambda: isinstance(person.app.screen, JumpScreen), "letters")
    screen = person.app.screen
    assert isinstance(screen, JumpScreen)
    return {code: (target.x, target.y) for code, target in screen.targets.items()}


def test_every_group_of_the_menu_has_a_name() -> None:
    assert {action_id.partition(".")[0] for action_id in ACTIONS} <= GROUPS.keys()


async def test_letter_goes_to_its_row_and_to_its_message(session: Session) -> None:
    first = a_conversation(session.cache, "from Bo", contact="Bo")
    conversation = a_conversation(session.cache, "the first", contact="Ann")
    a_message(session.cache, conversation.id, "the second")
    async with a_console(session) as person:
        await person.sees("the second")
        main = person.app.main
        found = await jumping(person)
        code = next(code for code, (x, y) in found.items() if (x, y) == (main.queue.region.x, main.queue.region.y + 2))
        await person.press(*code)
        await person.until(lambda: main.desk.shown == first.id)
        await person.press("k")
        await person.sees(" the first")
        found = await jumping(person)
        codes = [code for code, (x, _y) in found.items() if x == main.history.region.x]
        await person.press(*codes[0])
        await person.until(lambda: main.history.has_focus)
        assert main.history.reel.current == 0


async def test_view_is_jumped_to_and_another_key_leaves(session: Session) -> None:
    a_conversation(session.cache)
    async with a_console(session, 180, 40) as person:
        await jumping(person)
        await person.press("escape")
        await person.until(lambda: not isinstance(person.app.screen, JumpScreen))
        sidebar = person.app.main.sidebar.region
        found = await jumping(person)
        code = next(code for code, place in found.items() if place == (sidebar.x, sidebar.y + 1))
        await person.press(*code)
        await person.sees("▌Mine")


async def test_many_targets_take_two_letters(session: Session) -> None:
    for number in range(60):
        a_conversation(session.cache, f"matter {number}", contact=f"Person {number}")
    async with a_console(session, 140, 100) as person:
        assert len(targets(person.app.main.desk)) > 26
        found = await jumping(person)
        code = next(code for code in found if len(code) == 2)
        await person.press(code[0])
        await person.press(code[1])
        await person.until(lambda: not isinstance(person.app.screen, JumpScreen))


async def test_tour_notices_acts_by_what_they_did_and_is_left_and_taken_up(session: Session) -> None:
    for name in ("Dan", "Cleo", "Bo", "Ann"):
        a_conversation(session.cache, f"返金 from {name}", contact=name)
    async with a_console(session, 80, 24) as person:
        await person.press("f7")
        await person.sees("1/8")
        # Keys alone mean nothing: the selection stays where it is.
        await person.press("k")
        await person.sees("Go down in the list: j")
        await person.press("j")
        await person.sees("2/8")
        await person.press("enter")
        await person.sees("3/8")
        await person.press("r")
        await person.sees("REPLY")
        await person.type("yes")
        await person.press("ctrl+s")
        await person.sees("4/8")
        await person.press("u")
        await person.sees("5/8")
        await person.press("f7")
        await person.misses("5/8")
        await person.press("ctrl+p")
        await person.type("tour")
        await person.press("enter")
        await person.sees("5/8")
        await person.press("n")
        await person.sees("INTERNAL NOTE")
        await person.type("for us")
        await person.press("ctrl+s")
        await person.sees("6/8")
        await person.press("slash")
        await person.sees("Search all")
        await person.type("返金")
        await person.sees("from Ann")
        await person.press("enter")
        await person.sees("7/8")
        await person.press("d", "d")
        await person.sees("8/8")
        await person.press("ctrl+p")
        await person.sees("What to do")
        await person.press("escape")
        await person.sees("That was the tour")


def test_tour_begins_by_itself_only_once_and_only_in_the_demo(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from omnitui.services.demo.profile import open_demo
    from omnitui.ui.console import begins_tour
    from omnitui.ui.tour import kept

    monkeypatch.setenv("OMNITUI_HOME", str(tmp_path / "demo"))
    monkeypatch.delenv("OMNITUI_TOUR", raising=False)
    assert not begins_tour(session)
    with open_demo(speed=0) as demo:
        assert begins_tour(demo)
        monkeypatch.setenv("OMNITUI_TOUR", "0")
        assert not begins_tour(demo)
        monkeypatch.delenv("OMNITUI_TOUR")
        kept(demo).write_text("note")
        assert not begins_tour(demo)


async def test_tour_whose_place_is_damaged_begins_anew(session: Session) -> None:
    from omnitui.ui.tour import kept

    a_conversation(session.cache, contact="Ann")
    kept(session).write_bytes(b"\xff\xfe\x00")
    async with a_console(session) as person:
        await person.press("f7")
        await person.sees("1/8")


async def test_dialogs_leave_the_tour_in_sight_on_the_smallest_screen(session: Session) -> None:
    a_conversation(session.cache, contact="Ann")
    async with a_console(session, 60, 20) as person:
        await person.press("f7")
        await person.sees("1/8")
        strip = person.app.main.query_one("#tour")
        for key, what in (("ctrl+p", "What to do"), (",", "Which group?")):
            await person.press(key)
            await person.sees(what)
            assert 0 < person.app.screen.query_one(".dialog, .menu").region.bottom <= strip.region.y
            await person.press("escape")
            await person.misses(what)
