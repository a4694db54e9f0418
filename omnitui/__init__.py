"""omnitui: every conversation with your customers, in one terminal."""

__version__ = "0.1.0"
