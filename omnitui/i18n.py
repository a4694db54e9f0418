"""Every sentence that a person reads passes through `_`; catalogues lie in omnitui/locale."""

from __future__ import annotations

import os

# gettext is imported for languages that have a catalogue only: the first frame has 20 ms altogether.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from gettext import NullTranslations

LOCALES = os.path.join(os.path.dirname(__file__), "locale")
_current: NullTranslations | None = None


def use_language(language: str | None = None) -> None:
    """Choose the interface language: `language` ("ja", "en"), else LC_ALL, LC_MESSAGES, LANG."""
    global _current
    if language is None:
        names = [os.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
        language = next((name for name in names if name), "en")
    short = language.split(".")[0]
    if short in ("en", "C", "POSIX") or short.startswith("en_"):
        _current = None
        return
    import gettext

    _current = gettext.translation("omnitui", LOCALES, [short, short.split("_")[0]], fallback=True)


def _(message: str) -> str:
    """`message` in the chosen language; English where the catalogue has nothing."""
    return _current.gettext(message) if _current else message


def ngettext(one: str, many: str, count: int) -> str:
    """`one` or `many`, by the grammar of the chosen language."""
    return _current.ngettext(one, many, count) if _current else one if count == 1 else many


def N_(message: str) -> str:
    """Mark a string of a table for translation; it is translated with `_` where it is shown."""
    return message
