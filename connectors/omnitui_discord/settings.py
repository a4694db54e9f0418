"""What a Discord account can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="discord",
    title="Discord",
    channels=("discord",),
    settings=(
        Setting(
            "follow",
            "Ids of the channels to follow with their threads, separated by commas; direct messages come in any case.",
            "",
        ),
        Setting("api_url", "Address of the API; another one only for tests.", "https://discord.com/api/v10"),
    ),
    secrets=(Secret("token", "The bot's token"),),
    docs="docs/discord.md",
)
