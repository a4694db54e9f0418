"""Links are seen for what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.links import find_links, inspect, link_suffix
from omnitui.text.web.html import html_links


@pytest.mark.parametrize(
    ("url", "allowed", "host"),
    [
        ("https://Example.com:8443/x?y", True, "example.com"),
        ("http://user@evil.test/", True, "evil.test"),
        ("mailto:a@b.c?subject=x", True, "a@b.c"),
        ("javascript:alert(1)", False, ""),
        ("java\tscript:alert(1)", False, ""),
        ("data:text/html,x", False, ""),
        ("file:///etc/passwd", False, ""),
        ("https://", False, ""),
        ("http://[::1", False, ""),
    ],
)
def test_only_web_and_mail_links_are_allowed(url: str, allowed: bool, host: str) -> None:
    link = inspect(url)
    assert (link.allowed, link.host) == (allowed, host)


def test_punycode_is_shown_both_ways() -> None:
    link = inspect("https://xn--80ak6aa92e.com/")
    assert (link.host, link.punycode) == ("аррӏе.com", "xn--80ak6aa92e.com")
    assert inspect("https://日本語.jp/").punycode == "xn--wgv71a119e.jp"


def test_letters_of_several_scripts_in_a_label_are_flagged() -> None:
    assert inspect("https://pаypal.com/").mixed_script
    assert not inspect("https://日本カメラabc.jp/").mixed_script
    assert not inspect("https://example.com/").mixed_script


@pytest.mark.parametrize(
    ("text", "url", "mismatch"),
    [
        ("https://bank.example/login", "https://evil.test/", True),
        ("www.bank.example", "https://evil.test/", True),
        ("bank.com", "https://bank.com.evil.test/", True),
        ("bank.com", "https://www.bank.com/x", False),
        ("Click here", "https://evil.test/", False),
        ("report.pdf", "https://files.test/report.pdf", False),
        ("help@bank.com", "mailto:evil@x.test", True),
        ("help@bank.com", "mailto:help@bank.com", False),
    ],
)
def test_text_that_names_another_host_is_flagged(text: str, url: str, mismatch: bool) -> None:
    assert inspect(url, text).mismatch is mismatch


def test_credentials_before_the_host_are_flagged() -> None:
    assert inspect("https://bank.com@evil.test/").credentials
    assert inspect("https://bank.com@evil.test/").host == "evil.test"


def test_what_looks_like_a_trap_is_marked_behind_the_text() -> None:
    assert link_suffix("Click here", "https://example.com/") == " <example.com>"
    assert link_suffix("Click here", "https://bank.com@evil.test/") == " <!evil.test!>"
    assert link_suffix("Click here", "https://pаypal.com/") == " <!pаypal.com = xn--pypal-4ve.com!>"
    assert link_suffix("bank.com", "https://evil.test/") == " <!evil.test!>"


@given(st.text(max_size=80), st.text(max_size=40))
def test_inspect_never_raises(url: str, text: str) -> None:
    inspect(url, text)
    inspect("https://" + url, text)


def test_links_of_a_text_end_where_the_sentence_goes_on() -> None:
    text = (
        "See https://a.example/x_(y), (http://b.example/z). https://a.example/x_(y) "
        "詳しくはhttps://例え.jp/「引用」へ。mailto:a@b.example, javascript:x"
    )
    found = ["https://a.example/x_(y)", "http://b.example/z", "https://例え.jp/", "mailto:a@b.example"]
    assert find_links(text) == found


def test_links_of_html_come_with_what_they_show() -> None:
    source = (
        '<a href="https://evil.example/p">www.bank.example</a> <a href="x"></a><a href="mailto:a@b.example">write</a>'
    )
    assert html_links(source) == [("www.bank.example", "https://evil.example/p"), ("write", "mailto:a@b.example")]
