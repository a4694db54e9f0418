"""Email over IMAP and SMTP: any mailbox becomes an inbox of the desk."""

from omnitui_email.connector import EmailConnector

__all__ = ["EmailConnector"]
