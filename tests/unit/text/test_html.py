"""HTML mail becomes what a person would read, and nothing of what they would not see."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.web.html import declared_charset, html_to_text
from omnitui.text.widths import cell_width


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>Hello</p><p>World</p>", "Hello\n\nWorld"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<h2>Title</h2>text", "## Title\n\ntext"),
        ("<ul><li>a<li>b<ol><li>c<li>d</ol></ul>", "- a\n- b\n  1. c\n  2. d"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
        ("<blockquote>q<blockquote>r</blockquote></blockquote>t", "> q\n>\n> > r\n\nt"),
        ("<head><title>x</title><style>p{}</style></head><script>alert(1)</script>ok", "ok"),
        ("a&nbsp;&amp;&#27;[31mb&#x9b;", "a &[31mb›"),
        ("<img src=x alt=Logo> <img src=y>", "[image: Logo]"),
        ("<img src=t width=1 height=1 alt=open>text", "text"),
        ("<span style='display:none'>pre</span>text", "text"),
        ("<div style='max-height:0;overflow:hidden'>pre<b>header</b></div>text", "text"),
        ("<div style='mso-hide:all'>pre</div>text", "text"),
        ("<span style='color:#fff;background:#ffffff'>pre</span>text", "text"),
        ("<span style='font-size:0px'>pre</span>text", "text"),
        ("<span style='font-size:10px'>seen</span>", "seen"),
        ("<a href='https://example.com/a'>Shop</a>", "Shop <example.com/…>"),
        ("<a href='https://example.com/'>example.com</a>", "example.com"),
        ("<a href='https://evil.test/'>https://bank.example</a>", "https://bank.example <!evil.test!>"),
        ("<a href='javascript:x()'>go</a>", "go <javascript: blocked>"),
        ("<a href='https://xn--80ak6aa92e.com/'>go</a>", "go <аррӏе.com = xn--80ak6aa92e.com>"),
        ("<a href='mailto:a@b.c'>write</a>", "write <a@b.c>"),
        ("1 < 2 <3", "1 < 2 <3"),
        ("<!-- <b>no</b> -->yes<!DOCTYPE html>", "yes"),
        ("<table><tr><td><table><tr><td>inner</td></tr></table></td><td>side</td></tr></table>", "inner\nside"),
    ],
)
def test_html_is_shown_as_a_reader_would_see_it(source: str, text: str) -> None:
    assert html_to_text(source) == text


def test_data_table_with_japanese_columns_is_aligned() -> None:
    rows = [("商品", "数量", "金額"), ("椅子", "2", "¥12,000"), ("オフィスデスク", "10", "¥300,000")]
    source = "<table>" + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows) + "</table>"
    lines = html_to_text(source).split("\n")
    starts = {cell_width(line[: line.index(row[1], len(row[0]))]) for line, row in zip(lines, rows, strict=True)}
    assert len(starts) == 1
    assert len(lines) == 3


def test_table_in_a_quote_keeps_the_quote_marks() -> None:
    source = "<blockquote><table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table></blockquote>"
    assert html_to_text(source) == "> a  b\n> c  d"


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 5_000 + "deep",
        "<table><tr><td>" * 5_000 + "deep",
        "<blockquote>" * 5_000 + "deep",
        "<a " * 300_000,
        "<a '\">" * 100_000,
        "<!--" * 200_000,
        "<" * 500_000,
        "</p>" * 200_000,
        "&" * 500_000,
        "<p " + "a=b " * 200_000 + ">x",
        "<script>" * 100_000,
        "<b><i>" * 50_000 + "</b>" * 100_000,
        "<td>x" * 100_000,
    ],
)
def test_hostile_html_takes_no_time(source: str) -> None:
    start = time.process_time()
    html_to_text(source)
    assert time.process_time() - start < 4


def test_deep_text_is_not_lost() -> None:
    assert "deep" in html_to_text("<div><span>" * 5_000 + "deep")


PIECES = "<p>|</p>|<table>|<tr>|<td>|</table>|<a href='http://[x'>|<ul>|<li>|<pre>|</pre>|<|>|\"|x|\n|&#0;|<img alt=|"
PIECES += "</blockquote>|<blockquote>|<h9>|<style>|<td style='font-size:0'>|&#27;"


@given(st.lists(st.sampled_from(PIECES.split("|")), max_size=25).map("".join) | st.text(max_size=80))
def test_html_never_raises(source: str) -> None:
    text = html_to_text(source)
    assert "\x00" not in text
    assert "\x1b" not in text


def test_meta_names_the_charset() -> None:
    assert (
        declared_charset(b'<html><meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">')
        == "Shift_JIS"
    )
    assert declared_charset(b"<meta charset=utf-8>") == "utf-8"
    assert declared_charset(b"<p>no</p>") == ""
