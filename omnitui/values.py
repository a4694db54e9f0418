"""Frozen dataclasses that cost little to declare: their methods are made when one of them is first used.

`dataclasses` writes and compiles six functions a class, 1 to 2.5 ms on a small machine. The console declares more than
a hundred classes on its way to the first key and uses a fifth of them by then.
"""

from __future__ import annotations

import dataclasses

__all__ = ["dataclass"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
    from typing import Any
else:

    def dataclass(*, frozen, slots):
        """Python's decorator, for classes that are frozen, have slots and inherit nothing."""
        if not (frozen and slots):
            raise TypeError("only frozen classes with slots can have their methods made late")
        return _declared

    def _declared(cls: type) -> type:
        body = {name: held for name, held in vars(cls).items() if name not in ("__dict__", "__weakref__")}
        declared = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
        declared.__getstate__, declared.__setstate__ = _state, _restore
        for name in _GENERATED:
            if name not in body:
                setattr(declared, name, _first(declared, body, name))
        return declared


_GENERATED = ("__init__", "__repr__", "__eq__", "__hash__", "__setattr__", "__delattr__")


def _first(declared: type, body: dict[str, Any], name: str) -> Callable[..., Any]:
    """What stands for a method until it is called: puts all of them in place and calls the one that was meant."""

    def method(self: object, *args: object, **named: object) -> Any:
        made = vars(dataclasses.dataclass(frozen=True)(type(declared.__name__, (), dict(body))))
        for generated in _GENERATED:
            if generated not in body:
                setattr(declared, generated, made[generated])
        return made[name](self, *args, **named)

    return method


def _state(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__slots__]


def _restore(self: Any, state: list[object]) -> None:
    for name, held in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, held)
