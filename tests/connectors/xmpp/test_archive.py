"""What is believed of an archive, and what is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from omnitui_xmpp import XmppConnector, connector
from omnitui_xmpp.archive import Heard, Page, keeps_all, stamp

from omnitui.clock import SystemClock
from omnitui.ids import Ids, encode
from omnitui.sdk import DAY, Found, NotFound, Outbound, OutboundFile, Unknowable, Verb
from tests.support.sdk import a_context


class Archive:
    """Stands for a session whose archive holds messages with these ids."""

    archives, keeps_all, end = True, True, ""

    def __init__(self, *ids: str) -> None:
        now = SystemClock().now()
        self.pages = [Page([Heard(Element("m", id=one), now, one) for one in ids], "f", "l", True, None)]

    async def archive(self, **_asked: object) -> Page:
        return self.pages.pop(0)

    async def close(self) -> None:
        """Nothing is open."""


def reply(**changed: Any) -> Outbound:
    key = Ids().new()
    values = {"op_id": key, "text": "yes", **changed}
    return Outbound(
        verb=Verb.REPLY, idempotency_key="k", conversation="a@b", inbox="d@b", channel="xmpp", contact="a@b", **values
    )


async def asked(folder: Path, monkeypatch: pytest.MonkeyPatch, archive: Archive, op: Outbound) -> object:
    monkeypatch.setattr(connector, "SETTLING_SECONDS", 0.0)
    desk = XmppConnector(a_context(folder, settings={"address": "d@b"}, clock=SystemClock()))
    monkeypatch.setattr(desk, "_session", archive)
    return await desk.reconcile(op)


async def test_reply_is_there_when_all_its_parts_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    op = reply(files=(OutboundFile("a", "text/plain", b"a"),))
    assert await asked(tmp_path, monkeypatch, Archive("k", "k-1"), op) == Found("d@b/k")
    assert isinstance(await asked(tmp_path, monkeypatch, Archive("k"), op), Unknowable)
    assert await asked(tmp_path, monkeypatch, Archive("x"), op) == NotFound()


async def test_absence_is_claimed_only_where_the_archive_proves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = Archive()
    partial.keeps_all = False
    assert isinstance(await asked(tmp_path, monkeypatch, partial, reply()), Unknowable)
    old = encode(SystemClock().now() - 9 * DAY, 0)
    assert isinstance(await asked(tmp_path, monkeypatch, Archive("x"), reply(op_id=old)), Unknowable)


def test_server_that_keeps_only_some_is_told_from_one_that_keeps_all() -> None:
    def told(default: str, inside: str = "") -> Element:
        return fromstring(f'<iq><prefs xmlns="urn:xmpp:mam:2" default="{default}">{inside}</prefs></iq>')

    assert keeps_all(told("always", "<always/><never/>"))
    assert not keeps_all(told("never"))
    assert not keeps_all(told("always", "<never><jid>a@b</jid></never>"))
    assert not keeps_all(None)


@pytest.mark.parametrize("when", ["", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "x"])
def test_any_stamp_is_a_time(when: str) -> None:
    assert isinstance(stamp(Element("delay", stamp=when), 7), int)
