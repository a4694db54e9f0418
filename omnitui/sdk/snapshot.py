"""Capabilities and templates as stored with an account, so that hot paths need not import its connector."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

from omnitui.model.accounts import Json
from omnitui.model.states import Reach, Verb
from omnitui.sdk.capabilities import Capabilities, Idempotency, TextUnit

if TYPE_CHECKING:
    from omnitui.sdk.contract import Template


def take(capabilities: Callable[[str], Capabilities], channels: Iterable[str]) -> Json:
    """What a connector can do on each channel, and at all (under the empty name), as JSON."""
    return {channel: asdict(capabilities(channel)) for channel in ("", *channels)}


def read(snapshot: Json, channel: str = "") -> Capabilities:
    """The capabilities on a channel; where nothing was stored, those of a back end that can do nothing but be read."""
    values = (snapshot or {}).get(channel) or (snapshot or {}).get("")
    if not values:
        return Capabilities(idempotency=Idempotency.UNKNOWABLE, writes=False)
    known = {name: value for name, value in values.items() if name in Capabilities.__dataclass_fields__}
    return Capabilities(
        **{
            **known,
            "idempotency": Idempotency(known["idempotency"]),
            "text_unit": TextUnit(known.get("text_unit", TextUnit.CHARACTERS)),
            "inbound": tuple(known.get("inbound", ())),
            "reach": {Verb(verb): Reach(reach) for verb, reach in known.get("reach", {}).items()},
        }
    )


def keep(offered: Iterable[Template]) -> Json:
    """Templates as JSON."""
    return [asdict(one) for one in offered]


def templates(snapshot: Json) -> list[Template]:
    """The templates that were stored."""
    from omnitui.sdk.contract import Template

    known = [{name: one[name] for name in Template.__dataclass_fields__ if name in one} for one in snapshot or ()]
    return [
        Template(**{**one, "blanks": tuple(one.get("blanks", ())), "examples": tuple(one.get("examples", ()))})
        for one in known
    ]
