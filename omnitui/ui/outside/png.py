"""PNG pictures as rows of colours: what a terminal with sixels needs. W3C PNG 3, without interlacing."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS: Final = 4_000_000
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_CHUNKS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of red, green, blue, a byte each."""

    width: int
    height: int
    rgb: bytes

    def row(self, y: int) -> bytes:
        """One row of pixels."""
        return self.rgb[3 * self.width * y : 3 * self.width * (y + 1)]

    def within(self, width: int, height: int) -> Picture:
        """The picture made smaller to fit, pixels left out."""
        scale = max(self.width / max(width, 1), self.height / max(height, 1), 1.0)
        wide, high = max(int(self.width / scale), 1), max(int(self.height / scale), 1)
        columns = [3 * min(int(x * scale), self.width - 1) for x in range(wide)]
        rows = (self.row(min(int(y * scale), self.height - 1)) for y in range(high))
        return Picture(wide, high, b"".join(row[at : at + 3] for row in rows for at in columns))


def decoded(data: bytes) -> Picture:
    """Decode a PNG.

    Raises:
        ValueError: It is none, is broken, larger than `MOST_PIXELS`, interlaced, or of another depth than 8 bits.
    """
    if not data.startswith(SIGNATURE):
        raise ValueError("no PNG")
    header, palette, packed = b"", b"", []
    at = len(SIGNATURE)
    for _count in range(_CHUNKS):
        if at + 8 > len(data):
            break
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        at += size + 12
        if kind == b"IHDR":
            header = body
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"IEND":
            break
    if len(header) != 13:
        raise ValueError("no header")
    width, height, depth, kind_of, _method, _filter, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or kind_of not in _CHANNELS or interlaced or not 0 < width * height <= MOST_PIXELS:
        raise ValueError("another form")
    channels = _CHANNELS[kind_of]
    stride = width * channels
    try:
        raw = zlib.decompressobj().decompress(b"".join(packed), (stride + 1) * height)
    except zlib.error as error:
        raise ValueError("broken") from error
    if len(raw) < (stride + 1) * height:
        raise ValueError("cut short")
    rows: list[bytes] = []
    before = bytes(stride)
    for y in range(height):
        start = y * (stride + 1)
        before = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), before, channels)
        rows.append(_coloured(before, kind_of, palette))
    return Picture(width, height, b"".join(rows))


def _unfiltered(way: int, row: bytearray, above: bytes, step: int) -> bytes:
    if way == 2:
        return bytes((value + up) & 255 for value, up in zip(row, above, strict=True))
    if way == 0:
        return bytes(row)
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        up = above[at]
        if way == 1:
            guess = left
        elif way == 3:
            guess = (left + up) >> 1
        elif way == 4:
            corner = above[at - step] if at >= step else 0
            near = left + up - corner
            guess = min((left, up, corner), key=lambda value: abs(near - value))
        else:
            raise ValueError("no such filter")
        row[at] = (row[at] + guess) & 255
    return bytes(row)


def _coloured(row: bytes, kind: int, palette: bytes) -> bytes:
    """A row as red, green, blue; what is transparent is laid on black."""
    if kind == 2:
        return row
    if kind == 0:
        return b"".join(bytes((grey, grey, grey)) for grey in row)
    if kind == 3:
        return b"".join(palette[3 * index : 3 * index + 3].ljust(3, b"\0") for index in row)
    if kind == 4:
        return b"".join(bytes((row[at] * row[at + 1] // 255,)) * 3 for at in range(0, len(row), 2))
    return b"".join(bytes(row[at + part] * row[at + 3] // 255 for part in range(3)) for at in range(0, len(row), 4))
