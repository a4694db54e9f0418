"""Direct messages of X, through its API v2. docs/x.md leads from the developer console to the first message."""

from omnitui_x.connector import XConnector

__all__ = ["XConnector"]
