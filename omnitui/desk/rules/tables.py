"""A table of rules.toml as a rule, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from omnitui.clock import DAY, HOUR, MINUTE, SECOND, Millis
from omnitui.desk.acting.macros import WITH_MACRO, Fault, steps_in
from omnitui.desk.acting.steps import label_name
from omnitui.desk.rules.rule import EVER, NARROWED, Every, On, Rule, What
from omnitui.desk.times.days import WEEKDAYS
from omnitui.desk.times.spans import length
from omnitui.errors import OmniError
from omnitui.i18n import _
from omnitui.model.states import Priority, Status
from omnitui.text.safe import safe

KEYS: Final = ("title", "on", "when", "do", "once", "stop", "enabled")
LONGEST: Final[Millis] = 366 * DAY
"""The longest time after something."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_EVENT: Final = re.compile(r"(?:(?P<after>\S.*?) after )?(?P<what>[a-z]+)(?:\s*:\s*(?P<subject>\S.*))?")
_EVERY: Final = re.compile(r"every (?P<days>[a-z][a-z, ]*?) (?:at )?(?P<hour>\d{1,2}):(?P<minute>\d{2})")
_DAYS: Final = {"day": range(7), "weekday": range(5), "weekend": (5, 6)}
_SUBJECTS: Final[Mapping[What, tuple[str, ...]]] = {
    What.STATUS: tuple(Status),
    What.PRIORITY: tuple(Priority),
    What.RATED: ("1", "2", "3", "4", "5"),
}


def parsed(name: str, table: Mapping[str, Any]) -> tuple[Rule, list[Fault]]:
    """The rule of a table, and what is wrong with it; what stands in `when` is not looked at."""
    faults: list[Fault] = []
    if not _NAME.fullmatch(name):
        faults.append(Fault(_("a name of small letters, digits, - and _ is needed")))
    for key in table:
        if key not in KEYS:
            faults.append(Fault(_("there is no “{key}”").format(key=key), key=key))
    title = table.get("title", name.replace("-", " ").replace("_", " "))
    if not isinstance(title, str) or not title.strip():
        faults.append(Fault(_("“title” has to be a text"), key="title"))
    for key in ("stop", "enabled"):
        if not isinstance(table.get(key, False), bool):
            faults.append(Fault(_("“{key}” has to be true or false").format(key=key), key=key))
    when = table.get("when", "")
    if not isinstance(when, str):
        faults.append(Fault(_("“{key}” has to be a text").format(key="when"), key="when"))
    on = _ons(table.get("on"), faults)
    once = _once(table.get("once", ""), faults)
    steps, wrong = steps_in(table.get("do", []), _("a rule needs steps: [[{name}.do]]").format(name=name), WITH_MACRO)
    rule = Rule(
        name,
        safe(str(title), multiline=False, max_chars=60).strip(),
        on,
        steps,
        safe(str(when), multiline=False).strip(),
        enabled=table.get("enabled") is True,
        stop=table.get("stop") is True,
        once=once,
    )
    return rule, [*faults, *wrong]


def _ons(value: Any, faults: list[Fault]) -> tuple[On | Every, ...]:
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        faults.append(Fault(_("“on” says what sets the rule off: {words}").format(words=", ".join(What)), key="on"))
        return ()
    found: list[On | Every] = []
    for text in value:
        try:
            found.append(on_called(text))
        except OmniError as error:
            faults.append(Fault(f"{error.message}: {error.hint}" if error.hint else error.message, key="on"))
    return tuple(dict.fromkeys(found))


def on_called(text: str) -> On | Every:
    """What sets a rule off, by its words: `message`, `labelled:vip`, `30m after message`, `every day 9:00`.

    Raises:
        OmniError: Nothing is called so.
    """
    words = " ".join(text.casefold().split())
    if words.startswith("every "):
        return _every(words, text)
    found = _EVENT.fullmatch(words)
    if found is None or found["what"] not in list(What):
        shown = safe(text, multiline=False, max_chars=60)
        raise OmniError(_("“{text}” does not happen").format(text=shown), hint=", ".join(What))
    what, subject = What(found["what"]), found["subject"] or ""
    after = 0
    if found["after"]:
        after = length(found["after"]) or 0
        if not SECOND <= after <= LONGEST:
            raise OmniError(_("“{text}” is no length of time").format(text=found["after"]), hint="30m, 2h, 7d")
    if subject:
        if what not in NARROWED:
            hint = _("say it in “when”")
            raise OmniError(_("“{what}” takes nothing behind it").format(what=what.value), hint=hint)
        if what in (What.LABELLED, What.UNLABELLED):
            subject = label_name(subject)
        elif subject not in _SUBJECTS[what]:
            raise OmniError(
                _("“{what}” is never “{subject}”").format(what=what.value, subject=safe(subject, multiline=False)),
                hint=", ".join(_SUBJECTS[what]),
            )
    return On(what, subject, after)


def _every(words: str, text: str) -> Every:
    again = words.removeprefix("every ")
    span = HOUR if again == "hour" else length(again) or 0
    if MINUTE <= span <= DAY:
        return Every(span=span)
    found = _EVERY.fullmatch(words)
    days: set[int] = set()
    for word in found["days"].replace(",", " ").split() if found else ():
        named = [number for number, name in enumerate(WEEKDAYS) if len(word) > 2 and name.startswith(word)]
        days |= {*_DAYS.get(word, named)} or {7}
    if found is None or not days or 7 in days or int(found["hour"]) > 23 or int(found["minute"]) > 59:
        shown = safe(text, multiline=False, max_chars=60)
        hint = "every day 9:00, every weekday 17:30, every mon, thu 8:00, every hour, every 15m"
        raise OmniError(_("“{text}” is no time that comes again").format(text=shown), hint=hint)
    return Every(frozenset(days), int(found["hour"]) * 60 + int(found["minute"]))


def _once(value: Any, faults: list[Fault]) -> Millis:
    if value is False or value == "":
        return 0
    if value is True:
        return EVER
    found = length(value) if isinstance(value, str) else None
    if found is None or found <= 0:
        faults.append(Fault(_("“once” has to be true or a length of time: 12h"), key="once"))
        return 0
    return found
