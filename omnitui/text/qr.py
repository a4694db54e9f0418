"""QR codes in half blocks, with the margin that cameras need."""

from __future__ import annotations

from omnitui.errors import ConfigError
from omnitui.i18n import _

BORDER = 2
_BLOCKS = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def drawn(text: str, *, dark: bool = True) -> list[str]:
    """A code in lines; two rows of it are one line.

    Args:
        text: What it says.
        dark: Whether it is written in light upon dark, as most terminals are.

    Raises:
        ConfigError: The package is not there.
    """
    try:
        import segno
    except ImportError as error:
        raise missing() from error
    # Squares that are light on paper are written where the ground is dark, and the others where it is light.
    rows = [
        [bool(cell) is not dark for cell in row] for row in segno.make(text, micro=False).matrix_iter(border=BORDER)
    ]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    return [
        "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def missing() -> ConfigError:
    """What the gateway needs is not installed."""
    return ConfigError(_("the gateway needs packages that are not installed"), hint="pip install 'omnitui[gateway]'")
