"""What an account that is fed by webhooks can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

WEBHOOK = "webhook"
FORM = "webform"
"""The two channels: calls of a program, and what people write into a form."""

MANIFEST = Manifest(
    kind="webhook",
    title="Webhooks and web forms",
    channels=(WEBHOOK, FORM),
    settings=(
        Setting(
            "proof",
            "What proves a call: a signature by Standard Webhooks, an HMAC or a token in a header; form for a web form",
            "standard",
            choices=("standard", "hmac", "token", "form"),
        ),
        Setting("header", "hmac, token: the header that carries it; empty for X-Hub-Signature-256, Authorization", ""),
        Setting("prefix", 'hmac, token: what stands before it in that header: "sha256=", "Bearer "', ""),
        Setting("encoding", "hmac: how the signature is written", "hex", choices=("hex", "base64")),
        Setting("digest", "hmac: the digest it is made with", "sha256", choices=("sha256", "sha512", "sha1")),
        Setting("origins", 'form: the sites it stands on, "https://www.example.com", separated by commas', ""),
        Setting("honeypot", "form: the field that only programs fill in", "website"),
        Setting("thanks", "form: what is answered; an address of a page of yours, or a sentence", "Thank you."),
        Setting("mapping", "The file that says which calls are messages, and where their parts lie", ""),
        Setting("reply_url", "Where replies are posted, signed by Standard Webhooks; empty: none can be written", ""),
        Setting(
            "reply_once",
            "Whether what takes replies there drops a second one with the same webhook-id",
            "no",
            kind="bool",
        ),
        Setting("private_hosts", "Hosts of your own network from which files may be fetched", ""),
        *HOOK_SETTINGS,
    ),
    secrets=(
        Secret("secret", "The secret of the signatures, or the token; a web form has none", required=False),
        Secret("reply_secret", "The secret that replies are signed with; the other one unless given", required=False),
        *HOOK_SECRETS,
    ),
    docs="docs/webhook.md",
)
