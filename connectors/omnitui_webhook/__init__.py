"""Any program that calls a webhook, and forms on web pages. docs/webhook.md leads from nothing to the first message."""

from omnitui_webhook.connector import WebhookConnector

__all__ = ["WebhookConnector"]
