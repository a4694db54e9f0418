"""A history as lines: what is loaded of it, what is visible, and where the reader is."""
