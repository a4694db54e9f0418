"""The guard before the terminal: of what is written directly, only our own sequences pass."""

from __future__ import annotations

import re

from omnitui.text.safe import strip_controls

# Textual's driver and ours write nothing else: modes, cursor, colours, erasing, queries, keyboard protocol, bell,
# pointer shape, clipboard, title and notification.
ALLOWED = re.compile(
    r"""
      \x1b\[\?(?:7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]
    | \x1b\[\?(?:2026|2048)\$p
    | \x1b\[[0-9;]*[A-HJKSTXdfm]
    | \x1b\[[><=][0-9;]*u
    | \x1b\[6n
    | \x1b\](?:10|11|4;8);\?\x1b\\
    | \x1b\[>0q
    | \x1b\[c
    | \x1b\]22;[a-z-]{0,24}\x07
    | \x1b\]52;c;[A-Za-z0-9+/=]*(?:\x07|\x1b\\)
    | \x1b\](?:0|2|9|99;);[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\)
    | \x1b\]777;notify;[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\)
    | \x1bPtmux;\x1b\x1b\](?:9|99;|777;notify);[^\x00-\x1f\x7f-\x9f]*\x07\x1b\\
    | \x1bP(?:\x1b\]52;c;[A-Za-z0-9+/=]*|[A-Za-z0-9+/=]+|\x07)\x1b\\
    | \x1bPtmux;(?:\x1b\x1b\]52;c;[A-Za-z0-9+/=]*\x07)\x1b\\
    | \x07
    | [\r\n]
    """,
    re.VERBOSE,
)
SPECIAL = re.compile("[\x00-\x1f\x7f-\x9f]")
# A payload may carry text of strangers (a title, a notification): what a terminal could reorder or hide by goes too.
TITLE = re.compile(r"(\x1bPtmux;\x1b)?\x1b\](?:0|2|9|99|777);")


def guarded(data: str) -> str:
    """The data without any control that is not one of our own sequences; their text stays, disarmed."""
    if data.isprintable():
        return data
    parts: list[str] = []
    at = 0
    while at < len(data):
        control = SPECIAL.search(data, at)
        start = control.start() if control else len(data)
        if start > at:
            parts.append(strip_controls(data[at:start]))
        if control is None:
            break
        own = ALLOWED.match(data, start)
        if own is None:
            at = start + 1
            continue
        sequence = own[0]
        if TITLE.match(sequence):
            sequence = disarmed_title(sequence)
        parts.append(sequence)
        at = own.end()
    return "".join(parts)


def disarmed_title(sequence: str) -> str:
    """A title or notification sequence whose text is filtered."""
    begin, end = "\x1b]", "\x07" if sequence.endswith("\x07") else "\x1b\\"
    if sequence.startswith("\x1bP"):
        begin, end = "\x1bPtmux;\x1b\x1b]", "\x07\x1b\\"
    return f"{begin}{strip_controls(sequence[len(begin) : -len(end)])}{end}"


def title(text: str) -> str:
    """The sequence that sets the window's title to a text of any origin."""
    return f"\x1b]2;{strip_controls(text).replace(chr(10), ' ')}\x07"
