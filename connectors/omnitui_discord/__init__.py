"""Discord, through its REST API and Gateway. docs/discord.md leads from an application to the first message."""

from omnitui_discord.connector import DiscordConnector

__all__ = ["DiscordConnector"]
