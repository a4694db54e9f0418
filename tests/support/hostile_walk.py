"""A walk over every screen of the console: the keys that open it, and what tells on the terminal that it is open.

`constructed` reads from the source where screens are made, so that a test can say which of them no step opens.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.support.hostile_desk import PLACES, marker
from tests.support.terminal import Terminal

UI = Path(__file__).parents[2] / "omnitui/ui"
SLOW = 5.0
"""Seconds after which a key that changed nothing will not."""
GAP = 0.03
"""Seconds without output after which a key has had its effect, where no more is known of it."""
KEYS = {
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f10": "\x1b[21~",
    "f12": "\x1b[24~",
    "shift+pageup": "\x1b[5;2~",
}
BACK = "back to the list"
"""In the place of a key: as often Escape as it takes."""
FRONT = "sz snooze"
"""What the footer has in the list alone."""
TWICE = ("escape", "escape")
"""Out of a dialog and out of the one from which it was opened, which comes again."""
_ROOTS = {"LastHopModal", "LastHopScreen"}


class Step(NamedTuple):
    """One screen: how it is opened, known, looked through and left."""

    opens: str
    """The function that makes the screen, as `constructed` names it; empty where it makes none."""
    keys: tuple[str, ...]
    shows: str
    """A pattern that is on the terminal once it is open, and not before."""
    then: tuple[str, ...] = ()
    leave: tuple[str, ...] = ("escape",)
    stays: bool = False
    """Whether the next step goes on from it."""


def _sought(place: str) -> str:
    """What is typed to find the marker of a place: not all of it, so that what is typed is not taken for it."""
    return marker(place)[:3].lower()


def _found(title: str, place: str) -> str:
    return f"(?s){title}.*{marker(place)}"


CARD_BESIDE = Step("", ("i", "i"), "▌Customer")
"""Where there is room for three panes: the card goes, and comes again with the keys."""
CARD_OVER = Step("", ("i",), "▌Customer")
"""Where there is not, it lies over the others."""
FROM_LIST = (
    Step("", ("b",), "Views", ("tab", "tab", "tab"), ("b", BACK)),
    Step("", ("=", "=", "z", "z", "x", "V", "j", "V"), "marked", ("*", "*"), ()),
    Step("", ("&", "Q00Z"), "(?m)^ ?&?Q00Z", ("down",)),
    Step("screens/help.open_help", ("?",), "Keys in the list", ("pagedown", "pagedown")),
    Step("screens/leader.open_leader", (",",), "Which group"),
    Step("jumping.jump", ("ctrl+o",), r"(?m)^[a-z]+•@ N"),
    Step("screens/search.open_search", ("/", "Q0"), "Search all messages", ("down", "down", "tab", "up")),
    Step("screens/palette.open_palette", ("ctrl+p", _sought("canned")), _found("What to do", "canned"), ("down",)),
    Step("", ("ctrl+p", _sought("theme")), _found("What to do", "theme"), ("down",)),
    Step("", ("ctrl+p", _sought("command")), _found("What to do", "command"), ("down",)),
    Step("", ("ctrl+p", "agent.name"), "What to do", stays=True),
    Step("screens/setting.change_setting", ("enter",), "change it in", ("down",)),
    Step("screens/commandline.open_commandline", (":", "label +Q"), "Command", ("tab",)),
    Step("", (":", "show"), "Command", stays=True),
    Step("screens/commandline.show_text", ("enter",), ":show", ("pagedown", "G")),
    Step("screens/view_form.keep_as_view", ("S",), "Keep as a view", ("Q", "tab", "tab")),
    Step("screens/oplog.open_log", ("g", "h"), "Op log", ("down", "pagedown")),
    Step("screens/merging._pick", ("g", "j"), "Show as one with", ("down", "pagedown")),
    Step("screens/blame.open_blame", ("B",), "Why is it so", ("down", "pagedown")),
    Step("screens/urgency.open_urgency", ("Z",), "How urgent is it", ("down", "pagedown")),
    Step("screens/since.open_since", ("g", "e"), r"│ Since ", ("down", "pagedown")),
    Step("screens/past._pick", ("g", "y"), "The list as it was", ("down",), stays=True),
    Step("screens/past.open_past", ("1s", "enter"), "to be read o", ("down", "pagedown", "home"), stays=True),
    Step("screens/past._look", ("enter",), "(?s)as it was .*Esc closes", ("pagedown",), TWICE),
    Step("screens/outbox.open_outbox", ("g", "o"), "Outbox", ("down", "pagedown", "home"), stays=True),
    Step("screens/outbox.decide", ("enter",), "failed: 550", ("down",)),
    Step("screens/incidents._pick", ("s", "i"), r"Link .* to", ("down",)),
    Step("screens/incidents.open_incident", ("g", "I", "enter"), "a tells all", ("down",), stays=True),
    Step("screens/incidents._tell_story", ("o",), "What came to pass", ("pagedown",), stays=True),
    Step("screens/incidents._pick_severity", ("escape", "s"), "How bad is it", ("down",), stays=True),
    Step("screens/incidents._change_words", ("escape", "w"), "What all agents see", ("tab",), stays=True),
    Step("screens/announcing._ask", ("escape", "a"), "What do all customers", ("Q",), stays=True),
    Step("screens/announcing.announce", ("ctrl+s",), "are told", ("down", "up"), TWICE),
    Step("screens/rules.open_rules", ("g", "R"), "says and did", ("down", "up"), stays=True),
    Step("screens/rules.open_rule", ("enter",), "Enter on a firing", ("down", "up"), stays=True),
    Step("screens/trial.show", ("enter",), "would have fired", ("down", "pagedown"), (*TWICE, "escape")),
    Step("screens/tasks.promise", ("s", "k"), "Promise what", ("down",)),
    Step("screens/tasks.complete_first", ("s", "d"), "Which is done", ("down",)),
    Step("screens/tasks.open_tasks", ("g", "k"), _found("Your tasks", "task"), ("down", "m", "m"), stays=True),
    Step("screens/tasks.put_off", ("t",), "Due when", ("down",), TWICE),
    Step("screens/ledger.open_ledger", ("g", "b"), "Ledger:", ("pagedown",) * 5),
    Step("screens/accounts.open_accounts", ("g", "c"), "p pause or resume", ("down", "G", "g"), stays=True),
    Step("screens/account_change.change_account", ("enter",), "go on, Tab", ("down", "tab", "tab"), TWICE),
    Step("screens/account_new.show_first", ("g", "c", "w"), "Enter shows the message", (), TWICE),
    Step(
        "screens/account_new.add_account:PickerScreen", ("g", "c", "a", "ema"), "which channel", ("down",), stays=True
    ),
    Step("screens/account_new.add_account:AccountForm", ("up", "enter"), "go on, Tab", ("down", "tab"), TWICE),
    Step("screens/columns.choose_columns", ("I",), "What the rows show", ("down", "down")),
    Step("screens/themes.pick_theme", ("g", "t"), "│ Theme  ", ("down", "pagedown", "end")),
    Step("screens/contact._edit", ("E",), "Edit the contact", ("tab", "tab")),
    Step("screens/pickers.pick_assignee", ("a", _sought("agent")), _found("Assign to", "agent"), ("down",)),
    Step("screens/pickers.pick_label", ("l",), "Labels", ("down",)),
    Step("screens/pickers.pick_priority", ("p",), "Priority"),
    Step("screens/pickers.pick_snooze", ("s", "z"), "Snooze until", ("down",)),
    Step("acts/away._away", ("s", "a"), "until you are back", ("down",)),
    Step("screens/reasons.pick_reason", ("d", "r"), _found("Why did the customer write", "contact reason")),
    Step("screens/handing.hand_off", ("d", "h"), "Hand off", ("tab", "tab")),
    Step("screens/macros.pick_macro", (";", _sought("macro")), _found("Macro", "macro"), stays=True),
    Step("screens/foreseen.agreed_to", ("enter",), "no, leave it", ("down", "down")),
    Step("screens/pickers.pick_link", ("L", "N1"), "is the same person as", ("down",)),
    Step("screens/confirm.confirmed", ("d", "c"), "no, leave it"),
    Step("screens/pipe.ask_command", ("|",), "no shell"),
    Step("screens/new.write_new:PickerScreen", ("c",), "From which account", ("down",), stays=True),
    Step("screens/new.write_new:NewScreen", ("enter",), "NEW CONVERSATION"),
)
"""From the list, with its first conversation selected."""
FROM_HISTORY = (
    Step("acts/messages._edit", ("C",), "Change the message", ("down",)),
    Step("", ("K", "T", "T", "f"), "", ("pageup", "K", "K", "J", "f", "G", "K"), ()),
    Step("screens/why.open_why", ("w",), _found("Why is it here", "place"), ("pagedown",)),
    Step("screens/raw.open_raw", ("v",), "As it came", ("pagedown", "G")),
    Step("screens/links.open_links", ("W",), "Links of this message", ("down",)),
    Step("screens/preview.open_files", ("O",), "Attachments", stays=True),
    Step("screens/preview.show_file", ("enter",), "Esc closes"),
    Step("screens/pickers.pick_move", ("M",), "Move the message into", ("Q",)),
    Step("", ("ctrl+p", "contact.unlink"), "What to do", stays=True),
    Step("screens/pickers.pick_unlink", ("enter",), "No longer the same", ("down",)),
)
"""From the history of that conversation, at its newest message."""
FROM_REPLY = (
    Step("screens/files.pick_file", ("f2",), "Attach which file", ("down",)),
    Step("screens/writing.pick_canned", ("f4", _sought("canned")), _found("Put in which text", "canned"), ("down",)),
    Step("screens/ways.pick_way", ("ctrl+l",), "Answer how", stays=True),
    Step("screens/ways.ask_reason", ("down", "enter"), "Why under the tag", (), ("because", "ctrl+s")),
    Step(
        "screens/template.fill_template:PickerScreen",
        ("ctrl+l", "enter", _sought("template")),
        _found("Which template", "template"),
        ("down", "up"),
        stays=True,
    ),
    Step("screens/template.fill_template:TemplateScreen", ("enter",), r"ctrl\+s: send", ("tab", "x")),
    Step("screens/writing.pick_sending", ("x", "f5"), "Send when", ("down",)),
    Step("screens/writing.pick_earlier", ("f8",), "Bring back which draft", ("down",)),
)
"""From an answer that is being written there."""
FROM_NOTE = (Step("screens/writing.pick_enclosed", ("f10",), "Take away what", ("down",)),)
"""From the note that was begun there."""
UNWALKED = {
    "screens/merging.split": "the parts of one, as the choice of what to merge shows them",
    "app.__init__": "the console's own screen",
    "last_hop/app.get_default_screen": "the same, where there is no console",
    "acts/ways._begin": "a first message, whose screen has a key of its own",
    "screens/calls.call": "numbers that were checked, for whom a way to call is set",
    "screens/trial.attempt": "how far a trial has got, before what came of it",
    "screens/rules._agreed": "the same as a trial shows, with an answer before it",
    "screens/rules._taken_back": "an error's words of our own, with two answers",
    "screens/rules._at_firing": "why a rule fired, as the list of firings shows it",
    "screens/rule_form.change_rule": "words of the agent's own file, as the list of rules shows them",
    "screens/rule_form._change": "a query with rows as lists show them",
    "screens/rule_form._line": "words of the agent's own file",
    "screens/rule_form._event": "words of our own",
    "screens/rule_step.changed": "words of our own",
    "screens/rule_step._value:FormScreen": "words of the agent's own file",
    "screens/rule_step._route": "words of the agent's own files",
    "screens/rule_step._value:PickerScreen": "names and labels as other choices show them",
    "screens/tasks.decide": "what becomes of a task of the card, in words of our own",
    "screens/mended.open_mended": "what was done about a damaged cache, in words of our own",
}
"""Where screens are made that no key of the walk opens, and why."""


_WORDS = ("Screen", "Modal", "Form")
"""One of them stands in every file that makes a screen."""


@cache
def constructed() -> frozenset[str]:
    """Every function of the terminal face that makes a screen: "screens/why.open_why".

    One that makes several has their classes behind its name: "screens/new.write_new:NewScreen".
    """
    sources = {path: path.read_text("utf-8") for path in sorted(UI.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in sources.items() if any(word in text for word in _WORDS)}
    classes = [found for tree in trees.values() for found in _classes(tree)]
    known = set(_ROOTS)
    while more := {name for name, bases in classes if bases & known} - known:
        known |= more
    found: set[str] = set()
    for path, tree in trees.items():
        room = path.relative_to(UI).with_suffix("").as_posix()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                made = {_name(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)} & known
                place = f"{room}.{node.name}"
                found |= {place} if len(made) == 1 else {f"{place}:{one}" for one in made}
    return frozenset(found)


def _classes(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name, {_name(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases}


def _name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


class Walker:
    """Goes the steps, and keeps which places had their marker on the terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.opened: list[str] = []
        self.seen: set[str] = set()

    def press(self, *keys: str) -> None:
        """Press keys, and type texts, each after the one before had its effect."""
        for name in keys:
            if name == BACK:
                self.home()
                continue
            if name in KEYS:
                self.terminal.type(KEYS[name])
            else:
                self.terminal.send(name)
            self.terminal.wait_quiet(0.07 if name == "escape" else GAP)

    def changes(self, name: str) -> bool:
        """Press a key that changes what is shown, and wait until it has, however slow the machine; whether it did."""
        before = self.terminal.rows()
        self.press(name)
        with suppress(AssertionError):
            self.terminal.wait_until(lambda: self.terminal.rows() != before, "another screen", timeout=SLOW)
        return self.terminal.rows() != before

    def home(self) -> None:
        """Go back to the list, from wherever this is: a key right behind Escape would be read as one with Alt."""
        for _depth in range(8):
            self.terminal.wait_quiet(0.1)
            rows = self.terminal.rows()
            # Where there is room for one pane, a history or a card stands under the same mark.
            if rows[0].startswith("▌") and FRONT in rows[-1] and not any("╭" in row for row in rows):
                return
            self.changes("escape")
        raise AssertionError(f"no way back to the list:\n{self.terminal.screen()}")

    def look(self) -> None:
        """Note whose markers are on the screen."""
        shown = self.terminal.screen().upper()
        self.seen |= {place for place in PLACES if marker(place) in shown}

    def go(self, steps: tuple[Step, ...]) -> None:
        """Go these steps; each screen has to open, and to be gone again."""
        for step in steps:
            self.press(*step.keys)
            if step.shows:
                self.terminal.wait_for(re.compile(step.shows))
            self.terminal.wait_quiet(GAP)
            self.opened += [step.opens] if step.opens else []
            self.look()
            for name in step.then:
                self.press(name)
                self.look()
            if not step.stays:
                self.press(*step.leave)
                if step.leave and step.shows:
                    self.terminal.wait_for(re.compile(step.shows), gone=True)
