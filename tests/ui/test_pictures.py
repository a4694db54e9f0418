"""Pictures in the terminal: what it is asked, what is decoded, and how they are spelled."""

from __future__ import annotations

import base64
import io
import re
import struct
import subprocess
import sys
import zlib
from types import SimpleNamespace

import pytest

from omnitui.text import pixels
from omnitui.ui.outside import decoding
from omnitui.ui.outside.decoding import NoDecoder
from omnitui.ui.outside.graphics import Way, drawn, sixels, spelled, way_of
from omnitui.ui.outside.png import decoded


def a_png(kind: int, width: int, pixels: bytes, way: int = 0) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, 1, 8, kind, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(range(9))) if kind == 3 else b""
    packed = chunk(b"IDAT", zlib.compress(bytes((way,)) + pixels))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + packed + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "pixels", "way", "rgb"),
    [
        (2, b"\x01\x02\x03\x01\x01\x01", 1, b"\x01\x02\x03\x02\x03\x04"),
        (0, b"\x05\x06", 0, b"\x05\x05\x05\x06\x06\x06"),
        (3, b"\x01\x02", 0, b"\x03\x04\x05\x06\x07\x08"),
        (6, b"\xff\x00\x00\xff\x00\xff\x00\x00", 0, b"\xff\x00\x00\x00\x00\x00"),
    ],
)
def test_png_is_decoded(kind: int, pixels: bytes, way: int, rgb: bytes) -> None:
    assert decoded(a_png(kind, 2, pixels, way)).rgb == rgb


@pytest.mark.parametrize("data", [b"", b"GIF89a", a_png(2, 2, b"\x00"), a_png(2, 9_000_000, b""), a_png(5, 2, b"ab")])
def test_broken_picture_is_no_picture(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decoded(data)


@pytest.mark.parametrize(
    ("answer", "way"),
    [
        (b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c", Way.KITTY),
        (b"\x1bP>|WezTerm 2024\x1b\\\x1b[?65;4;6c", Way.ITERM),
        (b"\x1b[?62;4;22c", Way.SIXEL),
        (b"\x1b[?62;22;44c", Way.NONE),
        (b"", Way.NONE),
    ],
)
def test_terminal_is_believed_by_its_answer_alone(answer: bytes, way: Way) -> None:
    assert way_of(answer) is way


def test_picture_is_drawn_of_half_blocks_where_there_are_colours_enough_within_the_screen() -> None:
    assert drawn({"COLORTERM": "truecolor"}) is Way.BLOCKS
    assert drawn({"TERM": "screen-256color"}) is Way.COARSE
    assert drawn({"TERM": "xterm"}) is drawn({"COLORTERM": "truecolor", "NO_COLOR": "1"}) is Way.NONE
    data = a_png(2, 200, b"\xff\x00\x00\x00\xff\x00" * 100)
    (exact,), (coarse,) = list(spelled(Way.BLOCKS, data, 80, 3)), list(spelled(Way.COARSE, data, 80, 3))
    assert exact.startswith(b"\x1b[38;2;255;0;0")
    assert coarse.startswith(b"\x1b[38;5;196")
    for drawing in (exact, coarse):
        lines = drawing.decode().split("\r\n")
        assert len(lines) <= 3
        assert max(line.count("▀") for line in lines) <= 80
        assert all(line.endswith("\x1b[0m") for line in lines)


def test_picture_is_spelled_for_each_terminal() -> None:
    data = a_png(2, 2, b"\xff\x00\x00\x00\xff\x00")
    assert b"".join(spelled(Way.KITTY, data, 80, 20)).startswith(b"\x1b_Ga=T,f=100,q=2,c=1,r=1,m=0;")
    assert b"inline=1" in b"".join(spelled(Way.ITERM, b"\xff\xd8 jpeg", 80, 20))
    assert b"#180@$#30?@-" in sixels(decoded(data))
    with pytest.raises(ValueError, match=r"."):
        list(spelled(Way.SIXEL, b"\xff\xd8 jpeg", 80, 20))


def a_file(form: str, width: int, height: int, **options: object) -> bytes:
    """A red picture, as Pillow writes it."""
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'omnitui[pictures]'")
    file = io.BytesIO()
    image.new("RGB", (width, height), (255, 0, 0)).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "GIF", "WEBP"])
def test_other_form_is_decoded_small_enough_for_the_screen(form: str) -> None:
    picture = decoding.decoded(a_file(form, 300, 100), 60, 60)
    assert (picture.width, picture.height) == (60, 20)
    red, green, blue = picture.row(10)[90:93]
    assert red > 240
    assert max(green, blue) < 16


def test_photograph_stands_upright_however_the_camera_was_held() -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'omnitui[pictures]'")
    notes = image.Exif()
    notes[0x0112] = 6
    picture = decoding.decoded(a_file("JPEG", 300, 100, exif=notes), 60, 60)
    assert (picture.width, picture.height) == (20, 60)


def test_what_is_transparent_is_laid_on_black() -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow: pip install 'omnitui[pictures]'")
    file = io.BytesIO()
    image.new("RGBA", (4, 4), (255, 255, 255, 0)).save(file, "PNG", bits=8)
    assert decoding.decoded(file.getvalue(), 9, 9).rgb == bytes(48)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff" + b"x" * 99, b"BM" + bytes(99), a_png(2, 90_000_000, b"")])
def test_bytes_that_are_no_picture_or_too_many_pixels_are_refused(data: bytes) -> None:
    pytest.importorskip("PIL", reason="needs Pillow: pip install 'omnitui[pictures]'")
    with pytest.raises(ValueError, match=r"unreadable|too large") as raised:
        decoding.decoded(data, 60, 60)
    assert not isinstance(raised.value, NoDecoder)


def test_photograph_is_spelled_for_each_terminal() -> None:
    data = a_file("JPEG", 300, 100)
    sent = b"".join(spelled(Way.KITTY, data, 80, 20))
    assert sent.startswith(b"\x1b_Ga=T,f=24,o=z,s=300,v=100,q=2,c=38,r=6,m=0;")
    assert zlib.decompress(base64.b64decode(sent.split(b";", 1)[1].removesuffix(b"\x1b\\")))[:1] >= b"\xf0"
    assert b"\x1bPq" in b"".join(spelled(Way.SIXEL, data, 80, 20))
    (blocks,) = spelled(Way.BLOCKS, data, 80, 20)
    assert blocks.decode().split("\r\n")[0].count("▀") == 80


@pytest.mark.parametrize(("cell", "fit"), [((8, 16), b"c=80,r=20"), ((10, 20), b"c=80,r=20"), ((16, 16), b"c=40,r=20")])
def test_picture_keeps_its_form_in_kitty_whatever_its_cells_are(cell: tuple[int, int], fit: bytes) -> None:
    data = a_file("PNG", 2_000, 1_000)
    assert fit in next(iter(spelled(Way.KITTY, data, 80, 20, cell)))


@pytest.mark.parametrize(("columns", "cell", "width"), [(80, (6, 13), 480), (80, (10, 20), 800), (300, (8, 16), 1_000)])
def test_sixels_fit_into_the_pixels_that_the_terminal_has_and_takes(
    columns: int, cell: tuple[int, int], width: int
) -> None:
    (drawing,) = spelled(Way.SIXEL, a_file("PNG", 1_600, 16), columns, 20, cell)
    assert drawing.startswith(b'\x1bPq"1;1;%d;' % width)


def test_colour_between_two_of_a_sixel_terminal_is_mixed_of_points() -> None:
    drawing = sixels(decoded(a_png(2, 64, b"\xe6\x00\x00" * 64)))
    bands = dict(re.findall(rb"#(144|180)([^;$-]+)[$-]", drawing))
    assert bands[b"144"].count(b"@") == bands[b"180"].count(b"@") == 32


def test_what_is_repeated_is_told_once_to_a_sixel_terminal() -> None:
    assert b"#180!64@-" in sixels(decoded(a_png(2, 64, b"\xff\x00\x00" * 64)))


def test_without_pillow_only_a_plain_png_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert pixels.main(["60", "60"]) == pixels.MISSING
    ended = SimpleNamespace(returncode=pixels.MISSING, stdout=b"")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: ended)
    with pytest.raises(NoDecoder):
        list(spelled(Way.BLOCKS, b"\xff\xd8\xff", 80, 20))
    assert list(spelled(Way.BLOCKS, a_png(2, 2, b"\xff\x00\x00\x00\xff\x00"), 80, 20))
