"""What a Twilio account can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

MANIFEST = Manifest(
    kind="twilio",
    title="SMS and calls (Twilio)",
    channels=("sms", "voice"),
    settings=(
        Setting("account_sid", "Account SID, AC…"),
        Setting("number", "The number that customers write to and call: +15005550006."),
        Setting("hook_url", "Public address of this account's hook; what became of messages is told there.", ""),
        Setting(
            "greeting",
            "What callers hear before they speak on the answering machine; empty: it rings, and no more.",
            "",
        ),
        Setting("greeting_language", "Language of the greeting: en-US, ja-JP.", "en-US"),
        Setting("api_url", "Address of the API; another one only for tests.", "https://api.twilio.com"),
        *HOOK_SETTINGS,
    ),
    secrets=(Secret("auth_token", "Auth token of the account; it signs the calls of the hook, too"), *HOOK_SECRETS),
    docs="docs/twilio.md",
)
