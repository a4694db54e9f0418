"""Conversations read from files and written to them, and as JSON."""
