"""Where a fault of a TOML file is said to stand, however its author wrote the table."""

from __future__ import annotations

import tomllib

import pytest

from omnitui.config.lines import line_of

WHEN = ("vip", "when")


@pytest.mark.parametrize(
    "text",
    [
        "\n[vip]\n\nwhen = 1 #!",
        '\n["vip"] # ours\nwhen = 1 #!',
        "[ 'vip' ]\n\"when\" = 1 #!",
        '["v\\u0069p"]\n"wh\\u0065n" = 1 #!',
        "\n  [vip]\n  on = 1\n\twhen=1 #!",
        "[other]\nwhen = 1\n[vip]\nwhen = 1 #!\n[vip.sub]\nwhen = 1",
        "vip.on = 1\nvip.when = 1 #!",
        '"vip" . when = 1 #!',
        'vip = {on = 1, when = 1} #!\n[[other]]',
        "[vip.when] #!\nx = 1",
        "[vip.sub]\nwhen = 1\n[vip]\nwhen = 1 #!",
        '[vip]\non = """\n[vip]\nwhen = 2\n"""\nwhen = 1 #!',
        "[vip]\non = [\n  'when = 2', # when = 3\n]\nwhen = 1 #!",
        "[vip]\non = '\u2028\x85'\nwhen = 1 #!",
        "[vip]\r\non = 1\r\nwhen = 1 #!\r\n",
    ],
)  # fmt: skip
def test_key_is_found_however_its_table_is_written(text: str) -> None:
    assert tomllib.loads(text)["vip"]["when"]
    at = next(number for number, line in enumerate(text.split("\n"), 1) if "#!" in line)
    assert line_of(text, WHEN[:1], WHEN[1]) == at


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.b", '\n["a.b"] #!\n[a.b]'),
        ("返金", '[x]\n["返金"] #!'),
        ('say "no"', "[x]\n['say \"no\"'] #!"),
        ('say "no"', '[x]\n["say \\"no\\""] #!'),
        ("", '[x]\n[""] #!'),
        ("vip", '[x]\ny = """\n[vip]"""\n[ "vip" ] #!'),
        ("vip", "x = 1\nvip = 2 #!"),
        ("vip", "x = 1\nvip.on = 2 #!\nvip.do = 3"),
        ("vip", "x = 1\n[vip.sub] #!\ny = 1"),
    ],
)
def test_table_without_that_key_is_pointed_at_itself(name: str, text: str) -> None:
    assert name in tomllib.loads(text)
    at = next(number for number, line in enumerate(text.split("\n"), 1) if "#!" in line)
    assert line_of(text, (name,), "when") == line_of(text, (name,)) == at


@pytest.mark.parametrize(
    "text",
    [
        "[vip]\n[[vip.do]]\nlabel = 'a'\n[[vip.do]]\nlabel = 'b' #!\n[[vip.do]]\nlabel = 'c'",
        "[['vip'.do]]\nlabel = 'a'\n[[vip.\"do\"]]\nnote = 'x'\nlabel = 'b' #!",
        "[vip]\ndo = [{label = 'a'}, {label = 'b'}] #!",
        "[vip]\ndo = [\n  # two\n  {label = 'a'},\n  {label = 'b'}, #!\n  {label = 'c'},\n]",
        "vip.do = [\n  {label = 'a'}, {note = '''\n]'''},\n]\n".replace("{note", "{label = 'b', note")
        .replace("]'''},", "]'''}, #!"),
        "[[vip.do]]\nlabel = 'a'\n[[vip.do]]\n[vip.do.label] #!\nx = 1",
    ],
)  # fmt: skip
def test_one_of_several_steps_is_found(text: str) -> None:
    assert len(tomllib.loads(text)["vip"]["do"]) > 1
    at = next(number for number, line in enumerate(text.split("\n"), 1) if "#!" in line)
    assert line_of(text, ("vip", "do"), "label", number=1) == at


def test_step_that_is_no_table_is_pointed_at_what_stands_for_them() -> None:
    assert line_of("[vip]\non = 1\ndo = 'x'\n", ("vip", "do"), "label", number=0) == 3


@pytest.mark.parametrize(("opening", "line"), [('"""\n', 4), ('"""', 3)])
def test_line_of_a_text_is_counted_from_where_it_begins(opening: str, line: int) -> None:
    text = f'[vip]\nwhen = {opening}one\ntwo"""\n'
    assert line_of(text, ("vip",), "when", within=2) == line


def test_what_is_not_there_is_the_first_line() -> None:
    assert line_of("[a]\nb = 1\n", ("c",), "b") == line_of("[a]\nb = 1\n", (), "c") == line_of("", ("c",)) == 1
    assert line_of("x = 1\nb = 1\n[a]\n", (), "b") == 2
    assert line_of("x = 1\n[[do]]\n", (), "do") == 2
