"""People forgotten, messages that expire, everything about one person written out."""
