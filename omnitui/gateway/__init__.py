"""The web face: takes webhooks in, keeps them, and lets consoles read them. Needs the extra `omnitui[gateway]`."""
