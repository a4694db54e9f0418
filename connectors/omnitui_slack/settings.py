"""What a Slack account can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="slack",
    title="Slack",
    channels=("slack",),
    settings=(
        Setting(
            "receive",
            "Whether Slack is listened to (Socket Mode), or calls the gateway.",
            "socket",
            choices=("socket", "webhook"),
        ),
        Setting("api_url", "Address of the Web API; another one only for tests.", "https://slack.com/api"),
        *HOOK_SETTINGS,
    ),
    secrets=(
        Secret("bot_token", "Bot token, xoxb-…"),
        Secret("app_token", "App-level token, xapp-…, with connections:write; for Socket Mode", required=False),
        Secret("signing_secret", "Signing secret; for the gateway", required=False),
        *HOOK_SECRETS,
    ),
    docs="docs/slack.md",
)
