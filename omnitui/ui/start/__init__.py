"""Rows on the screen and keys obeyed before Textual is imported."""
