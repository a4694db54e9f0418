"""Mails that were made or mended by nobody sane: generated ones, mutations of any, and those of CPython's own tests."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

WORDS = ["注文", "返品", "order", "Größe", "\x1b[2J", "①㈱", "📦", "\u202e", "From ", ">", "--", "a@b.c", "\\", '"']
CHARSETS = [
    "utf-8",
    "iso-2022-jp",
    "shift_jis",
    "euc-jp",
    "gb2312",
    "ks_c_5601-1987",
    "x-none",
    "us-ascii",
    "utf-7",
    "",
]
ENCODINGS = ["7bit", "8bit", "base64", "quoted-printable", "x-uuencode", "odd", ""]
TYPES = [
    "text/plain",
    "text/html",
    "image/png",
    "message/rfc822",
    "message/delivery-status",
    "text/calendar",
    "nonsense",
]


def generated(rng: random.Random, depth: int = 0) -> bytes:
    """One mail, more or less well made."""
    words = " ".join(rng.choices(WORDS, k=rng.randint(0, 30)))
    charset = rng.choice(CHARSETS)
    text = words.encode(rng.choice(["utf-8", "cp932", "euc_jp", "gb18030"]), "replace")
    headers = [
        f"From: {rng.choice(WORDS)} <u{rng.randint(0, 9)}@example.com>",
        f"To: {', '.join(f'{rng.choice(WORDS)} <t{n}@x.y>' for n in range(rng.randint(0, 5)))}",
        f"Subject: =?{charset}?{rng.choice('BQX')}?{rng.choice(['5bGx', '=E5=B1', '!!', 'GyRCQ21KOBsoQg=='])}?=",
        f"Date: {rng.choice(['Mon, 03 Jun 2024 10:15:00 +0900', 'garbage', '0'])}",
        f"Message-ID: <{rng.randint(0, 99)}@x>",
    ]
    if depth < 4 and rng.random() < 0.5:
        boundary = rng.choice(["b", "b b", "b\\", "=_x", "日本"])
        headers.append(
            f'Content-Type: multipart/{rng.choice(["mixed", "alternative", "report", "signed"])}; boundary="{boundary}"'
        )
        mark = f"--{boundary}\r\n".encode()
        body = b"".join(mark + generated(rng, depth + 1) + b"\r\n" for _ in range(rng.randint(0, 4)))
        body += f"--{boundary}--".encode() * rng.randint(0, 1)
    else:
        headers.append(f"Content-Type: {rng.choice(TYPES)}; charset={charset}; name*0*=utf-8''%E5; format=flowed")
        headers.append(f"Content-Transfer-Encoding: {rng.choice(ENCODINGS)}")
        body = text
    rng.shuffle(headers)
    return "\r\n".join(headers).encode("utf-8", "replace") + b"\r\n\r\n" + body


def mutated(rng: random.Random, raw: bytes) -> bytes:
    """`raw` with a few bytes cut, doubled, swapped or made up."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 12)):
        if not data:
            break
        at = rng.randrange(len(data))
        length = rng.choice((1, 2, 8, 64))
        match rng.randrange(5):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = data[at : at + length] * rng.randint(1, 4)
            case 2:
                data[at] = rng.randrange(256)
            case 3:
                data[at:at] = rng.choice((b"\r\n", b"\n\n", b"\x00", b"\x1b$B", b'"', b"=?", b"--", b";", b"\\"))
            case _:
                data[at:at] = bytes(rng.randrange(256) for _ in range(length))
    return bytes(data)


def cpython_mails() -> list[Path]:
    """The mail files of CPython's own tests; [] where Python was installed without them."""
    spec = importlib.util.find_spec("test")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return sorted(path for place in places for path in Path(place).glob("test_email/data/msg_*.txt"))
