"""What accounts at Meta can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

GRAPH = (Setting("graph_url", "Address of the Graph API; another one only for tests", "https://graph.facebook.com"),)
SECRETS = (
    Secret("app_secret", "The app secret: it proves that a call comes from Meta"),
    Secret("verify_token", "The verify token: any long word of yours, entered at Meta too"),
    *HOOK_SECRETS,
)

WHATSAPP = Manifest(
    kind="whatsapp",
    title="WhatsApp",
    channels=("whatsapp",),
    settings=(
        Setting("business_account_id", "The WhatsApp Business Account's ID; all of its numbers are inboxes"),
        *GRAPH,
        *HOOK_SETTINGS,
    ),
    secrets=(Secret("token", "A system user's access token with whatsapp_business_messaging"), *SECRETS),
    docs="docs/whatsapp.md",
)

_PAGE = Secret("token", "The page's access token, one that does not run out")

MESSENGER = Manifest(
    kind="messenger",
    title="Messenger",
    channels=("messenger",),
    settings=(*GRAPH, *HOOK_SETTINGS),
    secrets=(_PAGE, *SECRETS),
    experimental=True,
    docs="docs/messenger.md",
)

INSTAGRAM = Manifest(
    kind="instagram",
    title="Instagram",
    channels=("instagram",),
    settings=(*GRAPH, *HOOK_SETTINGS),
    secrets=(_PAGE, *SECRETS),
    experimental=True,
    docs="docs/instagram.md",
)
