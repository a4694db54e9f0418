"""What the demo can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Setting

MANIFEST = Manifest(
    kind="demo",
    title="Embedded world",
    channels=("email", "line", "whatsapp", "webchat", "voice"),
    settings=(Setting("seed", "Chooses what happens in the world.", default="1", kind="int"),),
    docs="docs/demo.md",
)
