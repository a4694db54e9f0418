"""WhatsApp, Messenger and Instagram, through Meta's Graph API. docs/whatsapp.md begins at Meta's own pages."""

from omnitui_meta.instagram import InstagramConnector
from omnitui_meta.messenger import MessengerConnector
from omnitui_meta.whatsapp import WhatsAppConnector

__all__ = ["InstagramConnector", "MessengerConnector", "WhatsAppConnector"]
