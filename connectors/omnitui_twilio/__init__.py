"""Twilio: text messages and calls of a telephone number. docs/twilio.md leads from a number to the first message."""

from omnitui_twilio.connector import TwilioConnector

__all__ = ["TwilioConnector"]
