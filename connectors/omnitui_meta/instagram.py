"""Instagram: what people write to a professional account that is tied to a Facebook page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from omnitui.sdk import Json, Manifest, OmniError, Outbound, OutboundFile, TextUnit
from omnitui_meta.page import MEGABYTE, PageConnector
from omnitui_meta.settings import INSTAGRAM

IMAGE = 8 * MEGABYTE
PDF = "application/pdf"


class InstagramConnector(PageConnector):
    """Speaks for one Instagram professional account."""

    manifest: ClassVar[Manifest] = INSTAGRAM
    channel: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram"
    text_limit: ClassVar[int] = 1_000
    text_unit: ClassVar[TextUnit] = TextUnit.BYTES
    permissions: ClassVar[tuple[str, ...]] = ("instagram_manage_messages", "pages_messaging", "pages_manage_metadata")
    fields: ClassVar[str] = "id,name,instagram_business_account{id,username}"
    profile: ClassVar[str] = "name,username,profile_pic"

    def named(self, me: Json) -> tuple[str, str]:
        account = me.get("instagram_business_account") or {}
        if not account.get("id"):
            raise OmniError(
                "no Instagram professional account is tied to this page, or this is no token of a page",
                hint="docs/instagram.md",
            )
        return str(account["id"]), f"@{account['username']}" if account.get("username") else str(account["id"])

    def why_not(self, op: Outbound) -> str:
        if op.files:
            file = op.files[0]
            first = file.media_type.partition("/")[0]
            if first == "image" and len(file.data) > IMAGE:
                return f"{file.name} is larger than 8 MB, the most that Instagram takes of a picture"
            if first not in ("image", "audio", "video") and file.media_type != PDF:
                return "Instagram takes pictures, sounds, videos and PDFs"
        return super().why_not(op)

    def upload_fields(self) -> Mapping[str, str]:
        return {"platform": "instagram"}

    def upload_name(self, file: OutboundFile) -> str:
        # Its uploads fail on names that are not ASCII.
        ending = file.name.rpartition(".")[2]
        return (
            file.name if file.name.isascii() else f"file.{ending}" if ending.isascii() and ending.isalnum() else "file"
        )
