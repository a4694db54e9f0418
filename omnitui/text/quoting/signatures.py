"""Signatures at the end of a text: after "-- ", after a mobile program's line, between rules as in Japanese mail."""

from __future__ import annotations

from typing import Final

from omnitui.text.quoting import marks as marks

MAX_SIGNATURE: Final = 25
_LINE: Final = 300


def cut_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """Divide `lines` into the text and the signature ([] when there is none). The text is never left empty, unless
    there was nothing but a program's own line."""
    lines = _stripped(lines)
    start = len(lines)
    # Of a single line only a program's own can be a signature.
    for find in (_dashes, _mobile, _rules, _mobile, _dash_name, _bare_rules) if start > 1 else (_mobile,):
        found = find(lines[:start])
        if found < start:
            start = found
    return _stripped(lines[:start]), lines[start:]


def _stripped(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _has_text(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _in_fence(lines: list[str], at: int) -> bool:
    return sum(line.lstrip().startswith("```") for line in lines[:at]) % 2 == 1


def _dashes(lines: list[str]) -> int:
    """From a line of two dashes ("-- "), if what follows is short enough for a signature."""
    size = len(lines)
    for at in range(max(0, size - 60), size):
        line = lines[at]
        strict = line == "-- "
        if not (strict or marks.SIGNATURE_DASHES.match(line) or marks.LIST_FOOTER.match(line) or line.strip() == "---"):
            continue
        if not _has_text(lines[:at]) or _in_fence(lines, at):
            continue
        after = [other for other in lines[at + 1 :] if other.strip()]
        if strict or (
            len(after) <= MAX_SIGNATURE and marks.SIGNATURE_DASHES.match(line) and line.strip().startswith("--")
        ):
            return at
        long = sum(len(other) > 100 for other in after)
        limit = 8 if line.strip() in ("---", "—", "–") else 15
        if len(after) <= limit and long <= 1 and not any(marks.RULE.match(other) for other in after[:-1]):
            if line.strip() in ("—", "–") and not any(marks.CONTACT.search(other[:_LINE]) for other in after):
                continue
            return at
    return size


def _mobile(lines: list[str]) -> int:
    """From the first of a program's own lines ("Sent from my iPhone") that end the text."""
    at = len(lines)
    start = at
    while at > 0:
        line = lines[at - 1]
        if not line.strip():
            at -= 1
        elif len(line) <= 200 and marks.MOBILE.match(line):
            at -= 1
            start = at
        else:
            break
    return start


def _rules(lines: list[str]) -> int:
    """From a rule that opens a block of contact data at the end (株式会社…, TEL, mail)."""
    size = len(lines)
    first = max(0, size - MAX_SIGNATURE)
    rules = [at for at in range(first, size) if _is_rule(lines[at]) and not _in_fence(lines, at)]
    if not rules:
        return size
    closed = rules[-1] == size - 1
    candidates = rules[:-1] if closed else rules
    for at in candidates:
        inner = [line for line in lines[at + 1 :] if line.strip() and not _is_rule(line)]
        if not inner or len(inner) > 15 or not _has_text(lines[:at]):
            continue
        contacts = sum(marks.CONTACT.search(line[:_LINE]) is not None for line in inner)
        forms = sum(marks.FORM_FIELD.match(line) is not None for line in inner)
        long = sum(len(line) > 80 for line in inner)
        needed = 1 if closed or len(inner) <= 6 else 2
        if contacts >= needed and forms <= 1 and long <= 1:
            return at
    return size


def _is_rule(line: str) -> bool:
    text = line.strip()
    return len(text) >= 4 and len(text) <= 200 and marks.RULE.match(text) is not None


def _dash_name(lines: list[str]) -> int:
    """A last line that is a dash and a name ("-Anna")."""
    lines = _stripped(lines)
    size = len(lines)
    if size < 2 or not marks.DASH_NAME.match(lines[-1]) or len(lines[-1]) > 40:
        return size
    above = [line for line in lines[:-1] if line.strip()]
    if not above or any(line.lstrip().startswith(("-", "–", "*")) for line in above[-3:]):
        return size
    if not lines[-1].lstrip("-– ")[:1].isupper() and not lines[-1].startswith("-"):
        return size
    return size - 1


def _bare_rules(lines: list[str]) -> int:
    """Rules at the very end with nothing under them."""
    lines = _stripped(lines)
    at = len(lines)
    if _in_fence(lines, at):
        return at
    while at > 1 and (
        not lines[at - 1].strip() or marks.RULE.match(lines[at - 1][:_LINE]) or lines[at - 1].strip() in ("--", "ᐧ")
    ):
        at -= 1
    return at if _has_text(lines[:at]) else len(lines)
