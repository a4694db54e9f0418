"""A channel that is a program: JSON lines on its standard input and output. docs/command-channel.md is the protocol."""

from omnitui_command.connector import CommandConnector

__all__ = ["CommandConnector"]
