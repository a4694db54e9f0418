"""Rules: rules.toml read and written, asked about what happens, tried on what has happened."""
