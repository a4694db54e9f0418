"""What a Telegram account can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="telegram",
    title="Telegram",
    channels=("telegram",),
    settings=(
        Setting(
            "api_url", "Address of the Bot API; another one only for a server of your own", "https://api.telegram.org"
        ),
    ),
    secrets=(Secret("token", "The bot's token, as BotFather gave it"),),
    docs="docs/telegram.md",
)
