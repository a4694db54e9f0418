"""Mastodon: mentions and private mentions. docs/mastodon.md leads from an account to the first message."""

from omnitui_mastodon.connector import MastodonConnector

__all__ = ["MastodonConnector"]
