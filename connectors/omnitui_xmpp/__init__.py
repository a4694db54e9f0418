"""XMPP (Jabber). docs/xmpp.md leads from an address to the first message."""

from omnitui_xmpp.connector import XmppConnector

__all__ = ["XmppConnector"]
