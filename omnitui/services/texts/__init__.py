"""Texts ready to send: canned responses, macros, templates, and what fills them in."""
