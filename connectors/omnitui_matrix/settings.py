"""What a Matrix account can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="matrix",
    title="Matrix",
    channels=("matrix",),
    settings=(
        Setting("homeserver", "Address of the homeserver: https://matrix.example.com."),
        Setting("user", "The user that customers write to: @desk:example.com; only with a password.", ""),
        Setting("join", "Whether invitations are accepted.", "yes", kind="bool"),
    ),
    secrets=(
        Secret("token", "Access token; or leave it out and give the password", required=False),
        Secret("password", "Password, for which the homeserver gives a token", required=False),
    ),
    docs="docs/matrix.md",
)
