"""Frozen dataclasses whose methods are made late behave as the usual ones."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from typing import Any

import pytest

from omnitui.values import dataclass


@dataclass(frozen=True, slots=True)
class Late:
    """Made by ours."""

    name: str
    size: int = 3
    parts: tuple[str, ...] = ()
    extra: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def doubled(self) -> int:
        return self.size * 2


@dataclasses.dataclass(frozen=True, slots=True)
class Usual:
    """Made by Python's."""

    name: str
    size: int = 3
    parts: tuple[str, ...] = ()
    extra: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def doubled(self) -> int:
        return self.size * 2


def made(kind: type[Any]) -> type[Any]:
    """The class as it is before any of its methods was called."""
    if kind is Usual:
        return Usual

    @dataclass(frozen=True, slots=True)
    class Fresh:
        """Declared a moment ago."""

        name: str
        size: int = 3
        parts: tuple[str, ...] = ()
        extra: dict[str, int] = field(default_factory=dict, compare=False)

        @property
        def doubled(self) -> int:
            return self.size * 2

    return Fresh


BEHAVIOUR: list[Callable[[type[Any]], object]] = [
    lambda kind: [kind("a").name, kind("a").size, kind("a", parts=("x",)).parts, kind("a", 5).doubled],
    lambda kind: [kind("a") == kind("a"), kind("a") == kind("b"), kind("a") == "a", kind("a") != kind("a", 4)],
    lambda kind: kind("a", extra={"x": 1}) == kind("a"),
    lambda kind: len({kind("a"), kind("a"), kind("b")}),
    lambda kind: repr(kind("a", 5)).rpartition(".")[2].partition("(")[2],
    lambda kind: [one.name for one in fields(kind)],
    lambda kind: asdict(kind("a", extra={"x": 1})),
    lambda kind: replace(kind("a"), size=9).size,
    lambda kind: kind.__match_args__,
    lambda kind: kind.__slots__,
    lambda kind: kind("a").extra is kind("a").extra,
    lambda kind: copy.deepcopy(kind("a", 7, extra={"x": 1})).extra,
]


@pytest.mark.parametrize("number", range(len(BEHAVIOUR)))
def test_value_behaves_as_a_frozen_dataclass_does(number: int) -> None:
    behaviour = BEHAVIOUR[number]
    assert behaviour(made(Late)) == behaviour(made(Usual))


@pytest.mark.parametrize("kind", [Late, Usual])
def test_field_cannot_be_assigned_or_deleted(kind: type[Any]) -> None:
    one = made(kind)("a")
    with pytest.raises(FrozenInstanceError):
        one.name = "b"
    with pytest.raises(FrozenInstanceError):
        del one.name
    assert one.name == "a"


@pytest.mark.parametrize("kind", [Late, Usual])
def test_wrong_arguments_are_refused(kind: type[Any]) -> None:
    fresh = made(kind)
    with pytest.raises(TypeError, match="name"):
        fresh()
    with pytest.raises(TypeError, match="colour"):
        fresh("a", colour=1)


def test_value_survives_pickling() -> None:
    one = Late("a", 5, ("x",), {"y": 1})
    back = pickle.loads(pickle.dumps(one))
    assert back == one
    assert back.extra == {"y": 1}


def test_own_method_is_kept_where_dataclasses_would_make_one() -> None:
    @dataclass(frozen=True, slots=True)
    class Terse:
        word: str

        def __repr__(self) -> str:
            return self.word

    assert repr(Terse("x")) == "x"
    assert Terse("x") == Terse("x")


def test_mutable_class_is_refused() -> None:
    with pytest.raises(TypeError, match="frozen"):
        dataclass(frozen=False, slots=True)
