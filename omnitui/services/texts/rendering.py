"""Texts of macros, rendered in Jinja's sandbox: a small part of its language, with limits on work and output.

Nothing that a customer wrote is ever a template: what is known of a conversation goes in as plain values.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final, Literal

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import FilterArgumentError
from jinja2.filters import do_round
from jinja2.sandbox import SandboxedEnvironment

from omnitui.desk.acting.macros import NAMES
from omnitui.errors import OmniError
from omnitui.i18n import _

LONGEST: Final = 20_000
"""Characters of a text that is made, and of one that it is made from."""
MOST_STEPS: Final = 2_000
"""Turns of all loops of one text together."""
SECONDS: Final = 0.5
LONGEST_VALUE: Final = 2_000
"""Characters of a value that goes in."""
_FILTERS: Final = frozenset(
    "default d upper lower title capitalize trim first last length count join truncate round int".split()  # noqa: SIM905
)
_ALLOWED: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const),
    *(nodes.Filter, nodes.Test, nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And),
    *(nodes.Or, nodes.Not, nodes.List, nodes.Tuple, nodes.Keyword, nodes.Concat, nodes.Add, nodes.Sub),
)
_DEEPEST: Final = 2
"""Loops within one another."""
_MOST_PLACES: Final = 20
"""Decimal places: 10 to the power of any number would never end."""


_OF_FILTERS: Final = (AssertionError, AttributeError, LookupError)
"""What Jinja's own filters raise of values that they do not take: `truncate(2)` is shorter than its dots."""


class TextFault(OmniError):
    """A text that cannot be a template.

    Attributes:
        line: Where in the text, from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class _Sandbox(SandboxedEnvironment):
    """No attribute of any object can be reached: what goes in are tables, lists and texts."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping):
            return self.getattr(obj, str(argument))
        if isinstance(obj, list | str) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=str(argument))


@cache
def _environment() -> _Sandbox:
    made = _Sandbox(undefined=StrictUndefined, keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _FILTERS} | {"round": _rounded}
    return made


def _rounded(value: float, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> float:
    if abs(precision) > _MOST_PLACES:
        raise FilterArgumentError(_("at most {n} decimal places").format(n=_MOST_PLACES))
    return do_round(value, precision, method)


def check(text: str) -> None:
    """Look whether a text is a template of ours. Raises TextFault."""
    _compiled(text)


@lru_cache(maxsize=256)
def _compiled(text: str) -> Template:
    environment = _environment()
    if len(text) > LONGEST:
        raise TextFault(_("the text is longer than {n} characters").format(n=LONGEST), 1)
    try:
        tree = environment.parse(text)
        _look(tree, frozenset(NAMES), 0)
        return Template.from_code(environment, environment.compile(tree), {})
    except TemplateSyntaxError as error:
        raise TextFault(error.message or str(error), error.lineno) from None
    except TemplateError as error:
        raise TextFault(str(error), 1) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # What Python itself refuses of the program that a template is made into.
        raise TextFault(_("the text is too deep, or a number in it too long"), 1) from None


def _look(node: nodes.Node, names: frozenset[str], depth: int) -> None:
    """Refuse what is not ours, and have each loop count its turns."""
    line = node.lineno
    inner = names
    match node:
        case nodes.For():
            if depth == _DEEPEST or node.recursive:
                raise TextFault(_("loops are too deep"), line)
            if not isinstance(node.target, nodes.Name):
                raise TextFault(_("a loop has one name"), line)
            depth, inner = depth + 1, names | {node.target.name}
            wanted = node.iter
            if isinstance(wanted, nodes.Call):
                numbers = isinstance(wanted.node, nodes.Name) and wanted.node.name == "range" and len(wanted.args) == 1
                if not numbers or wanted.kwargs or wanted.dyn_args or wanted.dyn_kwargs:
                    raise TextFault(_("a template cannot call that"), line)
                wanted = wanted.args[0]
            _look(wanted, names, depth)
            node.iter = nodes.Call(nodes.Name("each", "load"), [wanted], [], None, None, lineno=line)
            for part in (*node.body, *node.else_):
                _look(part, inner, depth)
            if node.test is not None:
                _look(node.test, inner, depth)
            return
        case nodes.Name() if node.name not in names and node.ctx == "load":
            raise TextFault(_("nothing is called {place}").format(place=node.name), line)
        case nodes.Getattr(node=nodes.Name(name=root)) if root in NAMES and node.attr not in NAMES[root]:
            raise TextFault(_("nothing is called {place}").format(place=f"{root}.{node.attr}"), line)
        case nodes.Filter() if node.name not in _FILTERS:
            raise TextFault(_("there is no filter {name} here").format(name=node.name), line)
        case nodes.Test() if node.name not in ("defined", "undefined"):
            raise TextFault(_("there is no test {name} here").format(name=node.name), line)
        case _ if not isinstance(node, _ALLOWED):
            raise TextFault(_("a template cannot do that: {what}").format(what=type(node).__name__.lower()), line)
    for child in node.iter_child_nodes():
        _look(child, inner, depth)


def rendered(text: str, facts: Mapping[str, Any]) -> str:
    """The text with what is known filled in.

    Raises:
        TextFault: It is no template of ours.
        OmniError: Something that it names is not known and has no fall-back, or it makes too much.
    """
    until = time.monotonic() + SECONDS
    turns = 0

    def tick() -> None:
        if time.monotonic() > until:
            raise OmniError(_("the text takes too long to make"))

    def each(wanted: object) -> Iterator[object]:
        nonlocal turns
        items: Iterable[object] = range(min(wanted, MOST_STEPS + 1)) if isinstance(wanted, int) else ()
        if isinstance(wanted, list | tuple):
            items = wanted
        elif not isinstance(wanted, int):
            raise OmniError(_("a loop needs a list"))
        for item in items:
            turns += 1
            if turns > MOST_STEPS:
                raise OmniError(_("the loops of the text make more than {n} turns").format(n=MOST_STEPS))
            tick()
            yield item

    template = _compiled(text)
    made: list[str] = []
    size = 0
    try:
        for part in template.generate({**_plain(facts), "each": each}):
            tick()
            made.append(part)
            size += len(part)
            if size > LONGEST:
                raise OmniError(_("the text becomes longer than {n} characters").format(n=LONGEST))
    except UndefinedError as error:
        raise OmniError(_missing(error)) from None
    except (TemplateError, TypeError, ValueError, ArithmeticError, NameError, *_OF_FILTERS) as error:
        raise OmniError(_("the text cannot be made: {why}").format(why=error)) from None
    return "".join(made).strip("\n")


def _plain(value: Any) -> Any:
    """Values as templates get them: tables, lists and texts of bounded length, without what is empty."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items() if one not in ("", None)}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value[:100]]
    return str(value)[:LONGEST_VALUE]


def _missing(error: UndefinedError) -> str:
    # Jinja says: 'dict object' has no attribute 'first_name'
    name = str(error).rpartition("'")[0].rpartition("'")[2]
    return _("{name} is not known, and has no fall-back").format(name=name or str(error))
