"""What an X account can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

CHANNEL = "x"
API = "https://api.x.com"
MEDIA = "https://ton.twitter.com"

MANIFEST = Manifest(
    kind="x",
    title="X direct messages",
    channels=(CHANNEL,),
    settings=(
        Setting("every", "Seconds between two looks for news; X allows about one a minute", "60", kind="int"),
        Setting(
            "listen", "Whether X calls the gateway when something comes, so that it is here at once", "no", kind="bool"
        ),
        Setting("api_url", "Address of the API", API),
        Setting("media_url", "Address that gives customers' photos", MEDIA),
        *HOOK_SETTINGS,
    ),
    secrets=(
        Secret("consumer_key", "The app's API Key"),
        Secret("consumer_secret", "The app's API Key Secret"),
        Secret("access_token", "The Access Token of the account"),
        Secret("access_secret", "The Access Token Secret of the account"),
        *HOOK_SECRETS,
    ),
    docs="docs/x.md",
)
