"""What strangers and typing hands may give to our parsers: none raises, hangs, or lets through what it promises not to.

`make test` tries a few inputs of each kind, the same every time; `make torture` tries thousands of new ones and prints
how to repeat the one that failed.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from omnitui.config import settings as settings_module
from omnitui.config.files import load_settings
from omnitui.desk.belonging import tokens
from omnitui.desk.querying import parsing as query
from omnitui.errors import ConfigError
from omnitui.ids import Ulid, encode
from omnitui.paths import Profile
from omnitui.services.actions import ACTIONS
from omnitui.services.keys.keymap import read_keymap
from omnitui.services.programs.commands import read_commands
from omnitui.store.cache import Cache
from omnitui.store.reads import inbox, search
from omnitui.text import filenames, links, safe
from omnitui.text.mail import addresses, charsets
from omnitui.text.mail import parsing as mail
from omnitui.text.mail import wire as mail_wire
from omnitui.text.quoting import quotes, signatures
from omnitui.text.web import html
from tests.support.desk import a_cache, a_conversation
from tests.support.odd_mails import generated, mutated
from tests.support.payloads import PAYLOADS
from tests.support.promises import Promise

SHORT = 60
LONG = 10_000
CROWDED = (
    *(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
    *(HealthCheck.large_base_example, HealthCheck.function_scoped_fixture),
)
"""What a slow machine, or input that is large on purpose, may not fail for."""
SECONDS = 6.0
"""Processor time for one input; the limit of the product is 2 s, and what is quadratic takes minutes."""
KEY = b"k" * 32
ULID = encode(1_750_000_000_000, 7)
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class World:
    """What a target may use: a cache with a few conversations, and a folder for files."""

    cache: Cache
    folder: Path


@dataclass(frozen=True)
class Target:
    """One parser: what it is given, and what has to hold."""

    name: str
    inputs: st.SearchStrategy[Any]
    holds: Callable[[World, Any], None]
    known: tuple[Any, ...] = ()
    """Inputs that it did not withstand once."""


PAYLOAD = st.sampled_from(sorted(PAYLOADS.values())).map(lambda text: text[:300])
ANY = st.text(st.characters(), max_size=12)
TEXT = st.lists(
    st.one_of(ANY, PAYLOAD, st.sampled_from((" ", "\n", "\r\n", "日本語", "-- ", "> ", "\t"))), max_size=12
).map("".join)


def pieces(*words: str, size: int = 24) -> st.SearchStrategy[str]:
    """Texts of a grammar's own words, mixed with anything."""
    return st.lists(st.one_of(st.sampled_from(words), st.sampled_from(words), ANY, PAYLOAD), max_size=size).map("".join)


MAILS = st.builds(
    lambda seed, times, tail: mutated(random.Random(seed), generated(random.Random(seed))) * times + tail,
    st.integers(0, 2**32),
    st.sampled_from((1, 1, 1, 2)),
    st.binary(max_size=40),
)
SOUP = pieces(
    *(
        "<p>",
        "</p>",
        "<div style='",
        "display:none",
        "'>",
        "<table><tr><td>",
        "</table>",
        "<blockquote>",
        "</blockquote>",
    ),
    *("<a href='", "<a href=http://a.b/>", "javascript:", "<img src=x alt=", "<!--", "-->", "<script>", "</script>"),
    *("&#27;", "&#x9b;", "&amp", "&#xD800;", "<li>", "<pre>", "\n", "x ", '"', "=", ">", "<", "</", "<![CDATA["),
)
URLS = pieces(
    *("http://", "https://", "mailto:", "HTTP:", "javascript:", "//", "@", ":", "[", "]", "%00", "%2e", "/", "?", "#"),
    *("example.com", "xn--80ak6aa92e.com", "аррӏе.com", ".", "..", ":99999", "127.1", "[::1]", "\\", "\t", "　", "。"),
    size=10,
)
LINES = pieces(
    *(
        "> ",
        ">>",
        "-- \n",
        "--\n",
        "On Mon, 3 Jun 2024 at 10:15, A <a@b.c> wrote:\n",
        "2024年6月3日(月) 10:15 A <a@b.c>:\n",
    ),
    *(
        "-----Original Message-----\n",
        "From: a@b.c\n",
        "Sent from my iPhone\n",
        "━━━━━\n",
        "```\n",
        "\n",
        "text\n",
        "\r",
    ),
)
QUERIES = pieces(
    *(
        "is:",
        "open",
        "assignee:",
        "me",
        "label:",
        "channel:",
        "after:",
        "before:",
        "7d",
        "2026-05-01",
        "has:attachment",
    ),
    *(
        " OR ",
        " AND ",
        "-",
        "(",
        ")",
        '"',
        "sla:<1h",
        "from:",
        "返金",
        "'",
        ";",
        "--",
        "*",
        "NEAR(",
        "^",
        ":",
        " ",
        "%",
        "_",
    ),
)
NAMES = pieces(
    "../", "..\\", "/", "\\", ".", "con", "NUL.txt", ".exe", "\u202e", "gpj.", " ", "\x00", "a" * 300, "~", "-rf"
)
HEADERS = pieces("<", ">", "@", ",", ";", '"', "(", ")", "\\", "=?utf-8?B?", "?=", ":", "a@b.c", " ", "\r\n ", "group:")
TOML = pieces(
    *(f"[{name}]\n" for name in ("interface", "replies", "agent", "privacy", "log", "notify", "hooks", "nothing")),
    *(
        f"{name} = "
        for name in sorted({*settings_module.Settings.__annotations__, *settings_module.Interface.__annotations__})
    ),
    *(f'"{name}" = ' for name in list(ACTIONS)[:30]),
    *(
        "[[command]]\n",
        "[x]\n",
        "argv = ",
        'key = "',
        '"',
        "'",
        "true",
        "-1",
        "9" * 40,
        "1e999",
        "nan",
        "[",
        "]",
        "{",
        "}",
    ),
    *('["x"]\n', '["ctrl+m", "d d"]\n', '"%{contact.name}"', ",", "=", "\n", "#", "2026-01-01T00:00:00Z"),
)
TOKENS = st.one_of(
    TEXT,
    st.from_regex(r"[a-zA-Z2-7]{40}", fullmatch=True),
    st.builds(
        lambda at, char: (ours := tokens.make_token(KEY, ULID))[:at] + char + ours[at + 1 :],
        st.integers(0, 39),
        st.characters(),
    ),
    st.builds(lambda key, ulid: tokens.make_token(key, ulid), st.binary(min_size=1, max_size=40), st.just(ULID)),
)
CHARSETS = [
    "utf-8",
    "iso-2022-jp",
    "shift_jis",
    "euc-jp",
    "gb18030",
    "big5",
    "utf-7",
    "utf-16",
    "hz",
    "iso-2022-kr",
    "us-ascii",
]


def mail_holds(world: World, raw: bytes) -> None:
    found = mail.parse_mail(raw)
    assert not any(defect.startswith("parser-") for defect in found.defects), found.defects
    assert mail_wire.from_wire(mail_wire.to_wire(found)) == found
    for part in found.attachments:
        name_holds(world, part.name)


def html_holds(_world: World, source: str) -> None:
    text = html.html_to_text(source)
    assert len(text) <= 2 * html.MAX_OUTPUT
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", text)
    for shown, target in html.html_links(source):
        link_holds(_world, target + shown)


def safe_holds(_world: World, raw: str) -> None:
    for multiline in (True, False):
        text = safe.safe(raw, multiline=multiline)
        assert type(text) is safe.SafeText
        assert not FORBIDDEN.search(text)
        assert multiline or "\n" not in text
        assert safe.safe(str(text), multiline=multiline) == text
        assert safe.strip_controls(text) == text
        text.encode()


def link_holds(_world: World, url: str) -> None:
    link = links.inspect(url, url)
    assert not link.allowed or (link.scheme in links.SCHEMES and link.host)
    assert link.punycode.isascii()
    links.link_suffix(url, url)
    for found in links.find_links(url):
        assert links.inspect(found).allowed
        assert not re.search(r"\s", found)


def quotes_hold(_world: World, text: str) -> None:
    body = quotes.split_reply(text)

    def letters(one: str) -> list[str]:
        return sorted(one.replace("\r", "\n").split())

    assert letters("\n".join((body.reply, body.quoted, body.signature))) == letters(text)


def signature_holds(_world: World, text: str) -> None:
    lines = text.split("\n")
    kept, signature = signatures.cut_signature(lines)
    assert "".join([*kept, *signature]).split() == "".join(lines).split()


def charset_holds(_world: World, given: tuple[bytes, str]) -> None:
    text, _defects = charsets.decode(*given)
    text.encode()
    assert len(text) <= 4 * len(given[0]) + 4


def token_holds(_world: World, token: str) -> None:
    assert tokens.read_token(KEY, token) in (None, ULID)
    if tokens.read_token(KEY, token) == ULID:
        assert token.lower() == tokens.make_token(KEY, ULID)
    address = f"support{tokens.MARK}{token}@example.com"
    assert tokens.token_among(KEY, [address, token], ["support@example.com"]) in (None, ULID)
    tokens.plain_address(address)


def query_holds(world: World, text: str) -> None:
    found: query.Query | None = None
    position = 0
    try:
        found = query.parse(text, now=1_750_000_000_000, me=Ulid(ULID), zone=UTC)
    except query.QueryError as error:
        position = error.position
    if found is None:
        assert 0 <= position <= len(text)
        return
    known = {one.id for one in world.cache.read(inbox.page, query.Query(hidden=True))}
    assert {one.id for one in world.cache.read(inbox.page, found)} <= known
    world.cache.read(search.search, found)


def name_holds(_world: World, name: str) -> None:
    made = filenames.safe_name(name)
    assert made
    assert made not in (".", "..")
    assert not made.startswith(".")
    assert not re.search(r"[/\\\x00-\x1f\x7f]", made)
    assert len(made.encode()) <= 255


def addresses_hold(_world: World, value: str) -> None:
    found, _more = addresses.parse_addresses(value)
    assert len(found) <= addresses.MAX_ADDRESSES
    addresses.parse_addresses(value.encode("utf-8", "surrogatepass"))


def settings_hold(world: World, text: str) -> None:
    file = world.folder / "config.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    file.chmod(0o600)
    profile = Profile("fuzz", world.folder, world.folder, world.folder)
    with suppress(ConfigError):
        load_settings(profile, file)
    assert read_keymap(file).tables
    read_commands(file)


TARGETS = (
    Target("mail", MAILS, mail_holds),
    Target("HTML", SOUP, html_holds),
    Target("safe text", TEXT, safe_holds),
    Target("links", URLS, link_holds),
    Target("quotes", LINES, quotes_hold, ("> a\nOn Mon, 3 Jun 2024 at 10:15, A <a@b.c> wrote:\n-- \n",)),
    Target("signatures", LINES, signature_holds),
    Target("charsets", st.tuples(st.binary(max_size=200), st.one_of(ANY, st.sampled_from(CHARSETS))), charset_holds),
    Target("reply tokens", TOKENS, token_holds),
    Target("queries", QUERIES, query_holds, ("assignee:\ud800",)),
    Target("file names", NAMES, name_holds, ("a\x9cb", "\x8f")),
    Target("addresses", HEADERS, addresses_hold),
    Target("settings, keys and commands", TOML, settings_hold),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("fuzz")
    with a_cache(folder / "data") as cache:
        for text in ("返金をお願いします", "where is my kettle?"):
            a_conversation(cache, text, contact=text[:3], labels=("vip",))
        yield World(cache, folder)


@pytest.mark.parametrize("count", [SHORT, pytest.param(LONG, marks=[pytest.mark.torture, pytest.mark.timeout(3_600)])])
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_parser_withstands_anything(target: Target, count: int, world: World, promise: Promise) -> None:
    tried: list[float] = []

    @settings(
        max_examples=count,
        derandomize=count == SHORT,
        database=None,
        print_blob=True,
        suppress_health_check=CROWDED,
        deadline=None,
    )
    @given(target.inputs)
    def attack(value: Any) -> None:
        begun = time.process_time()
        target.holds(world, value)
        tried.append(time.process_time() - begun)
        assert tried[-1] < SECONDS

    for value in target.known:
        example(value)(attack)
    attack()
    assert len(tried) >= count // 4
    promise(
        f"No input breaks, stops or slips through the reading of {target.name}.",
        f"{len(tried):,} hostile inputs, 0 exceptions, 0 over {SECONDS:.0f} s",
    )
