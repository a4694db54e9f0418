"""Messenger: what people write to a Facebook page."""

from __future__ import annotations

from typing import ClassVar

from omnitui.sdk import Json, Manifest, OmniError, TextUnit
from omnitui_meta.page import PageConnector
from omnitui_meta.settings import MESSENGER


class MessengerConnector(PageConnector):
    """Speaks for one Facebook page."""

    manifest: ClassVar[Manifest] = MESSENGER
    channel: ClassVar[str] = "messenger"
    title: ClassVar[str] = "Messenger"
    text_limit: ClassVar[int] = 2_000
    text_unit: ClassVar[TextUnit] = TextUnit.CHARACTERS
    permissions: ClassVar[tuple[str, ...]] = ("pages_messaging", "pages_manage_metadata")
    fields: ClassVar[str] = "id,name,username"
    profile: ClassVar[str] = "first_name,last_name,profile_pic"

    def named(self, me: Json) -> tuple[str, str]:
        account = str(me.get("id") or "")
        if not account or not me.get("name"):
            raise OmniError("this is no token of a page", hint="a page's token, not a person's: docs/messenger.md")
        return account, f"@{me['username']}" if me.get("username") else str(me["name"])
