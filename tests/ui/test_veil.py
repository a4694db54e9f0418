"""The veil over customers' words."""

from __future__ import annotations

from pathlib import Path

from omnitui.text.widths import cell_width
from omnitui.ui.veil import covered, veil
from tests.support.console import a_console, a_session
from tests.support.desk import a_conversation

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
            await person.sees("xxxxxxxx")
            assert "Ann" not in person.screen
            await person.press("f12", "u")
            await person.sees("Ann Example")
            await person.misses("veiled")
