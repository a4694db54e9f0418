"""What a Telegram account can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="telegram",
    title="Telegram",
    channels=("telegram",),
    settings=(
        Setting(
            "api_url", "Address of the Bot API; another one only for a server of your own", "https://api.telegram.org"
        ),
        Setting("receive", "Whether Telegram is asked, or calls the gateway.", "poll", choices=("poll", "webhook")),
        Setting("webhook_url", "For a webhook: its public address, which `check` tells Telegram.", ""),
        *HOOK_SETTINGS,
    ),
    secrets=(
        Secret("token", "The bot's token, as BotFather gave it"),
        Secret("webhook_secret", "For a webhook: 32 letters or more that only Telegram and the gateway know", False),
        *HOOK_SECRETS,
    ),
    docs="docs/telegram.md",
)
