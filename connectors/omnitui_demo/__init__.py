"""The embedded world: customers who write, wait and answer, without an account or a network."""

from omnitui_demo.connector import DemoConnector

__all__ = ["DemoConnector"]
