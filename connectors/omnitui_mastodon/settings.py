"""What a Mastodon account can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="mastodon",
    title="Mastodon",
    channels=("mastodon",),
    settings=(
        Setting("instance", "Address of the instance: https://mastodon.social."),
        Setting("public", "Whether public mentions come in too, not only private ones.", "yes", kind="bool"),
        Setting("text_limit", "Characters of a post; `check` learns it from the instance.", "500", kind="int"),
    ),
    secrets=(Secret("token", "Access token with the scopes read and write"),),
    docs="docs/mastodon.md",
)
