"""What a WeChat official account can be told."""

from __future__ import annotations

from omnitui.sdk import HOOK_SECRETS, HOOK_SETTINGS, Manifest, Secret, Setting

CHANNEL = "wechat"
API = "https://api.weixin.qq.com"

MANIFEST = Manifest(
    kind="wechat",
    title="WeChat official account",
    channels=(CHANNEL,),
    settings=(
        Setting("app_id", "The developer ID (AppID) of the official account"),
        Setting("api_url", "Address of the API", API),
        *HOOK_SETTINGS,
    ),
    secrets=(
        Secret("app_secret", "The developer password (AppSecret)"),
        Secret("aes_key", "The EncodingAESKey of the server configuration"),
        Secret("token", "The Token of the server configuration; needed where the gateway runs here", required=False),
        *HOOK_SECRETS,
    ),
    experimental=True,
    docs="docs/wechat.md",
)
