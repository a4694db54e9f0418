"""LINE official accounts, through the Messaging API. docs/line.md leads from the LINE Developers console to a reply."""

from omnitui_line.connector import LineConnector

__all__ = ["LineConnector"]
