"""The veil over customers' words."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from pathlib import Path
from typing import Any

from omnitui.clock import HOUR
from omnitui.desk.acting.macros import Do
from omnitui.desk.rules.rule import On, Rule, What
from omnitui.model.states import MessageKind, Priority
from omnitui.model.tasks import TaskKind
from omnitui.sdk import Template
from omnitui.services.actions import ACTIONS
from omnitui.services.incidents.announcing import Announcement, Announcing
from omnitui.services.rules import trials
from omnitui.services.session import Session
from omnitui.services.texts import macros
from omnitui.services.texts.templates import Filled
from omnitui.services.triage import reasons
from omnitui.text.widths import cell_width
from omnitui.ui import acts, screens
from omnitui.ui.last_hop import LastHopModal
from omnitui.ui.look.veil import covered, veil
from omnitui.ui.screens import trial
from omnitui.ui.screens.announcing import AnnounceScreen
from omnitui.ui.screens.incidents import IncidentScreen
from omnitui.ui.screens.macros import run_macro
from omnitui.ui.screens.rule_form import QueryScreen
from omnitui.ui.screens.rules import RuleScreen
from omnitui.ui.screens.setting import change_setting
from omnitui.ui.screens.template import TemplateScreen
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation, a_message

SECRET = ("Ann", "ann@", "kettle", "Order 66")


def test_cover_takes_the_same_cells_and_says_nothing() -> None:
    for text in ("Ann O'Hara", "山田 花子", "👩‍👩‍👧 ok 12", "é́tude", "김서연", "‘ﾊﾝｶｸ’"):
        hidden = covered(text)
        assert cell_width(hidden) == cell_width(text)
        assert not set(hidden) & set("AnHar山田花子é김ﾊ")
        assert covered(text) == hidden


def test_words_of_ours_are_shown_and_a_customer_is_covered_everywhere() -> None:
    line = (("── ", "line"), ("Today", "day"), ("Ann", "theirs"), ("14:02", "muted"), ("a kettle", "text"))
    assert veil(line, private=True)[1:] == (
        ("Today", "day"),
        ("Xxx", "theirs"),
        ("14:02", "muted"),
        ("x xxxxxx", "text"),
    )
    assert veil(line, private=False)[-1] == ("a kettle", "text")


async def test_one_key_covers_customers_words_on_every_pane_and_another_shows_them(tmp_path: Path) -> None:
    with a_session(tmp_path) as session:
        a_conversation(session.cache, "my kettle broke", contact="Ann Example", subject="Order 66")
        async with a_console(session, 140, 40) as person:
            await person.sees("my kettle broke")
            await person.press("backslash")
            await person.sees("veiled")
            await person.sees("xx xxxxxx xxxxx")
            for word in SECRET:
                assert word not in person.screen, word
            await person.press("ctrl+p")
            await person.sees("where to go")
            await person.type("kettle")
            await person.sees("Xxxxx 00")
            assert "Ann" not in person.screen
            await person.press("escape", "r")
            await person.sees("xxx@xxxxxxx.xxx")
            await person.press("escape")
            await person.press("d", "d")
            await person.sees(": resolved")
            assert "Ann" not in person.screen
            await person.press("f12", "u")
            await person.sees("Ann Example")
            await person.misses("veiled")


CANARY = "Zanzibarov"
KANA = "ツチグモ"


def a_desk_of_canaries(session: Session) -> None:
    """One customer and everything that may be known of him, with the same word in all of it."""
    cache = session.cache
    conversation = a_conversation(
        cache, f"{CANARY} writes {KANA}", contact=f"Ann {CANARY}", subject=f"About {CANARY} {KANA}"
    )
    a_message(cache, conversation.id, f"says {CANARY}: https://{CANARY}.example", files=[f"{CANARY}.pdf"])
    a_message(cache, conversation.id, f"{CANARY} was merged by {CANARY}", kind=MessageKind.ACTIVITY)
    a_conversation(cache, f"the other matter of {CANARY}", contact=f"Ann {CANARY}", subject=f"More of {CANARY}")
    contact = conversation.contact_id
    assert contact is not None
    operations = session.operations
    operations.set_contact(
        contact, {"about": f"{CANARY} {KANA}", "segment": CANARY, "fields": {"favourite": CANARY, "note": KANA}}
    )
    operations.note(conversation.id, f"about {CANARY}")
    for hours in (1, 2):
        operations.add_task(conversation.id, TaskKind.CALL_BACK, cache.clock.now() + hours * HOUR, f"ask {CANARY}")
    operations.set_priority([conversation.id], Priority.HIGH)
    operations.label([conversation.id], add=["parcel"])


def actions_to_try() -> list[str]:
    """Every action but steps and those that leave, start other programs, or take the veil away."""
    others = {"conversation.editor", "conversation.pipe", "composer.editor", "history.open", "history.save"}
    leaving = {"app.quit", "app.suspend", "app.veil"}
    steps = ("up", "down", "first", "last", "top", "bottom", "next", "previous", "wider", "narrower", "_message")
    return sorted(one for one in ACTIONS.keys() - others - leaving if not one.endswith(steps))


def dialogs(kind: type[LastHopModal[Any]] = LastHopModal) -> set[str]:
    """Every dialog that there is, also those that nobody has needed yet."""
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)
    return {name for one in kind.__subclasses__() for name in (one.__name__, *dialogs(one))}


async def test_no_screen_shows_a_customer_under_the_veil(tmp_path: Path) -> None:
    seen: dict[str, str] = {}
    opened: set[str] = set()
    with a_session(tmp_path) as session:
        a_desk_of_canaries(session)
        reasons.give(session.profile, reasons.EXAMPLE)
        macros.give(session.profile, "hello", '[[do]]\nnote = "Dear {{ contact.name }}"\n')
        async with a_console(session, 140, 40) as person:
            await person.sees(CANARY)
            await person.press("f12")
            await person.misses(CANARY)
            desk = person.app.main.desk

            async def look(what: str) -> None:
                await person.pilot.pause()
                opened.add(type(person.app.screen).__name__)
                for word in (CANARY, CANARY.lower(), KANA):
                    if word in person.screen:
                        seen.setdefault(what, next(line for line in person.screen.splitlines() if word in line).strip())

            async def try_out(what: str) -> None:
                await look(what)
                if person.app.screen is not person.app.main:
                    await person.type(CANARY[:6])
                    await look(f"{what}, typing")
                while person.app.screen is not person.app.main:
                    person.app.pop_screen()
                    await person.pilot.pause()

            desk.spawn(change_setting(desk, "interface.rows"))
            await try_out("changing a setting")
            # What needs a conversation that is open comes before everything that may close it.
            acts.run(desk, "conversation.pipe")
            await try_out("conversation.pipe")
            acts.run(desk, "conversation.reply")
            await person.until(lambda: person.app.main.composer.draft is not None, "a reply being written")
            await try_out("conversation.reply")
            template = Filled(Template("order", "en", "Dear {{name}}, we have news."), (f"Ann {CANARY}",))
            desk.spawn(desk.ask(TemplateScreen(template)))
            await person.until(lambda: person.app.screen is not person.app.main, "a template to fill in")
            await try_out("a template")
            acts.run(desk, "composer.attach")
            await person.until(lambda: person.app.screen is not person.app.main, "a choice of files")
            await try_out("composer.attach")

            async def look_behind(key: str) -> None:
                acts.run(desk, "go.accounts")
                await person.until(lambda: person.app.screen is not person.app.main, "the accounts")
                accounts = person.app.screen
                await person.press(key)
                await person.until(lambda: person.app.screen is not accounts, "what lies behind")
                await person.pilot.pause(0.2)
                await try_out(f"an account, {key}")

            desk.spawn(run_macro(desk, "hello"))
            await person.until(lambda: person.app.screen is not person.app.main, "what a macro would do")
            await try_out("a macro")
            await look_behind("s")
            await look_behind("w")
            cause = session.operations.open_incident("Payments fail", ids=[desk.shown or ""])[0].object_id
            variants = Announcing(session.cache).foresee_announcement(cause, Announcement(f"Dear {CANARY}"))
            for dialog in (IncidentScreen(desk, cause), AnnounceScreen("Payments fail", variants, None)):
                desk.spawn(desk.ask(dialog))
                await person.until(lambda: person.app.screen is not person.app.main, "an incident")
                await try_out(type(dialog).__name__)
            rule = Rule("r", "R", (On(What.MESSAGE),), (Do("note", "Dear {{ contact.name }}"),))
            tried = await asyncio.to_thread(trials.attempt, session, rule)
            assert tried.fired
            desk.spawn(trial.show(desk, tried))
            await person.until(lambda: person.app.screen is not person.app.main, "what a rule would have done")
            await try_out("a rule that was tried")
            for picker in (RuleScreen("Rules", ()), QueryScreen(desk, "")):
                desk.spawn(desk.ask(picker))
                await person.until(lambda: person.app.screen is not person.app.main, "rules")
                await try_out(type(picker).__name__)
            for action in actions_to_try():
                acts.run(desk, action)
                await try_out(action)
                desk.show(desk.shown)
    assert seen == {}
    assert opened >= {name for name in dialogs() if not name.startswith("_")}
