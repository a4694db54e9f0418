"""What an XMPP account can be told."""

from __future__ import annotations

from omnitui.sdk import Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="xmpp",
    title="XMPP",
    channels=("xmpp",),
    settings=(
        Setting("address", "The address that customers write to: desk@example.com.", kind="address"),
        Setting("host", "Host of the server; found by its domain where it is left out.", ""),
        Setting("port", "Port of the server; found by its domain, or 5222 (5223 for tls).", "0", kind="int"),
        Setting("security", "How the line is encrypted.", "starttls", choices=("starttls", "tls", "none")),
        Setting("ca_file", "PEM file of a private certificate authority.", ""),
        Setting("accept", "Whether everybody may see that the desk is there and write.", "yes", kind="bool"),
        Setting("private_hosts", "Hosts of your own network that customers' files may lie on, by commas.", ""),
    ),
    secrets=(Secret("password", "Password of the account"),),
    docs="docs/xmpp.md",
)
