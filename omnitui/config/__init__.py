"""TOML files made into checked, frozen settings; errors name the file and the key."""
