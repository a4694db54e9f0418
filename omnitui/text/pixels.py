"""What the process runs that decodes one picture by Pillow: a file comes in, rows of red, green, blue go out.

It stands between a stranger's bytes and libraries written in C: it knows no secret, can write no file, and has limits
of memory, processor time and pixels. Only forms that customers send are tried.
"""

from __future__ import annotations

import contextlib
import io
import struct
import sys
from typing import Any, Final

HEADER: Final = struct.Struct(">II")
"""Width and height, before the rows."""
MISSING: Final = 3
TOO_LARGE: Final = 4
UNREADABLE: Final = 5
"""What the process ends with where it has no picture."""
MOST_PIXELS: Final = 50_000_000
MEMORY: Final = 1 << 30
PROCESSOR_SECONDS: Final = 10
FORMS: Final = ("JPEG", "PNG", "GIF", "WEBP")
_ORIENTATION: Final = 0x0112
_TURNS: Final = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
"""How EXIF says the camera was held (CIPA DC-008, 4.6.4), as Pillow's numbers of `Image.Transpose`."""


def main(argv: list[str]) -> int:
    """Decode. `argv`: the width and height to fit into, in pixels."""
    try:
        from PIL import Image
    except ImportError:
        return MISSING
    Image.MAX_IMAGE_PIXELS = None  # it is looked at below, before anything is decoded
    data = sys.stdin.buffer.read()
    _limit()
    try:
        with Image.open(io.BytesIO(data), formats=FORMS) as image:
            if image.width * image.height > MOST_PIXELS:
                return TOO_LARGE
            size, rgb = _small(image, int(argv[0]), int(argv[1]))
    except MemoryError:
        return TOO_LARGE
    except Exception:
        return UNREADABLE
    sys.stdout.buffer.write(HEADER.pack(*size) + rgb)
    sys.stdout.buffer.flush()
    return 0


def _small(image: Any, width: int, height: int) -> tuple[tuple[int, int], bytes]:
    """The first frame, no larger than to fit, upright; what is transparent is laid on black."""
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    room = (height, width) if turn is not None and turn in (2, 4, 5, 6) else (width, height)
    image.draft("RGB", room)  # a JPEG is decoded at an eighth, a quarter or a half of its size
    if image.mode not in ("RGB", "L"):
        image = image.convert("RGBA")
    image.thumbnail(room)
    if turn is not None:
        image = image.transpose(turn)
    if image.mode == "RGBA":
        from PIL import Image

        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        black.alpha_composite(image)
        image = black
    return image.size, image.convert("RGB").tobytes()


def _limit() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        for what, most in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))
