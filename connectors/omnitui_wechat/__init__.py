"""WeChat official accounts: docs/wechat.md leads from the platform's console to the first message."""

from omnitui_wechat.connector import WeChatConnector

__all__ = ["WeChatConnector"]
