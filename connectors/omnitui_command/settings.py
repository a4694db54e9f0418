"""What a channel that is a program can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="command",
    title="A program of your own",
    channels=("command",),
    settings=(
        Setting("command", 'The program and its arguments: "/usr/local/bin/guestbook --room 3". No shell reads it.'),
    ),
    secrets=(Secret("token", "A secret that the program is told on its standard input", required=False),),
    docs="docs/command-channel.md",
)
