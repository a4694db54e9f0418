"""What a file is by its first bytes, and whether its name says something else."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from omnitui.text.widths import cell_width, crop

HEAD: Final = 512
"""Bytes from the beginning that tell."""
_LONGEST: Final = 12
"""Characters of an ending that are worth their room."""

_SIGNS: Final = (
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\xfe\xed\xfa\xcf", "program"),
    (b"\xca\xfe\xba\xbe", "program"),
    (b"\x4c\x00\x00\x00\x01\x14\x02\x00", "shortcut"),
    (b"#!", "script"),
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"PK\x03\x04", "zip"),
    (b"Rar!\x1a\x07", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
)
_HTML: Final = (b"<!doctype html", b"<html", b"<script", b"<head", b"<body")
_DANGEROUS: Final = frozenset(("program", "script", "shortcut", "html"))
_ENDINGS: Final = {
    "program": ["exe", "dll", "com", "scr", "sys", "cpl", "ocx", "so", "bin", "o", "dylib", "class", "elf", "efi"],
    "shortcut": ["lnk"],
    "script": ["sh", "bash", "zsh", "py", "pl", "rb", "js", "mjs", "php", "awk", "tcl", "command"],
    "pdf": ["pdf", "ai"],
    "png": ["png", "apng"],
    "jpeg": ["jpg", "jpeg", "jpe", "jfif", "mpo"],
    "gif": ["gif"],
    "rar": ["rar"],
    "7z": ["7z"],
    "html": ["html", "htm", "xhtml", "shtml", "mht", "mhtml", "php", "asp", "jsp", "svg", "xml", "eml", "hta"],
    "office": ["doc", "dot", "xls", "xlt", "xla", "ppt", "pot", "pps", "msg", "msi", "mpp", "vsd", "pub", "wps", "db"],
}
_NAMED: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}


def kind_of(head: bytes) -> str:
    """What the first bytes of a file show: "pdf", "program", "zip" …; "" where they do not tell."""
    for sign, kind in _SIGNS:
        # A text may begin with the letters MZ; a program has more than letters.
        if head.startswith(sign) and (sign != b"MZ" or b"\0" in head[:HEAD]):
            return kind
    return "html" if head[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_HTML) else ""


def pretends(name: str, head: bytes) -> str:
    """What a file is where its name promises something else; "" where both agree or nobody can tell."""
    kind, ending = kind_of(head), PurePosixPath(name.strip()).suffix.lower().lstrip(".")
    if not kind or ending in _ENDINGS.get(kind, ()):
        return ""
    if kind in _DANGEROUS:
        return kind
    # Many formats are archives inside; none of these is.
    return kind if ending in _NAMED else ""


def short_name(name: str, cells: int) -> str:
    """A file's name in at most `cells`, with its true ending: what is cut is cut before it."""
    if len(name) <= cells and cell_width(name) <= cells:
        return name
    ending = PurePosixPath(name).suffix[-_LONGEST:]
    room = cells - cell_width(ending)
    return crop(name[: len(name) - len(ending)], room) + ending if room > 1 else crop(name, cells)
