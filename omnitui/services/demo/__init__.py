"""The demo: a tea shop on the embedded world."""
