"""A cache kept whole: looked through, copied, and mended where it is damaged."""
