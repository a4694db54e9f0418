"""What a LINE account can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

CHANNEL = "line"
API = "https://api.line.me"
DATA = "https://api-data.line.me"

MANIFEST = Manifest(
    kind="line",
    title="LINE",
    channels=(CHANNEL,),
    settings=(
        Setting("api_url", "Address of the Messaging API", API),
        Setting("data_url", "Address that gives customers' photos, videos and files", DATA),
        *HOOK_SETTINGS,
    ),
    secrets=(
        Secret("token", "The channel access token, as the LINE Developers console issued it"),
        Secret("channel_secret", "The channel secret; needed where the gateway runs on this machine", required=False),
        *HOOK_SECRETS,
    ),
    docs="docs/line.md",
)
