"""The message catalogues: strings of the code, their translations, and the compiled form that gettext reads.

    python -m docs.catalogue            bring every .po in step with the code and compile it
    python -m docs.catalogue --check    only say what is out of step; exit 1 if anything is

No tool of GNU gettext is needed. A .po is plain text; translators edit it, this keeps its entries sorted by where they
are used, drops what the code does not say any more, and leaves new ones empty.
"""

from __future__ import annotations

import ast
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = ROOT / "omnitui"
LOCALES = CODE / "locale"
FUNCTIONS = {"_": 1, "N_": 1, "ngettext": 2}
HEADER = (
    "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n"
    "Language: {language}\nPlural-Forms: {plurals}\n"
)
PLURALS = {"ja": "nplurals=1; plural=0;"}


@dataclass
class Entry:
    """One message: English (with its plural, where it has one), where it is used, its translations."""

    one: str
    many: str = ""
    places: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def extracted(folder: Path = CODE) -> dict[str, Entry]:
    """Every message of the code, by its English."""
    found: dict[str, Entry] = {}
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder.parent).as_posix()
        for one, many in _calls(ast.parse(path.read_text("utf-8"))):
            entry = found.setdefault(one, Entry(one, many))
            entry.many = entry.many or many
            if place not in entry.places:
                entry.places.append(place)
    return found


def _calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            texts = [arg.value for arg in node.args[: FUNCTIONS[node.func.id]] if isinstance(arg, ast.Constant)]
            words = [text for text in texts if isinstance(text, str)]
            if len(words) == FUNCTIONS[node.func.id] and words[0]:
                yield words[0], words[1] if len(words) > 1 else ""


def read(text: str) -> dict[str, Entry]:
    """The entries of a .po file."""
    found: dict[str, Entry] = {}
    entry, target = Entry(""), ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if entry.one:
                found[entry.one] = entry
            entry, target = Entry(""), ""
            continue
        word, _space, rest = line.partition(" ")
        if not line.startswith('"'):
            target = word
            line = rest
            if word.startswith("msgstr"):
                entry.said.append("")
        value = ast.literal_eval(line)
        if target == "msgid":
            entry.one += value
        elif target == "msgid_plural":
            entry.many += value
        elif entry.said:
            entry.said[-1] += value
    return found


def written(entries: Iterable[Entry], language: str) -> str:
    """A .po file."""
    header = HEADER.format(language=language, plurals=PLURALS[language])
    parts = [f'msgid ""\nmsgstr {_quoted(header)}\n']
    for entry in entries:
        lines = [f"#: {place}" for place in entry.places]
        lines.append(f"msgid {_quoted(entry.one)}")
        said = entry.said or [""]
        if entry.many:
            lines.append(f"msgid_plural {_quoted(entry.many)}")
            lines += [f"msgstr[{number}] {_quoted(text)}" for number, text in enumerate(said)]
        else:
            lines.append(f"msgstr {_quoted(said[0])}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _quoted(text: str) -> str:
    def one(part: str) -> str:
        return '"' + part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'

    lines = text.splitlines(keepends=True)
    return one(text) if len(lines) <= 1 else "\n".join(['""', *map(one, lines)])


def compiled(entries: Iterable[Entry], language: str) -> bytes:
    """A .mo file (GNU gettext manual, "The Format of GNU MO Files"), without what is not translated."""
    pairs = {b"": HEADER.format(language=language, plurals=PLURALS[language]).encode()}
    for entry in entries:
        if entry.said and all(entry.said):
            key = f"{entry.one}\0{entry.many}" if entry.many else entry.one
            pairs[key.encode()] = "\0".join(entry.said).encode()
    ordered = sorted(pairs.items())
    keys, values = b"", b""
    key_places, value_places = [], []
    for original, translation in ordered:
        key_places.append((len(original), len(keys)))
        value_places.append((len(translation), len(values)))
        keys += original + b"\0"
        values += translation + b"\0"
    count = len(ordered)
    start = 28 + 16 * count
    table = [number for size, at in key_places for number in (size, start + at)]
    table += [number for size, at in value_places for number in (size, start + len(keys) + at)]
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    return head + struct.pack(f"<{4 * count}I", *table) + keys + values


def renewed(po: Path, messages: dict[str, Entry]) -> list[Entry]:
    """The entries of a .po with the code's messages: known translations kept."""
    known = read(po.read_text("utf-8")) if po.exists() else {}
    for entry in messages.values():
        old = known.get(entry.one)
        entry.said = list(old.said) if old is not None and bool(old.many) == bool(entry.many) else []
    return sorted(messages.values(), key=lambda entry: (entry.places[0], entry.one))


def main(argv: list[str]) -> int:
    """Bring the catalogues in step, or check that they are."""
    check = "--check" in argv
    stale = False
    for po in sorted(LOCALES.glob("*/LC_MESSAGES/omnitui.po")):
        language = po.parents[1].name
        entries = renewed(po, extracted())
        text, data, mo = written(entries, language), compiled(entries, language), po.with_suffix(".mo")
        missing = [entry.one for entry in entries if not entry.said or not all(entry.said)]
        if check:
            if po.read_text("utf-8") != text or not mo.exists() or mo.read_bytes() != data:
                print(f"{language}: out of step; run python -m docs.catalogue")
                stale = True
        else:
            po.write_text(text, "utf-8")
            mo.write_bytes(data)
        print(f"{language}: {len(entries)} messages, {len(missing)} without translation")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
