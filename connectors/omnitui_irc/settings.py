"""What an IRC account can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="irc",
    title="IRC",
    channels=("irc",),
    settings=(
        Setting("host", "Host of the IRC server."),
        Setting("nick", "The nick that customers write to."),
        Setting("port", "Port of the server; 6697 for tls, else 6667.", "0", kind="int"),
        Setting("security", "How the line is encrypted.", "tls", choices=("tls", "none")),
        Setting("ca_file", "PEM file of a private certificate authority.", ""),
        Setting("join", "Channels to listen in, separated by commas: #support,#shop.", ""),
        Setting("login", "Account to log in to with SASL; empty: none.", ""),
    ),
    secrets=(Secret("password", "SASL password, or without `login` the server's own", required=False),),
    docs="docs/irc.md",
)
