"""The gateway's spool: a file of its own beside the cache."""
