"""Writing: what surrounds a text until it leaves."""
