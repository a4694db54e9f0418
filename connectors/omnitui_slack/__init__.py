"""Slack, through the Web API and Socket Mode. docs/slack.md leads from an app to the first message."""

from omnitui_slack.connector import SlackConnector

__all__ = ["SlackConnector"]
