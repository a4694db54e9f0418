"""The pages that people read: their commands parse, their keys exist, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from omnitui.cli.table import find
from omnitui.cli.verbs import load, parse
from omnitui.services.actions import ACTIONS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PIPES = {"|", ">", ">>", "<", "&&"}


def shell_lines(page: Path) -> Iterator[list[str]]:
    """The words of each command of ours in the blocks of a page, up to a pipe."""
    for language, block in BLOCK.findall(page.read_text("utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            if language in ("", "sh") and line.startswith("omnitui "):
                words = shlex.split(line, comments=True)
                yield words[1 : next((at for at, word in enumerate(words) if word in PIPES), len(words))]


def commands() -> list[object]:
    return [
        pytest.param(words, id=f"{page.stem}-{' '.join(words)[:40]}") for page in PAGES for words in shell_lines(page)
    ]


@pytest.mark.parametrize("words", commands())
def test_command_of_a_page_parses(words: list[str]) -> None:
    entry, own = find(words)
    assert entry is not None
    parse(entry, load(entry), own)


def test_pages_have_commands() -> None:
    assert len(commands()) > 20


def headings(page: Path) -> set[str]:
    """The anchors of a page, as code forges make them."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.is_file(), target
        assert not anchor or anchor in headings(there), target


def test_every_page_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [page.name for page in PAGES if page.name != "README.md" and f"{page.name})" not in readme] == []


KNOWN = {key.replace(" ", "") for action in ACTIONS.values() for key in action.keys}


def test_keys_of_the_tour_are_in_the_table_of_actions() -> None:
    tour = re.findall(r"^\| (`.+?) \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    named = [key for cell in tour for key in re.findall(r"`([^`]+)`", cell)]
    assert len(named) > 10
    assert set(named) <= KNOWN


def test_keys_of_the_desk_page_are_in_the_table_of_actions() -> None:
    text = (ROOT / "docs/desk.md").read_text("utf-8")
    named = {key.replace(" ", "") for key in re.findall(r"`((?:ctrl\+)?[A-Za-z](?: [a-z])?|enter)`", text)}
    assert len(named) > 5
    assert named <= KNOWN
