"""The tables of channels: docs/channels.md, and the short one in README.md; made from checklists and capabilities."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from omnitui.clock import DAY, HOUR, SystemClock
from omnitui.sdk import Capabilities, Context, Manifest, Reach, TextUnit, Verb
from omnitui.services.channels import connectors
from omnitui.text.listing.signs import CHANNEL_MARKS

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- channels: made by `make docs` -->", "<!-- /channels -->"
HOW = {
    "stream": "a line held open",
    "longpoll": "long poll: no public address needed",
    "poll": "asked for now and then",
    "webhook": "webhook, through the gateway",
}
_UNITS = {
    TextUnit.CHARACTERS: "characters",
    TextUnit.UTF16: "UTF-16 units",
    TextUnit.BYTES: "bytes",
    TextUnit.SEGMENTS: "segments",
}
_LAST = "omnitui_demo"
_EXAMPLES = {"text": "example.com", "int": "0", "bool": "no", "address": "desk@example.com"}
_HEAD = """# Channels

What each channel can do, as its connector declares it. Made from the connectors' capabilities and checklists
(`quality.toml`); [Write a connector](connectors.md) explains both.

"""
_COLUMNS = (
    *("channel", "mark", "how messages come in", "text", "files", "window", "receipts", "remote", "class"),
    "tested against",
)
_NOTES = """
**mark**: the letter in the list. **text**: the most that one reply holds. **window**: how long after the customer's
last message a free reply may be sent. **receipts**: what can be known beyond *accepted*. **remote**: what reaches the
channel beside replies; all else stays here. **class**: what is done about an interrupted send. A: the channel knows our
key, and it is sent again. B: it is looked for, and sent again only where it is proved absent. C: it is `unknown`, and
you decide.

*Experimental*: the vendor publishes no specification to test against.

## TikTok

TikTok is not among them. Its [Business Messaging API](https://business-api.tiktok.com/portal/docs?id=1832183871604753)
answers customers who wrote first, within 48 hours; access is applied for, and there is none in the EU
([Chatwoot's notes](https://github.com/chatwoot/chatwoot/pull/12741)). It is described in prose alone: looked for in
November 2026, neither the portal nor [TikTok's own SDK](https://github.com/tiktok/tiktok-business-api-sdk) had a
specification of it that a machine reads, and [a catalogue of APIs](https://github.com/api-evangelist/tiktok-ads) found
none either. So nothing could be tested against what TikTok promises. Who has access can connect it by
[a program of one's own](command-channel.md).
"""


def checklists(root: Path = ROOT) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every connector's checklist, with its file: one a file, or one for each kind of a package of several."""
    for path in sorted(root.glob("connectors/*/quality.toml"), key=lambda path: (_LAST in str(path), path)):
        told = tomllib.loads(path.read_text("utf-8"))
        yield from ((path, one) for one in ([told] if "kind" in told else told.values()))


def page() -> str:
    """docs/channels.md."""
    rows = [_row(manifest, quality, channel, made) for quality, manifest, channel, made in _channels()]
    lines = ["| " + " | ".join(_COLUMNS) + " |", "|---" * len(_COLUMNS) + "|", *rows]
    return _HEAD + "\n".join(lines) + "\n" + _NOTES


def readme() -> str:
    """README.md with its table as it should be."""
    rows = ["| channel | how | tested against |", "|---|---|---|"]
    for _path, quality in checklists():
        manifest = connectors.load(str(quality["kind"])).manifest
        rows.append(f"| {_named(manifest, quality)} | {_how(quality)} | {quality['real_server']} |")
    table = "\n".join([BEGIN, *rows, END])
    return re.sub(f"{BEGIN}.*?{END}", lambda _found: table, (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL)


def _channels() -> Iterator[tuple[Mapping[str, Any], Manifest, str, Capabilities]]:
    for _path, quality in checklists():
        maker = connectors.load(str(quality["kind"]))
        with TemporaryDirectory() as folder:
            connector = maker(_inert(maker.manifest, folder))
            able = [(channel, connector.capabilities(channel)) for channel in maker.manifest.channels]
        for channel, told in able:
            yield quality, maker.manifest, channel, told


def _row(manifest: Manifest, quality: Mapping[str, Any], channel: str, able: Capabilities) -> str:
    title = _named(manifest, quality, folder="")
    several = f" · {channel}" if len(manifest.channels) > 1 else ""
    cells = (
        title + several,
        f"`{CHANNEL_MARKS.get(channel, '-')}`",
        _how(quality),
        f"{able.text_limit:,} {_UNITS[able.text_unit]}" if able.text_limit else "–" if able.writes else "none",
        _files(able),
        _span(able.window) if able.window else "–",
        ", ".join(name for name, has in (("delivered", able.delivery_receipts), ("read", able.read_receipts)) if has)
        or "–",
        ", ".join(_remote(able)) or "–",
        str(quality["idempotency"]),
        str(quality["real_server"]),
    )
    return "| " + " | ".join(cells) + " |"


def _named(manifest: Manifest, quality: Mapping[str, Any], folder: str = "docs/") -> str:
    mark = " *(experimental)*" if quality["experimental"] else ""
    return f"[{manifest.title}]({folder}{Path(quality['docs']).name}){mark}"


def _how(quality: Mapping[str, Any]) -> str:
    return "; ".join(HOW[way] for way in quality["inbound"])


def _files(able: Capabilities) -> str:
    if not able.attachments:
        return "–"
    return f"{able.attachment_limit / 1024 / 1024:.0f} MB" if able.attachment_limit else "yes"


def _span(window: int) -> str:
    return f"{window // DAY} d" if window > 2 * DAY else f"{window // HOUR} h"


def _remote(able: Capabilities) -> list[str]:
    reached = [verb for verb, reach in able.reach.items() if reach in (Reach.REMOTE, Reach.MIRRORED)]
    return sorted({verb.value.replace("_", " ") for verb in reached if verb is not Verb.REPLY})


def _inert(manifest: Manifest, folder: str) -> Context:
    """A context in which a connector can say what it is able to do, and do nothing."""

    def refuse(*_args: object) -> Any:
        raise AssertionError("a table of channels asks nobody")

    settings = {
        setting.name: _EXAMPLES[setting.kind] if setting.default is None else setting.default
        for setting in manifest.settings
    }
    return Context(
        account_id="",
        account_name="",
        settings=settings,
        secrets={},
        clock=SystemClock(),
        http=refuse,
        fetch=refuse,
        mark=refuse,
        log=refuse,
        keep_secret=refuse,
        drawer=refuse,
        deliveries=refuse,
        state_dir=folder,
    )
