"""Files that pretend to be something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnitui.text.filetypes import kind_of, pretends, short_name
from omnitui.text.widths import cell_width

PDF, EXE, ZIP, PNG = b"%PDF-1.7\n", b"MZ\x90\x00", b"PK\x03\x04\x14", b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("name", "head", "is_really"),
    [
        ("invoice.pdf", EXE, "program"),
        ("invoice.pdf", b"\x7fELF\x02", "program"),
        ("photo.jpg", b"#!/bin/sh\nrm", "script"),
        ("photo.jpg", b"\xef\xbb\xbf\n <HTML><script>", "html"),
        ("report.docx", b"\x4c\x00\x00\x00\x01\x14\x02\x00", "shortcut"),
        ("noending", EXE, "program"),
        ("invoice.pdf", ZIP, "zip"),
        ("invoice.pdf", PNG, "png"),
        ("photo.png", PDF, "pdf"),
        ("invoice.pdf", PDF, ""),
        ("INVOICE.PDF ", PDF, ""),
        ("report.docx", ZIP, ""),
        ("setup.exe", EXE, ""),
        ("page.html", b"<!DOCTYPE html>", ""),
        ("photo.jpeg", b"\xff\xd8\xff\xe0", ""),
        ("notes.txt", b"hello", ""),
        ("notes.txt", b"MZ-4 is the order number", ""),
        ("invoice.pdf", b"", ""),
    ],
)
def test_a_name_that_promises_something_else_is_found_out(name: str, head: bytes, is_really: str) -> None:
    assert pretends(name, head) == is_really


@given(st.text(max_size=300), st.binary(max_size=64))
def test_no_name_and_no_bytes_raise(name: str, head: bytes) -> None:
    assert pretends(name, head) in ("", kind_of(head))


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "Z")), max_size=200), st.integers(20, 60))
def test_a_name_is_cut_before_its_ending_and_fits(stem: str, cells: int) -> None:
    cut = short_name(f"{stem}.pdf.exe", cells)
    assert cell_width(cut) <= cells
    assert cut.endswith(".exe")
