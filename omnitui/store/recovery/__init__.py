"""Whole copies of the cache, and what can be read of a damaged one."""
