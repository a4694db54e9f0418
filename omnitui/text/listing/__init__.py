"""Rows of the inbox as runs of text: pure, so that the first frame and the list draw the same."""
