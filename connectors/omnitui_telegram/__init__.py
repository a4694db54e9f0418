"""Telegram, through the Bot API. docs/telegram.md leads from BotFather to the first message."""

from omnitui_telegram.connector import TelegramConnector

__all__ = ["TelegramConnector"]
