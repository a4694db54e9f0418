"""WhatsApp, Messenger and Instagram, through Meta's Graph API. docs/whatsapp.md begins at Meta's own pages."""

from omnitui_meta.whatsapp import WhatsAppConnector

__all__ = ["WhatsAppConnector"]
