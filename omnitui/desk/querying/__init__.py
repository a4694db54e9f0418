"""The one query language: text to a tree, and whether a conversation fits it, now and in the past."""
