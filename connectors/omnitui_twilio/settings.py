"""What a Twilio account can be told."""

from __future__ import annotations

import re

from omnitui.sdk import DAY, HOOK_SECRETS, HOOK_SETTINGS, HOUR, MINUTE, Manifest, Millis, OmniError, Secret, Setting

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
        Setting(
            "call_back_within",
            "Within which time a missed call is to be returned, a task says so: 30m, 4h, 1d; off: none does.",
            "4h",
        ),
        Setting("api_url", "Address of the API; another one only for tests.", "https://api.twilio.com"),
        *HOOK_SETTINGS,
    ),
    secrets=(Secret("auth_token", "Auth token of the account; it signs the calls of the hook, too"), *HOOK_SECRETS),
    docs="docs/twilio.md",
)

_LENGTHS = {"m": MINUTE, "h": HOUR, "d": DAY}


def call_back_within(text: str) -> Millis | None:
    """The length of time that a setting says; None where missed calls promise nothing.

    Raises:
        OmniError: It is no length of time.
    """
    words = text.strip().lower() or "4h"
    if words in ("off", "0"):
        return None
    found = re.fullmatch(r"(\d{1,3})\s*([mhd])", words)
    if found is None:
        raise OmniError(f"call_back_within: {text[:20]!r} is no length of time", hint="30m, 4h, 1d or off")
    return int(found[1]) * _LENGTHS[found[2]]
