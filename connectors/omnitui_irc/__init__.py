"""IRC: private messages and channels. docs/irc.md leads from a nick to the first message."""

from omnitui_irc.connector import IrcConnector

__all__ = ["IrcConnector"]
